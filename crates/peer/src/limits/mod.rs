//! Every number that bounds what others can take of this process, in one place: what it counts, of
//! whom, what happens when it is reached, and what is kept for Crawlers on the allow-list.
//!
//! [`Limits`] holds the values, [`Limit`] names them and [`Meter`] counts what is in use and what
//! was refused. The table of SECURITY.md, the section `[limits]` of the configuration and
//! `swarmscope limits` all come from here.

pub mod document;
mod meter;
mod number;
pub mod pace;
pub(crate) mod reached;
mod table;

use std::time::Duration;

use crate::session::Timeouts;

pub use meter::{Counted, Meter, Reading};
pub use table::{Limit, OutOfRange, Scope, Taker, Unit};

/// A reply of up to so many bytes, one part of the original, has room in the process besides: peers
/// whose large replies take all of it hold no other answer up.
pub(crate) const SMALL: u64 = 32 * 1024;

/// What others may take of this process. Times are of the wall clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// One name look-up.
    pub resolve: Duration,
    /// One connection attempt to one address.
    pub connect: Duration,
    /// How many of a name's addresses are tried.
    pub addresses: usize,
    /// Dials under way; more wait for their turn.
    pub dials: usize,
    /// Stages of an incoming connection (§2).
    pub incoming: Timeouts,
    /// Stages of a dialled connection.
    pub outgoing: Timeouts,
    /// See [`Limit::Attempts`].
    pub attempts: usize,
    /// See [`Limit::AttemptsPerSource`].
    pub attempts_per_source: usize,
    /// See [`Limit::Setups`].
    pub unauthenticated: usize,
    /// See [`Limit::SetupsPerSource`].
    pub unauthenticated_per_source: usize,
    /// See [`Limit::Connections`].
    pub accepted: usize,
    /// See [`Limit::ConnectionsPerSource`].
    pub accepted_per_source: usize,
    /// See [`Limit::ConnectionsReserved`].
    pub accepted_reserved: usize,
    /// See [`Limit::ConnectionsPerPermid`].
    pub accepted_per_permid: usize,
    /// See [`Limit::QueuedFrames`].
    pub queued_frames: usize,
    /// See [`Limit::QueuedBytes`].
    pub queued_bytes: usize,
    /// While something waits to be sent, a peer has to take [`Self::write_least`] bytes in this
    /// time.
    pub write: Duration,
    /// See [`Self::write`]; in bytes.
    pub write_least: usize,
    /// How long a superfluous connection that we dialled has to be quiet before it ends (§1: one
    /// per permid).
    pub leave: Duration,
    /// Sending the rest and waiting for the other side's end, when a connection is closed in
    /// order.
    pub close: Duration,
    /// As [`Self::close`], where nothing was left to send.
    pub close_idle: Duration,
    /// See [`Limit::FrameBytes`].
    pub assembling_bytes: usize,
    /// Events that wait for their reader.
    pub events: usize,
    /// See [`Limit::EventBytes`].
    pub event_bytes: u32,
    /// See [`Limit::Known`].
    pub known: usize,
    /// See [`Limit::KnownPerTeller`].
    pub known_per_teller: usize,
    /// See [`Limit::KnownPerSource`].
    pub known_per_source: usize,
    /// See [`Limit::Exchanges`].
    pub exchanges: usize,
    /// See [`Limit::ExchangesPerSource`].
    pub exchanges_per_source: usize,
    /// See [`Limit::Questions`].
    pub questions: usize,
    /// See [`Limit::QuestionsPerCrawler`].
    pub questions_per_crawler: usize,
    /// See [`Limit::QuestionBytes`].
    pub question_bytes: usize,
    /// See [`Limit::Working`].
    pub working: usize,
    /// See [`Limit::WorkingPerMessage`].
    pub working_per_message: usize,
    /// See [`Limit::WorkingPerCrawler`].
    pub working_per_crawler: usize,
    /// See [`Limit::UnsentBytes`].
    pub unsent_bytes: usize,
    /// See [`Limit::UnsentBytesPerCrawler`].
    pub unsent_bytes_per_crawler: usize,
    /// See [`Limit::UnsentReplies`].
    pub unsent_replies: usize,
    /// See [`Limit::ReplyBytes`].
    pub reply_bytes: u64,
    /// See [`Limit::ReplyBytesPerPeer`].
    pub reply_bytes_per_peer: u64,
    /// See [`Limit::ReplyBytesInAll`].
    pub reply_bytes_in_all: u64,
    /// See [`Limit::WaitingBytes`].
    pub waiting_bytes: u64,
    /// See [`Limit::Memory`].
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            addresses: 8,
            dials: 128,
            // Whoever signs at all signs within seconds; §2's 300 s would keep a place for every
            // idle handshake.
            incoming: Timeouts { authentication: Duration::from_secs(30), ..Timeouts::default() },
            outgoing: Timeouts { authentication: Duration::from_secs(30), ..Timeouts::default() },
            // A signature and a TLS handshake take some 0.3 ms: a sixth of one processor.
            attempts: 512,
            attempts_per_source: 64, // a demo swarm shares one address, and has its own
            unauthenticated: 256,
            unauthenticated_per_source: 64, // a whole demo swarm shares one address
            accepted: 1024,
            accepted_per_source: 384, /* a demo swarm, again; one address never has half of all
                                       * places */
            accepted_reserved: 64,
            accepted_per_permid: 4,
            queued_frames: 1024,
            queued_bytes: 32 << 20, /* four largest frames; longer replies follow
                                     * `OverlayEvent::Written` */
            write: Duration::from_secs(30),
            write_least: 16 << 10, // 546 bytes a second: slower lines are lost ones
            leave: Duration::from_secs(2),
            close: Duration::from_secs(5),
            close_idle: Duration::from_secs(1), /* a round trip; whoever stops the program waits
                                                 * for it */
            assembling_bytes: 256 << 20, // 32 largest frames at once
            events: 1024,
            event_bytes: 32 << 20,      // four largest frames
            known: 2500,                // the size of the original's peer cache
            known_per_teller: 100,      // five full BuddyCast messages
            known_per_source: 512,      // more than the peers of the largest demo on one machine
            exchanges: 10_000,          // some 2 MB
            exchanges_per_source: 1024, // more than the peers of the largest demo on one machine
            questions: 64,
            questions_per_crawler: 16, // more than there are ids, and never all
            question_bytes: 16 << 20,  // a hundred of the longest SQL requests
            working: 12,
            working_per_message: 6, // SQL that takes its time must not hold a NAT test up
            working_per_crawler: 3,
            unsent_bytes: 256 << 20, // four of the largest replies that a probe makes
            unsent_bytes_per_crawler: 128 << 20,
            unsent_replies: 512,
            reply_bytes: 64 << 20, // a peer's own limit for DATABASE replies
            reply_bytes_per_peer: 128 << 20,
            reply_bytes_in_all: 512 << 20,
            waiting_bytes: 64 << 20, // eight of the largest requests
            memory: 768 << 20,       // less than all of the above together
        }
    }
}

impl Limits {
    /// As many connections as these may be open at the same time, at most three quarters of which
    /// are accepted ones: the rest is for dials, databases and logs. Of less than that, everything
    /// is scaled down by the same factor.
    #[must_use]
    pub fn within_open_files(self, files: u64) -> Self {
        let room = usize::try_from(files / 4 * 3).unwrap_or(usize::MAX);
        let wanted = self.accepted + self.unauthenticated;
        if wanted <= room {
            return self;
        }
        let scaled = |number: usize| (number * room / wanted).max(1);
        Self {
            unauthenticated: scaled(self.unauthenticated),
            unauthenticated_per_source: scaled(self.unauthenticated_per_source),
            accepted: scaled(self.accepted),
            accepted_per_source: scaled(self.accepted_per_source),
            accepted_reserved: scaled(self.accepted_reserved),
            dials: self.dials.min(usize::try_from(files / 8).unwrap_or(usize::MAX).max(1)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_no_more_than_files_may_be_open() {
        let usual = Limits::default();
        assert_eq!(usual.within_open_files(16_384), usual);
        let few = usual.within_open_files(256);
        assert!(few.accepted + few.unauthenticated <= 192, "{few:?}");
        assert!(few.accepted_reserved > 0 && few.accepted_reserved < few.accepted);
        assert!(few.accepted_per_source < few.accepted / 2, "one address never has half");
        assert!(few.dials <= 32);
    }
}

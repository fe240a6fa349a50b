//! The limits by name.

use super::Limits;
use super::number::Number as _;

/// What a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Things of this name.
    Count(&'static str),
    /// Bytes.
    Bytes,
    /// So many things a second; up to four seconds' worth may come at once.
    PerSecond(&'static str),
}

/// Of whom it counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All together.
    Process,
    /// One IPv4 address, or one IPv6 /64.
    Source,
    /// One permid.
    Permid,
    /// One connection.
    Connection,
    /// One message-specific id.
    Message,
    /// One reply.
    Reply,
}

impl Scope {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Process => "in all",
            Self::Source => "per source",
            Self::Permid => "per permid",
            Self::Connection => "per connection",
            Self::Message => "per message",
            Self::Reply => "per reply",
        }
    }
}

/// Who can take it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Taker {
    /// Anybody who can connect.
    Stranger,
    /// A Crawler on the allow-list.
    Listed,
    /// A peer that was asked.
    Asked,
    /// All of them together.
    Everybody,
}

impl Taker {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stranger => "a stranger",
            Self::Listed => "a Crawler on the allow-list",
            Self::Asked => "a peer that was asked",
            Self::Everybody => "all of them together",
        }
    }
}

/// A value that a limit can't have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{key}: {value} is out of range; use {least} to {most}")]
pub struct OutOfRange {
    key: &'static str,
    value: u64,
    least: u64,
    most: u64,
}

macro_rules! limits {
    ($($limit:ident $key:literal $field:ident: $taker:ident $scope:ident $unit:expr, $least:expr, $most:expr;
        $what:literal; $reached:literal; $kept:literal)*) => {
        /// The limits that can be set, each with what it counts.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Limit {
            $(#[doc = $what] $limit,)*
        }

        impl Limit {
            /// All of them, strangers' first.
            pub const ALL: [Self; [$($key),*].len()] = [$(Self::$limit),*];

            /// Its name in the configuration.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$limit => $key,)* }
            }

            /// What it counts.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$limit => $what,)* }
            }

            /// What happens when it is reached.
            #[must_use]
            pub const fn reached(self) -> &'static str {
                match self { $(Self::$limit => $reached,)* }
            }

            /// What is kept for Crawlers on the allow-list; empty where nothing is.
            #[must_use]
            pub const fn kept(self) -> &'static str {
                match self { $(Self::$limit => $kept,)* }
            }

            /// In what it counts.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Self::$limit => $unit,)* }
            }

            /// Of whom it counts.
            #[must_use]
            pub const fn scope(self) -> Scope {
                match self { $(Self::$limit => Scope::$scope,)* }
            }

            /// Who can take it.
            #[must_use]
            pub const fn taker(self) -> Taker {
                match self { $(Self::$limit => Taker::$taker,)* }
            }

            /// The least and the most that it can be.
            #[must_use]
            pub const fn range(self) -> (u64, u64) {
                match self { $(Self::$limit => ($least, $most),)* }
            }

            /// Its value.
            #[must_use]
            pub fn of(self, limits: &Limits) -> u64 {
                match self { $(Self::$limit => limits.$field.get(),)* }
            }

            /// Changes its value.
            ///
            /// # Errors
            /// It can't be that.
            pub fn set(self, limits: &mut Limits, value: u64) -> Result<(), OutOfRange> {
                let (least, most) = self.range();
                let wrong = || OutOfRange { key: self.key(), value, least, most };
                if value < least || value > most {
                    return Err(wrong());
                }
                match self {
                    $(Self::$limit => {
                        limits.$field = super::number::Number::of(value).ok_or_else(wrong)?;
                    })*
                }
                Ok(())
            }
        }
    };
}

use Unit::{Bytes, Count, PerSecond};

/// More than any machine has files, connections or peers for.
const MANY: u64 = 1 << 20;
/// The largest frame (§2): less would refuse what is allowed.
const FRAME: u64 = 8 << 20;
/// More than any machine has memory for.
const TEBIBYTE: u64 = 1 << 40;

limits! {
    Attempts "attempts" attempts: Stranger Process PerSecond("connections"), 1, MANY;
        "incoming connections begun, each worth a signature or a TLS handshake";
        "a newcomer is closed before anything is computed for it"; ""
    AttemptsPerSource "attempts-per-source" attempts_per_source: Stranger Source PerSecond("connections"), 1, MANY;
        "incoming connections begun by one source";
        "its newcomer is closed before anything is computed for it"; ""
    Setups "setups" unauthenticated: Stranger Process Count("connections"), 1, MANY;
        "incoming connections that are not authenticated yet";
        "the oldest of the source that has most of them ends"; ""
    SetupsPerSource "setups-per-source" unauthenticated_per_source: Stranger Source Count("connections"), 1, MANY;
        "of those, from one source";
        "its oldest ends"; ""
    Connections "connections" accepted: Stranger Process Count("connections"), 1, MANY;
        "incoming connections that are authenticated";
        "the oldest stranger of the source that has most of them ends"; "a listed Crawler takes a stranger's place"
    ConnectionsPerSource "connections-per-source" accepted_per_source: Stranger Source Count("connections"), 1, MANY;
        "of those, strangers of one source";
        "the newcomer is closed"; "listed Crawlers count towards no source"
    ConnectionsReserved "connections-reserved" accepted_reserved: Listed Process Count("connections"), 0, MANY;
        "places that strangers never take";
        "a listed Crawler takes a stranger's place"; "all of them"
    ConnectionsPerPermid "connections-per-permid" accepted_per_permid: Stranger Permid Count("connections"), 1, 255;
        "incoming connections of one permid";
        "the newcomer is closed"; ""
    FrameBytes "frame-bytes" assembling_bytes: Stranger Process Bytes, FRAME, TEBIBYTE;
        "frames that are not whole yet or not taken, of all connections";
        "the connection whose frame is too much ends"; ""
    EventBytes "event-bytes" event_bytes: Stranger Process Bytes, FRAME, 1 << 29;
        "frames that are whole and wait to be looked at";
        "no connection is read until there is room"; ""
    QueuedFrames "queued-frames" queued_frames: Stranger Connection Count("frames"), 16, MANY;
        "frames that wait to be sent on one connection";
        "the connection ends"; ""
    QueuedBytes "queued-bytes" queued_bytes: Stranger Connection Bytes, FRAME, TEBIBYTE;
        "bytes that wait to be sent on one connection";
        "the connection ends"; ""
    Known "known" known: Stranger Process Count("peers"), 1, MANY;
        "peers that are kept in mind";
        "hearsay goes first, then strangers"; "whoever is connected or was named by the operator stays"
    KnownPerTeller "known-per-teller" known_per_teller: Stranger Permid Count("peers"), 1, MANY;
        "peers that are known on one peer's word";
        "the one that was heard of longest ago is forgotten"; ""
    KnownPerSource "known-per-source" known_per_source: Stranger Source Count("peers"), 1, MANY;
        "strangers of one source that are kept in mind";
        "the one that was heard of longest ago is forgotten"; ""
    Exchanges "exchanges" exchanges: Stranger Process Count("peers"), 1, MANY;
        "peers with whom gossip was exchanged in the last four hours";
        "the oldest is forgotten, and may exchange sooner"; ""
    ExchangesPerSource "exchanges-per-source" exchanges_per_source: Stranger Source Count("peers"), 1, MANY;
        "of those, from one source";
        "its oldest is forgotten, and may exchange sooner"; ""
    Questions "questions" questions: Listed Process Count("questions"), 1, MANY;
        "questions of Crawlers that are worked on or wait for their turn";
        "error 1: busy"; "a Crawler's first question always has room"
    QuestionsPerCrawler "questions-per-crawler" questions_per_crawler: Listed Permid Count("questions"), 1, MANY;
        "of those, of one Crawler";
        "error 1: busy"; ""
    QuestionBytes "question-bytes" question_bytes: Listed Process Bytes, 1, TEBIBYTE;
        "payloads of those questions";
        "error 1: busy"; "a payload of up to 4 KiB always has room"
    Working "working" working: Listed Process Count("questions"), 1, MANY;
        "questions that are worked on at the same time";
        "the others wait, Crawlers in turn"; ""
    WorkingPerMessage "working-per-message" working_per_message: Listed Message Count("questions"), 1, MANY;
        "of those, with one message id";
        "a question with another id goes first"; ""
    WorkingPerCrawler "working-per-crawler" working_per_crawler: Listed Permid Count("questions"), 1, MANY;
        "of those, of one Crawler";
        "another Crawler's question goes first"; ""
    UnsentBytes "unsent-bytes" unsent_bytes: Listed Process Bytes, 1 << 20, TEBIBYTE;
        "replies that are not sent yet";
        "error 1 instead of the reply"; "a reply of up to 32 KiB always has room"
    UnsentBytesPerCrawler "unsent-bytes-per-crawler" unsent_bytes_per_crawler: Listed Permid Bytes, 1 << 20, TEBIBYTE;
        "of those, to one Crawler";
        "error 1 instead of the reply"; "a reply of up to 32 KiB always has room"
    UnsentReplies "unsent-replies" unsent_replies: Listed Connection Count("replies"), 16, MANY;
        "replies that wait for one connection";
        "the connection ends"; ""
    ReplyBytes "reply-bytes" reply_bytes: Asked Reply Bytes, 1 << 15, TEBIBYTE;
        "one reply";
        "the request fails: `reply.too-large`"; ""
    ReplyBytesPerPeer "reply-bytes-per-peer" reply_bytes_per_peer: Asked Permid Bytes, 1 << 15, TEBIBYTE;
        "unfinished replies of one peer";
        "the request fails: `reply.too-large`"; ""
    ReplyBytesInAll "reply-bytes-in-all" reply_bytes_in_all: Asked Process Bytes, 1 << 15, TEBIBYTE;
        "replies of all peers that are not whole, or not read yet";
        "the request fails: `reply.too-large`"; "replies of up to 32 KiB have 64 MiB besides"
    WaitingBytes "waiting-bytes" waiting_bytes: Asked Process Bytes, FRAME, TEBIBYTE;
        "payloads of requests that wait for a connection";
        "the request fails: `request.channels-full`"; ""
    Memory "memory" memory: Everybody Process Bytes, 64 << 20, TEBIBYTE;
        "bytes of frames, questions and replies together";
        "questions, frames and parts are refused as if their own limit were reached";
        "small questions and replies always have room"
}

impl Limit {
    /// The one of this name.
    #[must_use]
    pub fn find(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.key() == key)
    }

    /// Whether what it counts is part of [`Limit::Memory`].
    #[must_use]
    pub(super) fn is_memory(self) -> bool {
        self != Self::Memory && self.unit() == Bytes && self.scope() == Scope::Process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_reads_writes_and_has_a_default_in_its_range() {
        for (at, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(Limit::find(limit.key()), Some(limit), "each has a name of its own");
            let mut limits = Limits::default();
            let ((least, most), default) = (limit.range(), limit.of(&limits));
            assert!((least..=most).contains(&default), "{limit:?}: {default}");
            limit.set(&mut limits, least).unwrap();
            assert_eq!(limit.of(&limits), least);
            for other in Limit::ALL.into_iter().filter(|other| *other != limit) {
                assert_eq!(other.of(&limits), other.of(&Limits::default()), "{limit:?} {other:?}");
            }
            assert!(limit.set(&mut limits, most + 1).is_err());
            assert_eq!(limit as usize, at, "the meter counts by position");
        }
    }

    #[test]
    fn memory_is_reached_before_everything_that_it_counts_is() {
        let limits = Limits::default();
        let all: u64 =
            Limit::ALL.into_iter().filter(|l| l.is_memory()).map(|l| l.of(&limits)).sum();
        assert!(Limit::Memory.of(&limits) < all, "else it would never refuse anything: {all}");
    }
}

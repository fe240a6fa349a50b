//! Every number that bounds what peers can take.

use std::time::Duration;

use crate::session::Timeouts;

/// What peers may take of this process. Times are of the wall clock.
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
    /// Incoming connections that are not authenticated yet, in all.
    pub unauthenticated: usize,
    /// Of those, from one source: an IPv4 address or an IPv6 /64.
    pub unauthenticated_per_source: usize,
    /// Authenticated incoming connections in all.
    pub accepted: usize,
    /// Of those, strangers from one source: all that are not on the allow-list.
    pub accepted_per_source: usize,
    /// Of those, places that strangers never take: for Crawlers on the allow-list.
    pub accepted_reserved: usize,
    /// Incoming connections of one permid (§1: 4).
    pub accepted_per_permid: usize,
    /// Frames that wait to be sent to one peer.
    pub queued_frames: usize,
    /// Bytes of those frames.
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
    /// Frames announced and not yet whole, over all connections together.
    pub assembling_bytes: usize,
    /// Events that wait for their reader.
    pub events: usize,
    /// Bytes of the frames among them.
    pub event_bytes: u32,
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
            event_bytes: 32 << 20, // four largest frames
        }
    }
}

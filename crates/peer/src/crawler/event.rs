//! What an engine tells those who watch it. The screen, `request --json` and the demo's checks all read these same events.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::traced::Traced;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::serial;
use swarmscope_wire::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid};

/// One request of this process, from the moment it is asked for until it ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// How a peer is known before and after its permid is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerKey {
    /// The usual case.
    Permid(Permid),
    /// `host:port` as the operator or a file gave it, until authentication tells who it is.
    Address(String),
}

/// Whether a connection is inside TLS. A legacy connection is authenticated, but not encrypted after that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Tls,
    Legacy,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// We dialled.
    Outgoing,
    /// The peer dialled: its own round, or a dial-back.
    Incoming,
}

/// Where knowledge of a peer comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Operator,
    Bootstrap,
    /// Hearsay: this peer's BuddyCast listed it.
    BuddyCast(Permid),
    /// It connected to us.
    Incoming,
}

/// On whose behalf a request was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Operator,
    /// The demo's tour.
    Tour,
    /// A periodic initiator that was switched on.
    Initiator,
}

/// A fact, in the order in which it happened. Times of day are the receiver's; durations are measured here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The listening socket is open.
    Listening { address: SocketAddr, permid: Option<Permid>, legacy_permid: Option<Permid> },
    /// A peer is heard of for the first time, or at another address.
    Discovered { peer: PeerKey, address: Option<SocketAddr>, version: Option<OverlayVersion>, source: Source },
    /// An attempt to connect has come to this rung.
    Connecting { peer: PeerKey, phase: Phase, detail: String },
    /// Authenticated. `was` is the key the peer had while its permid was not known.
    Connected {
        permid: Permid,
        was: Option<PeerKey>,
        /// Where the connection comes from or goes to.
        address: SocketAddr,
        /// The listening port it announces; 0 for none.
        listening_port: u16,
        version: OverlayVersion,
        transport: Transport,
        direction: Direction,
        /// From the first byte of our handshake to the first byte of theirs; for incoming connections, of the authentication.
        #[serde(with = "serial::micros")]
        rtt: Duration,
    },
    /// A connection attempt failed. After `gives_up_at` attempts in a row the peer is given up.
    ConnectFailed { peer: PeerKey, failure: Failure, attempt: u32, gives_up_at: u32 },
    /// The last connection of a peer has ended.
    Disconnected { permid: Permid, failure: Failure },
    /// The request has a channel, and its frame is on the way.
    Sent {
        ticket: Ticket,
        permid: Permid,
        message: MessageId,
        channel: ChannelId,
        frequency: Frequency,
        #[serde(with = "serial::base64")]
        payload: Bytes,
        origin: Origin,
    },
    /// A part arrived. Never merged, never dropped.
    Part {
        ticket: Ticket,
        permid: Permid,
        channel: ChannelId,
        /// From 1.
        index: u32,
        parts_left: PartsLeft,
        error: ErrorByte,
        #[serde(with = "serial::base64")]
        payload: Bytes,
        /// Since the request was sent.
        #[serde(with = "serial::micros")]
        after: Duration,
    },
    /// The last part arrived: the whole reply.
    Reply {
        ticket: Ticket,
        permid: Permid,
        message: MessageId,
        channel: ChannelId,
        error: ErrorByte,
        #[serde(with = "serial::base64")]
        payload: Bytes,
        parts: u32,
        #[serde(with = "serial::micros")]
        elapsed: Duration,
        /// It came on a connection that the peer dialled after ours was lost.
        dialled_back: bool,
    },
    /// The request has ended without a whole reply. `permid` is who was asked.
    RequestFailed { ticket: Ticket, permid: Permid, message: MessageId, failure: Failure },
    /// The connection is gone, but the request waits for the peer to dial back.
    AwaitingDialBack { ticket: Ticket, permid: Permid },
    /// A reply part that belongs to no request of ours; `times` in the last 60 s.
    ReplyRefused { permid: Permid, channel: ChannelId, message: MessageId, why: Cow<'static, str>, times: u32 },
    /// Incoming connections that never authenticated, for the same cause; `times` in the last 60 s, the last one from `remote`.
    AcceptFailed { remote: SocketAddr, failure: Failure, times: u64 },
    /// A frame that is not ours was dropped; `times` in all from this peer.
    FrameDropped { permid: Permid, id: FrameId, times: u64 },
    /// A BuddyCast message came: how many peers it listed, and how many more were malformed and left out.
    Gossip { permid: Permid, listed: usize, left_out: usize },
    /// Peer side: a Crawler asked us.
    Asked { permid: Permid, message: MessageId, channel: ChannelId, frequency: Frequency, bytes: usize },
    /// Peer side: we answered.
    Answered { permid: Permid, message: MessageId, channel: ChannelId, error: ErrorByte, bytes: usize },
    /// Peer side: a request was refused by closing, and why.
    Refused { permid: Permid, message: MessageId, failure: Failure },
    /// Peer side: a reply could not be delivered, and why.
    Undelivered { permid: Permid, message: MessageId, failure: Failure },
    /// What passes over a connection of this peer, where tracing is on. Dropped where a reader is slow, and counted:
    /// [`Trace::Lost`](super::traced::Trace::Lost).
    Traced { peer: PeerKey, traced: Traced },
    /// How long the peer has for this request: told when it is sent, and when more time is given.
    Due {
        ticket: Ticket,
        permid: Permid,
        /// The whole reply, since it was sent.
        #[serde(with = "serial::micros")]
        whole: Duration,
        /// Between two parts.
        #[serde(with = "serial::micros")]
        between: Duration,
    },
    /// Something an operator should read that is none of the above (a reloaded allow-list, an error in it).
    Notice { text: String },
    /// Events that a slow reader missed because they were coalesced (peer state only; parts are never among them).
    Coalesced { count: u64 },
}

//! What an engine tells those who watch it. The screen, `request --json` and the demo's checks all
//! read these same events.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::reply::Reply;
use super::traced::Traced;
use crate::weighed::Weigh;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::serial;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

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

/// Whether a connection is inside TLS. A legacy connection is authenticated, but not encrypted
/// after that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TLS 1.3 with raw public keys: version 18.
    Tls,
    /// In the clear after the authentication: versions up to 17.
    Legacy,
}

/// Who dialled.
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
    /// The person at the screen or the command line, or the program that embeds the node.
    Operator,
    /// A bootstrap list.
    Bootstrap,
    /// Hearsay: this peer's BuddyCast listed it.
    BuddyCast(Permid),
    /// Hearsay: nodes of the DHT name its address under the operator's rendezvous.
    Dht,
    /// It connected to us.
    Incoming,
}

/// On whose behalf a request was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The person at the screen or the command line, or the program that embeds the node.
    Operator,
    /// The demo's tour.
    Tour,
    /// A periodic initiator that was switched on.
    Initiator,
}

/// A fact, in the order in which it happened. Times of day are the receiver's; durations are
/// measured here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The listening socket is open.
    Listening {
        /// Where, with the port that was bound.
        address: SocketAddr,
        /// Our permid for version 18, where there is one.
        permid: Option<Permid>,
        /// Our permid for versions up to 17, where there is one.
        legacy_permid: Option<Permid>,
    },
    /// A peer is heard of for the first time, or at another address; in a survey also again, an hour
    /// after that was last said.
    Discovered {
        /// The peer, as it is known so far.
        peer: PeerKey,
        /// The address, where it is known.
        address: Option<SocketAddr>,
        /// The overlay version.
        version: Option<OverlayVersion>,
        /// Who says so.
        source: Source,
    },
    /// An attempt to connect has come to this rung.
    Connecting {
        /// The peer, as it is known so far.
        peer: PeerKey,
        /// How far it has come.
        phase: Phase,
        /// The particulars, in words.
        detail: String,
    },
    /// Authenticated. `was` is the key the peer had while its permid was not known.
    Connected {
        /// The peer.
        permid: Permid,
        /// How the peer was known until now, where that was otherwise.
        was: Option<PeerKey>,
        /// Where the connection comes from or goes to.
        address: SocketAddr,
        /// The listening port it announces; 0 for none.
        listening_port: u16,
        /// The overlay version.
        version: OverlayVersion,
        /// Whether it runs inside TLS.
        transport: Transport,
        /// Who dialled.
        direction: Direction,
        /// From the first byte of our handshake to the first byte of theirs; for incoming
        /// connections, of the authentication.
        #[serde(with = "serial::micros")]
        rtt: Duration,
    },
    /// A connection attempt failed. After `gives_up_at` attempts in a row the peer is given up.
    ConnectFailed {
        /// The peer, as it is known so far.
        peer: PeerKey,
        /// What went wrong, and who ended it.
        failure: Failure,
        /// How many attempts in a row have failed.
        attempt: u32,
        /// At how many it is given up; 0 where neither is known.
        gives_up_at: u32,
        /// When the next attempt is made, at the earliest; `None` where none is.
        #[serde(default)]
        again_in: Option<Duration>,
    },
    /// The last connection of a peer has ended.
    Disconnected {
        /// The peer.
        permid: Permid,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// The request has a channel, and its frame is on the way.
    Sent {
        /// The request.
        ticket: Ticket,
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// The channel that it goes over.
        channel: ChannelId,
        /// The frequency field of the request.
        frequency: Frequency,
        /// The bytes, as they went over the wire.
        #[serde(with = "serial::base64")]
        payload: Bytes,
        /// On whose behalf it was made.
        origin: Origin,
    },
    /// A part arrived. Never merged, never dropped.
    Part {
        /// The request.
        ticket: Ticket,
        /// The peer.
        permid: Permid,
        /// The channel that it goes over.
        channel: ChannelId,
        /// From 1.
        index: u32,
        /// The peer's hint of how many parts follow: only 0 is certain.
        parts_left: PartsLeft,
        /// The error byte.
        error: ErrorByte,
        /// The bytes, as they went over the wire.
        #[serde(with = "serial::base64")]
        payload: Bytes,
        /// Since the request was sent.
        #[serde(with = "serial::micros")]
        after: Duration,
    },
    /// The last part arrived: the whole reply.
    Reply(Reply),
    /// The request has ended without a whole reply. `permid` is who was asked.
    RequestFailed {
        /// The request.
        ticket: Ticket,
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// The connection is gone, but the request waits for the peer to dial back.
    AwaitingDialBack {
        /// The request.
        ticket: Ticket,
        /// The peer.
        permid: Permid,
    },
    /// A reply part that belongs to no request of ours; `times` in the last 60 s.
    ReplyRefused {
        /// The peer.
        permid: Permid,
        /// The channel that it goes over.
        channel: ChannelId,
        /// The message-specific id.
        message: MessageId,
        /// Why it belongs to none.
        why: Cow<'static, str>,
        /// How often.
        times: u32,
        /// On how many channels that no question of ours to this peer had gone over in the hour
        /// before its replies have come, within an hour; late replies are not among them. 0 as long
        /// as we don't know the channels of a whole hour, and for a peer that made room for 4096
        /// others that guessed more.
        #[serde(default)]
        guessed: u32,
    },
    /// Incoming connections that never authenticated, for the same cause; `times` in the last 60 s,
    /// the last one from `remote`.
    AcceptFailed {
        /// The other end of the socket.
        remote: SocketAddr,
        /// What went wrong, and who ended it.
        failure: Failure,
        /// How often.
        times: u64,
    },
    /// A frame was dropped: it is not ours, or can't be taken now; `times` in all from this peer.
    FrameDropped {
        /// The peer.
        permid: Permid,
        /// The kind of frame.
        id: FrameId,
        /// How often.
        times: u64,
    },
    /// A BuddyCast message came: whom it listed, and how many more were malformed and left out.
    Gossip {
        /// The peer.
        permid: Permid,
        /// How many peers it listed.
        listed: usize,
        /// How many entries were malformed.
        left_out: usize,
        /// Whom it listed; recordings of before have none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        named: Vec<Permid>,
        /// How many of the listed addresses are of no use where the peer is: nobody's, or of our own
        /// machine or network where it is not in that.
        #[serde(default)]
        impossible: usize,
    },
    /// Peer side: a Crawler asked us.
    Asked {
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// The channel that it goes over.
        channel: ChannelId,
        /// The frequency field of the request.
        frequency: Frequency,
        /// The size of the payload, in bytes.
        bytes: usize,
    },
    /// Peer side: we answered.
    Answered {
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// The channel that it goes over.
        channel: ChannelId,
        /// The error byte.
        error: ErrorByte,
        /// The size of the payload, in bytes.
        bytes: usize,
    },
    /// Peer side: a request was refused by closing, and why.
    Refused {
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// Peer side: a reply could not be delivered, and why.
    Undelivered {
        /// The peer.
        permid: Permid,
        /// The message-specific id.
        message: MessageId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// What passes over a connection of this peer, where tracing is on. Dropped where a reader is
    /// slow, and counted: [`Trace::Lost`](super::traced::Trace::Lost).
    Traced {
        /// The peer, as it is known so far.
        peer: PeerKey,
        /// The step.
        traced: Traced,
    },
    /// How long the peer has for this request: told when it is sent, and when more time is given.
    Due {
        /// The request.
        ticket: Ticket,
        /// The peer.
        permid: Permid,
        /// The whole reply, since it was sent.
        #[serde(with = "serial::micros")]
        whole: Duration,
        /// Between two parts.
        #[serde(with = "serial::micros")]
        between: Duration,
    },
    /// Something an operator should read that is none of the above (a reloaded allow-list, an error
    /// in it).
    Notice {
        /// What to read.
        text: String,
    },
    /// Events that a slow reader missed because they were coalesced (peer state only; parts are
    /// never among them).
    Coalesced {
        /// How many.
        count: u64,
    },
}

impl Weigh for Event {
    fn weight(&self) -> usize {
        match self {
            Self::Part { payload, .. }
            | Self::Reply(Reply { payload, .. })
            | Self::Sent { payload, .. } => payload.len(),
            Self::Gossip { named, .. } => size_of_val(named.as_slice()),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_gossip_names_weighs_something() {
        let gossip = |named: Vec<Permid>| Event::Gossip {
            permid: Permid::Ed25519([1; 32]),
            listed: named.len(),
            left_out: 0,
            named,
            impossible: 0,
        };
        assert_eq!(gossip(Vec::new()).weight(), 0);
        assert!(gossip(vec![Permid::Ed25519([2; 32]); 20]).weight() >= 20 * 32);
    }
}

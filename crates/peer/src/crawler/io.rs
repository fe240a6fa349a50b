//! What an engine is made of, what it is told, and what it wants done.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::ask::Ask;
use super::conn::{AttemptId, ConnId, ReplyId};
use super::event::{Direction, Event, PeerKey, Source, Ticket};
use super::probe::{Answer, Asked, Receipt};
use super::registry::Registry;
use super::target::Target;
use super::traced::{Traced, Watched};
use crate::limits::{Limits, Meter};
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::identity::Role;
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// What an engine is.
#[derive(Clone)]
pub struct EngineConfig {
    /// Our own permids: those of the identities in use.
    pub permids: Vec<Permid>,
    /// Whether nobody was asked with these identities before: they were made for this run.
    pub first_run: bool,
    /// Where we listen, if we do.
    pub listening: Option<SocketAddr>,
    /// What is asked by name and answered here.
    pub registry: Registry,
    /// Whether to take part in BuddyCast, and to dial the peers it lists.
    pub gossip: bool,
    /// Whether to exchange with every peer as soon as it is connected, listing nobody.
    pub survey: bool,
    /// Ids whose initiators run by themselves.
    pub initiators: Vec<MessageId>,
    /// Peer side: the time between two parts of a reply.
    pub pace: Option<Duration>,
    /// Rounds dial while fewer peers than this are connected.
    pub max_peers: usize,
    /// The time between two rounds while there is something to do: one peer is dialled in each.
    pub fast_round: Duration,
    /// What others may take.
    pub limits: Limits,
    /// Where what they take is counted.
    pub meter: Meter,
    /// For the choice of channels and peers; nothing secret.
    pub seed: u64,
}

/// What an engine is told.
#[derive(Debug)]
pub enum Input {
    /// To dial this peer, now and, where rounds run, whenever it is not connected. Of a long
    /// bootstrap list a few are dialled at a time.
    Connect {
        /// Where to.
        target: Target,
        /// Who says so.
        source: Source,
    },
    /// To close all connections of a peer.
    Disconnect(Permid),
    /// To dial a peer no more by itself, until it is named again or comes by itself.
    Forget(PeerKey),
    /// To make a request. The ticket is the caller's, below 2^63, never used before.
    Ask {
        /// The request.
        ticket: Ticket,
        /// The request.
        ask: Ask,
    },
    /// To give a request up.
    Cancel(Ticket),
    /// To wait so much longer for a request.
    Extend(Ticket, Duration),
    /// What passes over a connection; told on under the name of its peer.
    Traced {
        /// The connection that it belongs to.
        watched: Watched,
        /// The step.
        traced: Traced,
    },
    /// Who may ask us, from now on.
    Allow(HashSet<Permid>),
    /// What those may do of whom more is known than that they may ask.
    Roles(HashMap<Permid, Role>),
    /// A probe's answer to [`Output::Ask`].
    Answer {
        /// Which one.
        id: ReplyId,
        /// The answer.
        answer: Answer,
    },
    /// A dial has come to this rung.
    Progress {
        /// The dial.
        attempt: AttemptId,
        /// How far it has come.
        phase: Phase,
        /// The particulars, in words.
        detail: String,
    },
    /// A dial has ended without a connection.
    DialFailed {
        /// The dial.
        attempt: AttemptId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// Connections from outside never authenticated, `times` for this cause.
    AcceptFailed {
        /// The other end of the socket.
        remote: SocketAddr,
        /// What went wrong, and who ended it.
        failure: Failure,
        /// How often.
        times: u64,
    },
    /// Somebody opened a return connection (protocol.md §2); nothing proves who.
    DialledBack {
        /// The other end of the socket.
        remote: SocketAddr,
    },
    /// A connection is authenticated.
    Connected {
        /// The connection.
        conn: ConnId,
        /// The dial.
        attempt: Option<AttemptId>,
        /// Who is there.
        peer: ConnectedPeer,
    },
    /// A frame has come.
    Frame {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: Frame,
    },
    /// The socket has taken this many of the frames that went out on a connection.
    Written {
        /// The connection.
        conn: ConnId,
        /// How many frames.
        frames: usize,
    },
    /// The overlay did not take this frame: the connection is ending, [`Input::Closed`] will
    /// follow.
    NotSent {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: Frame,
    },
    /// A connection has ended: the last word of it.
    Closed {
        /// The connection.
        conn: ConnId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// The program ends: requests fail, nobody is dialled any more and nobody may ask; replies that
    /// are on their way go on.
    Stop,
}

/// What a new connection is.
#[derive(Clone, Debug)]
pub struct ConnectedPeer {
    /// The peer.
    pub permid: Permid,
    /// The selected version.
    pub version: OverlayVersion,
    /// The highest that the peer announces.
    pub offers: OverlayVersion,
    /// Who dialled.
    pub direction: Direction,
    /// The other end of the socket.
    pub remote: SocketAddr,
    /// As its peer id announces; 0 for none.
    pub listening_port: u16,
    /// One round trip, as the authentication measured it.
    pub rtt: Duration,
}

/// What an engine wants done.
#[derive(Debug)]
pub enum Output {
    /// To dial; with `expected` only that peer is to be told anything.
    Dial {
        /// The dial.
        attempt: AttemptId,
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
        /// The only acceptable peer; `None` for any.
        expected: Option<Permid>,
    },
    /// To open a return connection (protocol.md §2). Nothing follows.
    DialBack {
        /// Where the peer listens.
        to: SocketAddr,
    },
    /// To queue a frame. [`Input::NotSent`] follows where the connection takes none.
    Send {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: Frame,
    },
    /// To close, after what is queued was written. [`Input::Closed`] must follow.
    Close {
        /// The connection.
        conn: ConnId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// To run the probe of this id on a task of its own, and to hand its answer in under `id`.
    Ask {
        /// Which one.
        id: ReplyId,
        /// The message-specific id.
        message: MessageId,
        /// The request.
        asked: Asked,
    },
    /// To stop working on an answer that can no longer be delivered.
    Abandon {
        /// Which one.
        id: ReplyId,
    },
    /// To tell the probe of this id that an answer of its has arrived at the Crawler; before any
    /// [`Output::Ask`] that follows.
    Delivered {
        /// The message-specific id.
        message: MessageId,
        /// The Crawler.
        to: Permid,
        /// What the probe gave along.
        receipt: Receipt,
    },
    /// To tell those who watch.
    Event(Event),
}

//! What an engine is made of, what it is told, and what it wants done.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::ask::Ask;
use super::budget::Budgets;
use super::conn::{AttemptId, ConnId, ReplyId};
use super::event::{Direction, Event, Source, Ticket};
use super::probe::{Answer, Asked, Receipt};
use super::registry::Registry;
use super::target::Target;
use super::traced::{Traced, Watched};
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// What an engine is.
#[derive(Clone)]
pub struct EngineConfig {
    /// Our own permids: those of the identities in use.
    pub permids: Vec<Permid>,
    pub listening: Option<SocketAddr>,
    pub registry: Registry,
    /// Whether to take part in BuddyCast, and to dial whom it tells of.
    pub gossip: bool,
    /// Ids whose initiators run by themselves.
    pub initiators: Vec<MessageId>,
    /// Peer side: the time between two parts of a reply.
    pub pace: Option<Duration>,
    /// Rounds dial while fewer peers than this are connected.
    pub max_peers: usize,
    /// How many peers to keep in mind.
    pub max_known: usize,
    pub budgets: Budgets,
    /// For the choice of channels and peers; nothing secret.
    pub seed: u64,
}

/// What an engine is told.
#[derive(Debug)]
pub enum Input {
    /// To dial this peer, now and, where rounds run, whenever it is not connected. Of a long bootstrap list a few are dialled
    /// at a time.
    Connect {
        target: Target,
        source: Source,
    },
    /// To close all connections of a peer.
    Disconnect(Permid),
    /// To make a request. The ticket is the caller's, below 2^63, never used before.
    Ask {
        ticket: Ticket,
        ask: Ask,
    },
    /// To give a request up.
    Cancel(Ticket),
    /// To wait so much longer for a request.
    Extend(Ticket, Duration),
    /// What passes over a connection; told on under the name of its peer.
    Traced {
        watched: Watched,
        traced: Traced,
    },
    /// Who may ask us, from now on.
    Allow(HashSet<Permid>),
    /// A probe's answer to [`Output::Ask`].
    Answer {
        id: ReplyId,
        answer: Answer,
    },
    /// A dial has come to this rung.
    Progress {
        attempt: AttemptId,
        phase: Phase,
        detail: String,
    },
    DialFailed {
        attempt: AttemptId,
        failure: Failure,
    },
    /// Connections from outside never authenticated, `times` for this cause.
    AcceptFailed {
        remote: SocketAddr,
        failure: Failure,
        times: u64,
    },
    /// A connection is authenticated.
    Connected {
        conn: ConnId,
        attempt: Option<AttemptId>,
        peer: ConnectedPeer,
    },
    Frame {
        conn: ConnId,
        frame: Frame,
    },
    /// The socket has taken this many of the frames that went out on a connection.
    Written {
        conn: ConnId,
        frames: usize,
    },
    /// The overlay did not take this frame: the connection is ending, [`Input::Closed`] will follow.
    NotSent {
        conn: ConnId,
        frame: Frame,
    },
    /// A connection has ended: the last word of it.
    Closed {
        conn: ConnId,
        failure: Failure,
    },
    /// The program ends: requests fail, nobody is dialled any more and nobody may ask; replies that are on their way go on.
    Stop,
}

/// What a new connection is.
#[derive(Clone, Debug)]
pub struct ConnectedPeer {
    pub permid: Permid,
    /// The selected version.
    pub version: OverlayVersion,
    pub direction: Direction,
    pub remote: SocketAddr,
    /// As its peer id announces; 0 for none.
    pub listening_port: u16,
    pub rtt: Duration,
}

/// What an engine wants done.
#[derive(Debug)]
pub enum Output {
    /// To dial; with `expected` only that peer is to be told anything.
    Dial {
        attempt: AttemptId,
        host: String,
        port: u16,
        expected: Option<Permid>,
    },
    Send {
        conn: ConnId,
        frame: Frame,
    },
    /// To close, after what is queued was written. [`Input::Closed`] must follow.
    Close {
        conn: ConnId,
        failure: Failure,
    },
    /// To run the probe of this id on a task of its own, and to hand its answer in under `id`.
    Ask {
        id: ReplyId,
        message: MessageId,
        asked: Asked,
    },
    /// To stop working on an answer that nobody can be given any more.
    Abandon {
        id: ReplyId,
    },
    /// To tell the probe of this id that an answer of its has arrived at the Crawler; before any [`Output::Ask`] that follows.
    Delivered {
        message: MessageId,
        to: Permid,
        receipt: Receipt,
    },
    Event(Event),
}

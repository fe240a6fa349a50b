//! One peer, and the way to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Direction, PeerKey, Source, Ticket, Transport};
use swarmscope_wire::failure::{Cause, Failure, Phase};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

use crate::networks::{self, Other};
use crate::now::Now;
use crate::odd::Odd;
use crate::request::{Outcome, Request};

/// What is known of the way to a peer.
#[derive(Clone, Debug)]
pub enum State {
    /// Heard of, not dialled yet.
    Heard,
    /// It is being dialled.
    Connecting {
        /// How far that has come.
        phase: Phase,
        /// Since when.
        since: Now,
    },
    /// Authenticated.
    Connected {
        /// Since when.
        since: Now,
    },
    /// A peer of another network than the overlay has answered: no connection stands.
    Answered {
        /// When it last did.
        at: Now,
    },
    /// The connection has ended.
    Gone {
        /// Why.
        failure: Failure,
        /// When.
        at: Now,
    },
    /// The peer would not have us: its allow-list, likely.
    Refused {
        /// How it ended.
        failure: Failure,
        /// When.
        at: Now,
    },
    /// It was not reached.
    Failed {
        /// Why.
        failure: Failure,
        /// Which attempt in a row, from 1.
        attempt: u32,
        /// The last one.
        gives_up_at: u32,
        /// How long after that the next one is made, at the earliest.
        again_in: Option<Duration>,
        /// When.
        at: Now,
    },
}

/// When a connection stood, and what came of the dials after it.
#[derive(Clone, Debug)]
pub struct Stood {
    /// From when.
    pub since: Now,
    /// Until when; it stands where it has no end.
    pub until: Option<Now>,
    /// When a dial first failed since then, and when one last did; not those that the peer refused.
    pub failed: Option<(Now, Now)>,
}

/// One peer.
#[derive(Clone, Debug)]
pub struct Peer {
    /// By which it is known.
    pub key: PeerKey,
    /// What is known of the way to it.
    pub state: State,
    /// Where the newest connection goes to or comes from, else where it was heard of.
    pub address: Option<SocketAddr>,
    /// The listening port it announces; 0 for none.
    pub listening_port: u16,
    /// The version agreed on, else the one it was heard of with.
    pub version: Option<OverlayVersion>,
    /// How the newest connection is protected.
    pub transport: Option<Transport>,
    /// Who dialled the newest connection.
    pub direction: Option<Direction>,
    /// Round trip, from the newest handshake.
    pub rtt: Option<Duration>,
    /// Where it was first heard of; who is heard of from one teller has it in common.
    pub source: Option<Arc<Source>>,
    /// Its label in the demo.
    pub label: Option<Box<str>>,
    /// From its newest NATCHECK reply.
    pub nat: Option<Box<str>>,
    /// Why the last attempt to connect failed, until one does not.
    pub failing: Option<Cause>,
    /// Its newest connection; none where none ever stood.
    pub stood: Option<Box<Stood>>,
    /// How many things about it were odd or hostile.
    pub signals: u32,
    /// The newest of them, newest last.
    pub odd: Vec<Odd>,
    /// Newest last. Copies of a model have those in common that nothing has happened to.
    pub requests: Vec<Arc<Request>>,
    /// Of a peer of another network than the overlay: what is known of it.
    pub other: Option<Box<Other>>,
    /// What REACH found where an overlay dial was closed without a byte.
    pub examined: Option<Box<Failure>>,
    /// The number of its newest event: what the list is sorted by.
    pub newest: u64,
    asked: u32,
}

impl State {
    /// Why the peer is not there, where that is so.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Gone { failure, .. }
            | Self::Refused { failure, .. }
            | Self::Failed { failure, .. } => Some(failure),
            Self::Heard
            | Self::Connecting { .. }
            | Self::Connected { .. }
            | Self::Answered { .. } => None,
        }
    }

    /// How long until the next attempt may be made, where there will be one.
    #[must_use]
    pub fn again_in(&self, now: Now) -> Option<Duration> {
        let Self::Failed { again_in, at, .. } = self else { return None };
        Some((*again_in)?.saturating_sub(now.instant.saturating_duration_since(at.instant)))
    }
}

impl Peer {
    /// Nothing is known of it but its key.
    #[must_use]
    pub fn new(key: PeerKey) -> Self {
        let network = networks::network(&key);
        let is_other = network != Network::Overlay;
        Self {
            other: is_other.then(|| Box::new(Other::new(network))),
            examined: None,
            key,
            state: State::Heard,
            address: None,
            listening_port: 0,
            version: None,
            transport: None,
            direction: None,
            rtt: None,
            source: None,
            label: None,
            nat: None,
            failing: None,
            stood: None,
            signals: 0,
            odd: Vec::new(),
            requests: Vec::new(),
            newest: 0,
            asked: 0,
        }
    }

    /// Who it is, where that is known.
    #[must_use]
    pub const fn permid(&self) -> Option<Permid> {
        match self.key {
            PeerKey::Permid(permid) => Some(permid),
            PeerKey::Address(_) => None,
        }
    }

    /// The network that it belongs to.
    #[must_use]
    pub fn network(&self) -> Network {
        self.other.as_ref().map_or(Network::Overlay, |other| other.network)
    }

    /// Whether it can be asked now, as far as is known: connected, or of another network and
    /// answering.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Connected { .. } | State::Answered { .. })
    }

    /// Whether a connection to it stands.
    #[must_use]
    pub const fn connected(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    /// Whether nothing more is to come of it: no connection, no dial, no answer.
    #[must_use]
    pub fn can_be_forgotten(&self) -> bool {
        let is_there = matches!(self.state, State::Connected { .. } | State::Connecting { .. });
        !is_there && !self.requests.iter().any(|request| request.in_flight())
    }

    /// Its newest request.
    #[must_use]
    pub fn last(&self) -> Option<&Request> {
        self.requests.last().map(|request| &**request)
    }

    /// The request of this ticket.
    #[must_use]
    pub fn request(&self, ticket: Ticket) -> Option<&Request> {
        self.requests
            .iter()
            .rev()
            .find(|request| request.ticket == ticket)
            .map(|request| &**request)
    }

    pub(crate) fn request_mut(&mut self, ticket: Ticket) -> Option<&mut Request> {
        self.requests.iter_mut().rev().find(|request| request.ticket == ticket).map(Arc::make_mut)
    }

    /// The newest request for this message.
    #[must_use]
    pub fn last_of(&self, message: MessageId) -> Option<&Request> {
        self.requests
            .iter()
            .rev()
            .find(|request| request.message == message)
            .map(|request| &**request)
    }

    /// Whether it closed on the last request that ended.
    #[must_use]
    pub fn refuses(&self) -> bool {
        let ended = self.requests.iter().rev().find(|request| !request.in_flight());
        let closed = |failure: &Failure| failure.cause == Cause::ClosedWithoutReply;
        ended.is_some_and(|request| matches!(&request.outcome, Outcome::Failed { failure, .. } if closed(failure)))
    }

    /// `host:port` by which it can be dialled: where it listens, not where a connection of its own
    /// comes from.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match (&self.key, self.address, self.direction) {
            (PeerKey::Address(address), ..) if self.other.is_some() => Some(address.clone()),
            (_, Some(_), Some(Direction::Incoming)) if self.listening_port == 0 => None,
            (_, Some(address), Some(Direction::Incoming)) => {
                Some(SocketAddr::new(address.ip(), self.listening_port).to_string())
            }
            (_, Some(address), _) => Some(address.to_string()),
            (PeerKey::Address(address), None, _) => Some(address.clone()),
            (PeerKey::Permid(_), None, _) => None,
        }
    }

    /// The next request's number.
    pub(crate) fn number(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    /// Adds a request, and forgets the oldest that has ended where there are too many.
    pub(crate) fn add(&mut self, request: Request, most: usize) {
        if self.requests.len() >= most
            && let Some(oldest) = self.requests.iter().position(|request| !request.in_flight())
        {
            self.requests.remove(oldest);
        }
        if self.requests.is_empty() {
            self.requests.reserve_exact(1); // most peers are asked once: no room for four
        }
        self.requests.push(Arc::new(request));
    }

    /// Takes over what another entry for the same peer knew.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.source = self.source.take().or(other.source);
        self.label = self.label.take().or(other.label);
        self.address = self.address.or(other.address);
        self.newest = self.newest.max(other.newest);
    }
}

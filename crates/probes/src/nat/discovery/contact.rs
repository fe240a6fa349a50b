//! The first test: which server answers at all, and what it sees. Each server is asked from a
//! socket of its own, so that the one that is chosen has been contacted from a socket that
//! contacted nobody else: the filtering test needs that.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::endpoints::Endpoints;
use super::exchange::{Ask, Exchange, Heard, SocketId};
use crate::nat::stun::TransactionId;

/// How long a server has before the next one is asked too. RFC 8489 has sent twice by then.
const STAGGER: Duration = Duration::from_secs(1);

/// A server that answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Met {
    pub server: SocketAddr,
    pub socket: SocketId,
    /// The socket's own address.
    pub local: SocketAddr,
    /// What the server saw.
    pub mapped: SocketAddr,
}

/// What came of asking all servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Contacted {
    /// A server with two addresses and ports.
    Full(Met, Endpoints),
    /// Only servers without; at least one.
    Plain(Vec<Met>),
    Nobody,
}

enum State {
    Waiting,
    Asked(TransactionId),
    Answered(Met, Option<Endpoints>),
    Silent,
}

pub(super) struct Contact {
    servers: Vec<(SocketAddr, SocketId, State)>,
    next: Instant,
}

impl Contact {
    pub fn new(servers: &[SocketAddr], exchange: &mut Exchange, now: Instant) -> Self {
        let servers = servers
            .iter()
            .map(|server| (*server, exchange.fresh_socket(), State::Waiting))
            .collect();
        Self { servers, next: now }
    }

    pub fn tick(&mut self, exchange: &mut Exchange, now: Instant) {
        let waiting = self.servers.iter_mut().find(|(.., state)| matches!(state, State::Waiting));
        if let (Some((server, socket, state)), true) = (waiting, now >= self.next) {
            *state = State::Asked(exchange.ask(Ask::plain(*socket, *server), now));
            self.next = now + STAGGER;
        }
    }

    pub fn heard(&mut self, id: TransactionId, heard: &Heard, now: Instant) {
        let Some((server, socket, state)) = self.of(id) else { return };
        *state = match heard {
            Heard::Answer { success, local } => {
                let met =
                    Met { server: *server, socket: *socket, local: *local, mapped: success.mapped };
                State::Answered(met, success.other.and_then(|other| Endpoints::new(*server, other)))
            }
            _ => State::Silent,
        };
        self.next = now;
    }

    pub fn given_up(&mut self, id: TransactionId, now: Instant) {
        if let Some((.., state)) = self.of(id) {
            *state = State::Silent;
            self.next = now;
        }
    }

    fn of(&mut self, id: TransactionId) -> Option<&mut (SocketAddr, SocketId, State)> {
        self.servers
            .iter_mut()
            .find(|(.., state)| matches!(state, State::Asked(asked) if *asked == id))
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.servers.iter().any(|(.., state)| matches!(state, State::Waiting)).then_some(self.next)
    }

    /// What came of it, once that is clear.
    pub fn outcome(&self) -> Option<Contacted> {
        let full = self.servers.iter().find_map(|(.., state)| match state {
            State::Answered(met, Some(endpoints)) => Some(Contacted::Full(*met, *endpoints)),
            _ => None,
        });
        full.or_else(|| {
            let open = |state: &State| matches!(state, State::Waiting | State::Asked(_));
            if self.servers.iter().any(|(.., state)| open(state)) {
                return None;
            }
            let met: Vec<Met> = self.servers.iter().filter_map(|(.., state)| state.met()).collect();
            Some(if met.is_empty() { Contacted::Nobody } else { Contacted::Plain(met) })
        })
    }
}

impl State {
    const fn met(&self) -> Option<Met> {
        if let Self::Answered(met, _) = self { Some(*met) } else { None }
    }
}

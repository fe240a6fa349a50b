//! Requests under way: sends them, sends them again, and believes an answer only if its transaction
//! id, the socket it came on and the address it came from are the expected ones.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use crate::nat::ids::Ids;
use crate::nat::report::Traffic;
use crate::nat::retransmit::{Due, Retransmission, Schedule};
use crate::nat::scope::is_host;
use crate::nat::stun::{self, Incoming, Response, Route, Success, TransactionId};

/// One of the sockets of a test. The driver binds it, to a port the system chooses, when it is
/// first sent from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketId(pub u8);

/// A datagram to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transmit {
    /// The socket.
    pub socket: SocketId,
    /// Where to.
    pub to: SocketAddr,
    /// The bytes.
    pub datagram: Vec<u8>,
}

/// A datagram that came.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The socket.
    pub socket: SocketId,
    /// What that socket is bound to.
    pub local: SocketAddr,
    /// Where from.
    pub from: SocketAddr,
    /// The bytes.
    pub datagram: &'a [u8],
}

/// One question, and where its answer is to arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ask {
    pub socket: SocketId,
    pub to: SocketAddr,
    pub route: Route,
    pub expect: Expect,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expect {
    Answer {
        on: SocketId,
        from: SocketAddr,
    },
    /// The request itself, turned around by the NAT.
    Itself {
        on: SocketId,
    },
}

impl Ask {
    /// Asks a server that answers from where it was asked.
    pub const fn plain(socket: SocketId, to: SocketAddr) -> Self {
        Self { socket, to, route: Route::PLAIN, expect: Expect::Answer { on: socket, from: to } }
    }

    /// Asks a server to answer from `from`.
    pub const fn change(socket: SocketId, to: SocketAddr, route: Route, from: SocketAddr) -> Self {
        Self { socket, to, route, expect: Expect::Answer { on: socket, from } }
    }

    /// Asks a server to answer to the external port of another socket.
    pub const fn to_port(socket: SocketId, to: SocketAddr, port: u16, on: SocketId) -> Self {
        Self { socket, to, route: Route::to_port(port), expect: Expect::Answer { on, from: to } }
    }

    /// Where a server's answer is to come from.
    pub const fn answers_from(&self) -> Option<SocketAddr> {
        if let Expect::Answer { from, .. } = self.expect { Some(from) } else { None }
    }

    /// Sends a request to the external address of another socket of ours.
    pub const fn hairpin(socket: SocketId, to: SocketAddr, on: SocketId) -> Self {
        Self { socket, to, route: Route::PLAIN, expect: Expect::Itself { on } }
    }
}

/// What became of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Answer {
        success: Success,
        local: SocketAddr,
    },
    Refused,
    /// The answer came, but by the plain way: the server ignored the route.
    Elsewhere,
    /// The request itself arrived.
    Itself,
}

struct Pending {
    ask: Ask,
    datagram: Vec<u8>,
    /// `None`: it is sent once.
    retransmission: Option<Retransmission>,
}

/// One socket's own address, and what a server saw of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sample {
    pub socket: SocketId,
    pub local: SocketAddr,
    pub mapped: SocketAddr,
}

/// The table of requests under way.
pub(super) struct Exchange {
    ids: Ids,
    sockets: u8,
    pending: BTreeMap<TransactionId, Pending>,
    out: VecDeque<Transmit>,
    samples: Vec<Sample>,
    pub traffic: Traffic,
}

impl Exchange {
    pub fn new(ids: Ids) -> Self {
        let (pending, out) = (BTreeMap::new(), VecDeque::new());
        Self { ids, sockets: 0, pending, out, samples: Vec::new(), traffic: Traffic::default() }
    }

    /// A socket with a port of its own, from which nothing was sent yet.
    pub fn fresh_socket(&mut self) -> SocketId {
        let socket = SocketId(self.sockets);
        self.sockets = self.sockets.saturating_add(1);
        socket
    }

    /// Asks until there is an answer or RFC 8489's schedule is over.
    pub fn ask(&mut self, ask: Ask, now: Instant) -> TransactionId {
        self.send(ask, Some(Retransmission::new(Schedule::RFC8489, now)))
    }

    /// Asks once; the question stays open until [`Self::forget_all`].
    pub fn ask_once(&mut self, ask: Ask) -> TransactionId {
        self.send(ask, None)
    }

    fn send(&mut self, ask: Ask, retransmission: Option<Retransmission>) -> TransactionId {
        let id = self.ids.make();
        let pending =
            Pending { ask, datagram: stun::encode_request(id, ask.route), retransmission };
        transmit(&pending, &mut self.out, &mut self.traffic);
        self.pending.insert(id, pending);
        id
    }

    /// Closes every open question.
    pub fn forget_all(&mut self) {
        self.pending.clear();
    }

    /// The question that this datagram answers, if it answers one.
    pub fn receive(&mut self, received: Received<'_>) -> Option<(TransactionId, Heard)> {
        let heard = self.fitting(received);
        if let Some((id, _)) = heard {
            self.pending.remove(&id);
            self.traffic.answered += 1;
        } else {
            self.traffic.strange = self.traffic.strange.saturating_add(1);
        }
        heard
    }

    fn fitting(&mut self, received: Received<'_>) -> Option<(TransactionId, Heard)> {
        match stun::decode(received.datagram).ok()? {
            Incoming::Request(request) => {
                let ask = self.pending.get(&request.id)?.ask;
                let expected = ask.expect == Expect::Itself { on: received.socket };
                expected.then_some((request.id, Heard::Itself))
            }
            Incoming::Response(id, response) => {
                let ask = self.pending.get(&id)?.ask;
                self.response(ask, response, received).map(|heard| (id, heard))
            }
        }
    }

    fn response(&mut self, ask: Ask, response: Response, received: Received<'_>) -> Option<Heard> {
        let Received { socket, local, from, .. } = received;
        let expected = ask.expect == Expect::Answer { on: socket, from };
        let by_the_plain_way = socket == ask.socket && from == ask.to;
        match response {
            Response::Success(success) if expected => {
                if !plausible(success.mapped, local) {
                    return None;
                }
                self.sample(Sample { socket, local, mapped: success.mapped });
                Some(Heard::Answer { success, local })
            }
            Response::Success(_) if by_the_plain_way => Some(Heard::Elsewhere),
            Response::Refused(_) if expected || by_the_plain_way => Some(Heard::Refused),
            _ => None,
        }
    }

    fn sample(&mut self, sample: Sample) {
        if self.samples.iter().all(|known| known.socket != sample.socket) {
            self.samples.push(sample);
        }
    }

    /// One a socket that was answered.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Sends again what is due, and returns the questions given up now.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<TransactionId> {
        let mut given_up = Vec::new();
        for (id, pending) in &mut self.pending {
            match pending.retransmission.as_mut().map_or(Due::Nothing, |one| one.advance(now)) {
                Due::Nothing => {}
                Due::SendAgain => transmit(pending, &mut self.out, &mut self.traffic),
                Due::GiveUp => given_up.push(*id),
            }
        }
        for id in &given_up {
            self.pending.remove(id);
        }
        given_up
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.pending
            .values()
            .filter_map(|pending| pending.retransmission.as_ref().map(Retransmission::at))
            .min()
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.out.pop_front()
    }
}

fn transmit(pending: &Pending, out: &mut VecDeque<Transmit>, traffic: &mut Traffic) {
    traffic.sent += 1;
    let Ask { socket, to, .. } = pending.ask;
    out.push_back(Transmit { socket, to, datagram: pending.datagram.clone() });
}

/// Whether an address can be what a server saw of this socket.
fn plausible(mapped: SocketAddr, local: SocketAddr) -> bool {
    mapped.is_ipv4() == local.is_ipv4() && mapped.port() != 0 && is_host(mapped.ip())
}

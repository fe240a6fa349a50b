//! The queries of one socket: questions in, datagrams out, facts back.
//!
//! What is asked waits here until the pace allows it, each address in its own order and the
//! addresses in turn, so that one which must rest holds up nobody else. Queries that come are
//! dropped and reported: this is a read-only node (BEP 43), which answers none.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{
    Body, KrpcError, Message, NodeId, Query, Question, RemoteError, Response, Version,
};

use super::pace::{NODE_SPACING, Pace};
use super::transactions::{Deadlines, Match, Passed, Tally, Transactions};
use super::turns::Turns;
use crate::exchange::Received;

/// The `v` by which our nodes name themselves: swarmscope 0.1.
pub const VERSION: [u8; 4] = *b"SW\x00\x01";

/// How an [`Asker`] asks.
#[derive(Clone, Copy, Debug)]
pub struct AskerConfig {
    /// Our own id; it means nothing, since we are in nobody's table.
    pub id: NodeId,
    /// Queries a second to everybody together.
    pub rate: u32,
    /// When a query is slow, and when it is over.
    pub deadlines: Deadlines,
    /// For transaction ids.
    pub seed: u64,
}

/// What came of a query, or by itself.
#[derive(Clone, PartialEq, Debug)]
pub enum Event<T> {
    /// A node answered.
    Answered {
        /// What the query was for.
        what: T,
        /// Who answered.
        from: SocketAddr,
        /// What it said.
        answer: Box<Answer>,
        /// From query to answer.
        rtt: Duration,
        /// After the first deadline.
        late: bool,
    },
    /// No answer by the first deadline; one may still come.
    Slow(T),
    /// No answer by the last deadline.
    TimedOut(T),
    /// The network says that nobody listens there.
    Unreachable(T),
    /// Something came that answers nothing that was asked.
    Stray(SocketAddr, Stray),
    /// A query was handed to the system; told by a socket that is watched.
    Sent {
        /// Whether the system took it; what it did not take never went out.
        taken: bool,
        /// What the query is for.
        what: T,
        /// To whom.
        to: SocketAddr,
        /// Its transaction.
        transaction: [u8; 4],
        /// Its bytes.
        datagram: Vec<u8>,
    },
}

/// What a node said, and what stands around it.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// A response, or the error by which the query was refused.
    pub said: Result<Response, RemoteError>,
    /// `v`, not cleaned.
    pub version: Option<Version>,
    /// Our address as the node sees it.
    pub our_address: Option<SocketAddr>,
    /// How many kinds of deviations its encoding has.
    pub deviations: usize,
    /// The size of its datagram.
    pub bytes: usize,
    /// The transaction and the datagram, as far as it may be kept; none unless the socket is
    /// watched.
    pub watched: Option<Box<([u8; 4], Received)>>,
}

/// Datagrams that answer nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stray {
    /// A second answer to one query.
    Repeated,
    /// An answer after the last deadline.
    TooLate,
    /// An answer to nothing that was asked there.
    Unknown,
    /// A query: dropped, because this node is read-only.
    Query,
    /// Not a message.
    Malformed(KrpcError),
}

/// See the module.
#[derive(Debug)]
pub struct Asker<T> {
    config: AskerConfig,
    transactions: Transactions<T>,
    pace: Pace,
    queue: Turns<T>,
    /// When the pace allows the next of the queue.
    pace_deadline: Option<Instant>,
    /// What was sent last, and its transaction.
    latest: Option<(T, [u8; 4])>,
    /// Whether answers hold their datagrams.
    is_watched: bool,
}

impl<T: Copy> Asker<T> {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(config: AskerConfig) -> Self {
        Self::at_pace(config, Pace::new(config.rate))
    }

    /// Goes on at the pace of another one, so that nobody is asked too often by the two.
    #[must_use]
    pub fn at_pace(config: AskerConfig, pace: Pace) -> Self {
        let transactions = Transactions::new(config.deadlines, config.seed);
        Self {
            config,
            transactions,
            pace,
            queue: Turns::default(),
            pace_deadline: None,
            latest: None,
            is_watched: false,
        }
    }

    /// From now on answers hold their datagrams, as far as these may be kept.
    pub const fn watch(&mut self) {
        self.is_watched = true;
    }

    /// What was sent last, and its transaction; none unless it is watched.
    #[must_use]
    pub fn latest(&self) -> Option<(T, [u8; 4])> {
        self.latest.filter(|_| self.is_watched)
    }

    /// Ends it, and hands its pace to the successor.
    #[must_use]
    pub fn into_pace(self) -> Pace {
        self.pace
    }

    /// Ends it, for one with questions of another kind at its pace.
    #[must_use]
    pub fn into_successor<U: Copy>(self) -> Asker<U> {
        // Other transaction ids, so that a late answer to the first answers nothing of the second.
        let config = AskerConfig { seed: !self.config.seed, ..self.config };
        Asker::at_pace(config, self.pace)
    }

    /// How queries ended so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.transactions.tally()
    }

    /// How many wait for the pace to allow them.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// How many are on their way or wait for their turn.
    #[must_use]
    pub fn open(&self) -> usize {
        self.queue.len() + self.transactions.waiting()
    }

    /// Asks as soon as the pace allows it.
    pub fn ask(&mut self, to: SocketAddr, question: Question, what: T) {
        self.queue.push((to, question, what));
    }

    /// Gives up those queries that `is_wanted` does not want.
    pub fn retain(&mut self, is_wanted: impl Fn(&T) -> bool) {
        self.queue.retain(&is_wanted);
        self.transactions.retain(is_wanted);
    }

    /// Writes the next datagram that may be sent now over `datagram`, and says where to; call until
    /// there is none.
    pub fn transmit(&mut self, now: Instant, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        self.pace_deadline = None;
        if self.queue.len() == 0 || !self.transactions.has_room() {
            return None;
        }
        if let Err(at) = self.pace.free(now) {
            self.pace_deadline = Some(at);
            return None;
        }
        while let Some(ip) = self.queue.next(now) {
            match self.pace.ask(ip, now) {
                Ok(()) => {
                    let (to, question, what) = self.queue.take(now + NODE_SPACING)?;
                    let id = self.transactions.begin(to, what, now)?;
                    self.write(id, question, datagram);
                    self.latest = Some((what, id));
                    return Some(to);
                }
                Err(at) => self.queue.rest(at),
            }
        }
        self.pace_deadline = self.queue.wakes();
        None
    }

    fn write(&self, id: [u8; 4], question: Question, datagram: &mut Vec<u8>) {
        let query = Query { id: self.config.id, question };
        let mut message = Message::new(id.into(), Body::Query(query));
        message.read_only = true;
        message.version = Some(VERSION.into());
        datagram.clear();
        message.encode_to(datagram);
    }

    /// Takes a datagram that came.
    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> Event<T> {
        let message = match Message::decode(datagram) {
            Ok(message) => message,
            Err(error) => return Event::Stray(from, Stray::Malformed(error)),
        };
        let said = match message.body {
            Body::Query(_) => return Event::Stray(from, Stray::Query),
            Body::Response(response) => Ok(response),
            Body::Error(error) => Err(error),
        };
        match self.transactions.answer(from, &message.transaction, now) {
            Match::Query { what, rtt, late } => {
                let (version, our_address) = (message.version, message.ip);
                let watched = self.is_watched.then(|| {
                    let id = message.transaction[..].try_into().unwrap_or_default();
                    Box::new((id, Received::datagram(datagram, &said)))
                });
                let answer = Box::new(Answer {
                    said,
                    version,
                    our_address,
                    deviations: message.deviations.len(),
                    bytes: datagram.len(),
                    watched,
                });
                Event::Answered { what, from, answer, rtt, late }
            }
            Match::Repeated => Event::Stray(from, Stray::Repeated),
            Match::TooLate => Event::Stray(from, Stray::TooLate),
            Match::Unknown => Event::Stray(from, Stray::Unknown),
        }
    }

    /// The network says that nobody listens at `to`.
    pub fn unreachable(&mut self, to: SocketAddr) -> Vec<Event<T>> {
        self.transactions.unreachable(to).into_iter().map(Event::Unreachable).collect()
    }

    /// The next query whose deadline has passed; call until there is none.
    pub fn pass(&mut self, now: Instant) -> Option<Event<T>> {
        Some(match self.transactions.pass(now)? {
            Passed::Slow(what) => Event::Slow(what),
            Passed::Over(what) => Event::TimedOut(what),
        })
    }

    /// When [`Self::transmit`] and [`Self::pass`] have to be called next. Right after a call of
    /// [`Self::transmit`] that gave nothing.
    pub fn deadline(&mut self) -> Option<Instant> {
        [self.pace_deadline, self.transactions.deadline()].into_iter().flatten().min()
    }
}

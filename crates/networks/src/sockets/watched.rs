//! The queries of a lookup, each told as a question of its own: what was sent, what was answered,
//! and in the end which were not.

use std::collections::HashMap;
use std::net::SocketAddr;

use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::krpc::Target;

use crate::answer;
use crate::dht::asker::{Answer, Event};
use crate::dht::lookup::{Ask, Hop, LookupTally, Token};
use crate::exchange::{Exchange, Sent};
use crate::question::Question;

/// What is told of a lookup.
pub(super) enum Heard<'a> {
    /// A node answered; the sums up to then.
    Hop(&'a Hop, &'a LookupTally),
    /// What went over the wire.
    Exchange(Exchange),
}

/// A question to one node. Where it is repeated, it stays the same.
struct Query {
    to: SocketAddr,
    target: Target,
    /// Whether its end was told.
    ended: bool,
}

/// Remembers which queries are open.
pub(super) struct Watched<F> {
    identity: [u8; 20],
    queries: Vec<Query>,
    /// The newest query to each node.
    newest: HashMap<Token, usize>,
    transactions: HashMap<[u8; 4], usize>,
    tell: F,
}

impl<F: FnMut(Heard<'_>)> Watched<F> {
    /// With our node id, and where to tell.
    pub(super) fn new(identity: [u8; 20], tell: F) -> Self {
        let (newest, transactions) = (HashMap::new(), HashMap::new());
        Self { identity, queries: Vec::new(), newest, transactions, tell }
    }

    /// The lookup wants this sent.
    pub(super) fn asked(&mut self, ask: &Ask) {
        let newest = self.newest.get(&ask.token).and_then(|at| self.queries.get(*at));
        if newest.is_none_or(|query| query.target != ask.target) {
            self.newest.insert(ask.token, self.queries.len());
            self.queries.push(Query { to: ask.to, target: ask.target, ended: false });
        }
    }

    /// A node answered.
    pub(super) fn hop(&mut self, hop: &Hop, sums: &LookupTally) {
        (self.tell)(Heard::Hop(hop, sums));
    }

    /// Something happened on the socket.
    pub(super) fn heard(&mut self, event: &Event<Token>) {
        match event {
            Event::Sent { what, to, transaction, datagram } => {
                let Some(at) = self.newest.get(what).copied() else { return };
                self.transactions.insert(*transaction, at);
                let (identity, query) = (self.identity, number(at));
                let bytes = datagram.clone();
                let sent = Sent { to: *to, identity, encrypted: false, query: Some(query), bytes };
                (self.tell)(Heard::Exchange(Exchange::Sent(sent)));
            }
            Event::Answered { from, answer, rtt, .. } => self.answered(*from, answer, *rtt),
            Event::Unreachable(token) => {
                let Some(at) = self.newest.get(token).copied() else { return };
                self.unanswered(at, Cause::UdpUnreachable);
            }
            Event::Slow(_) | Event::TimedOut(_) | Event::Stray(..) => {}
        }
    }

    fn answered(&mut self, from: SocketAddr, answer: &Answer, rtt: std::time::Duration) {
        let Some((transaction, received)) = answer.watched.as_deref() else { return };
        let Some(at) = self.transactions.get(transaction).copied() else { return };
        let Some(query) = self.queries.get_mut(at).filter(|query| !query.ended) else { return };
        query.ended = true;
        let question = Question::FindNode(query.target);
        let answered = Exchange::Answered {
            query: number(at),
            rtt,
            error: answer.said.as_ref().err().cloned(),
            said: answer::node(&question, from, answer, rtt.as_secs_f64() * 1e3),
            received: received.clone(),
        };
        (self.tell)(Heard::Exchange(answered));
    }

    fn unanswered(&mut self, at: usize, cause: Cause) {
        let Some(query) = self.queries.get_mut(at).filter(|query| !query.ended) else { return };
        query.ended = true;
        let failure = Failure::new(cause, By::Network, format!("{}, in a lookup", query.to))
            .delivered(Delivered::Maybe);
        (self.tell)(Heard::Exchange(Exchange::Unanswered { query: number(at), failure }));
    }

    /// The lookup is over: whoever has not answered by now did not.
    pub(super) fn end(mut self) {
        for at in 0..self.queries.len() {
            self.unanswered(at, Cause::AnswerTimeout);
        }
    }
}

/// A lookup asks far fewer than that.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

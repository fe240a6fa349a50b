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
    /// Whether it was without an answer for as long as one may take.
    slow: bool,
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
            self.queries.push(Query { to: ask.to, target: ask.target, slow: false, ended: false });
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
                self.unanswered(at, Cause::UdpUnreachable, By::Network, "in a lookup");
            }
            Event::Slow(token) => {
                let at = self.newest.get(token);
                if let Some(query) = at.and_then(|at| self.queries.get_mut(*at)) {
                    query.slow = true;
                }
            }
            Event::TimedOut(_) | Event::Stray(..) => {}
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

    fn unanswered(&mut self, at: usize, cause: Cause, by: By, how: &str) {
        let Some(query) = self.queries.get_mut(at).filter(|query| !query.ended) else { return };
        query.ended = true;
        let failure =
            Failure::new(cause, by, format!("{}, {how}", query.to)).delivered(Delivered::Maybe);
        (self.tell)(Heard::Exchange(Exchange::Unanswered { query: number(at), failure }));
    }

    /// The lookup is over. Whoever had the time to answer was silent; the others were not waited
    /// for.
    pub(super) fn end(mut self) {
        for at in 0..self.queries.len() {
            if self.queries[at].slow {
                self.unanswered(at, Cause::AnswerTimeout, By::Network, "in a lookup");
            } else {
                self.unanswered(
                    at,
                    Cause::Stopped,
                    By::Us,
                    "the lookup was over before it answered",
                );
            }
        }
    }
}

/// A lookup asks far fewer than that.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::dht::lookup::{Lookup, LookupConfig};

    #[test]
    fn only_who_had_the_time_to_answer_is_called_silent() {
        let seeds = [8, 9].map(|n| (SocketAddr::from(([n, n, n, n], 6881)), None));
        let now = Instant::now();
        let mut lookup = Lookup::new(Target([7; 20]), LookupConfig::default(), &seeds, now);
        let mut ends = Vec::new();
        let mut watched = Watched::new([1; 20], |heard: Heard<'_>| {
            if let Heard::Exchange(Exchange::Unanswered { failure, .. }) = heard {
                ends.push((failure.cause, failure.by));
            }
        });
        let asks =
            [lookup.next_query(now), lookup.next_query(now)].map(|ask| ask.expect("a query"));
        for ask in &asks {
            watched.asked(ask);
        }
        watched.heard(&Event::Slow(asks[0].token));
        watched.end();
        assert_eq!(
            ends,
            [(Cause::AnswerTimeout, By::Network), (Cause::Stopped, By::Us)],
            "the second was asked as the lookup ended"
        );
    }
}

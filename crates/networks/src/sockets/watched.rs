//! The queries of a lookup, each told as a question of its own: what was sent, what was answered,
//! and in the end which were not.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::krpc::{self, Body, Message, Query as Krpc, Target};

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

/// A question to one node. Where it is repeated before its end, it stays the same.
struct Query {
    to: SocketAddr,
    target: Target,
    /// Whether the system took it; none while it waits for the pace.
    sent: Option<bool>,
    /// Whether it was without an answer for as long as one may take.
    slow: bool,
    /// Whether its end was told.
    ended: bool,
}

/// Remembers which queries are open.
pub(super) struct Watched<F> {
    identity: [u8; 20],
    queries: Vec<Query>,
    /// The queries to each node: one, and perhaps one for its neighbours.
    of: HashMap<Token, Vec<usize>>,
    transactions: HashMap<[u8; 4], usize>,
    /// The transactions with each node whose first deadline has not passed, in the order in which
    /// they began, which is that of their deadlines.
    waiting: HashMap<Token, VecDeque<[u8; 4]>>,
    tell: F,
}

impl<F: FnMut(Heard<'_>)> Watched<F> {
    /// With our node id, and where to tell.
    pub(super) fn new(identity: [u8; 20], tell: F) -> Self {
        let (of, transactions, waiting) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { identity, queries: Vec::new(), of, transactions, waiting, tell }
    }

    /// The lookup wants this sent.
    pub(super) fn asked(&mut self, ask: &Ask) {
        self.open(ask.token, ask.to, ask.target);
    }

    /// The query to this node for this target that has not ended: one that has, a lookup can
    /// repeat, as another query.
    fn open(&mut self, token: Token, to: SocketAddr, target: Target) -> usize {
        self.find(token, |query| query.target == target).unwrap_or_else(|| {
            let at = self.queries.len();
            self.of.entry(token).or_default().push(at);
            self.queries.push(Query { to, target, sent: None, slow: false, ended: false });
            at
        })
    }

    /// The first such query to a node that has not ended.
    fn find(&self, token: Token, is_it: impl Fn(&Query) -> bool) -> Option<usize> {
        let mut theirs = self.of.get(&token)?.iter().copied();
        theirs.find(|at| self.queries.get(*at).is_some_and(|query| !query.ended && is_it(query)))
    }

    /// A node answered.
    pub(super) fn hop(&mut self, hop: &Hop, sums: &LookupTally) {
        (self.tell)(Heard::Hop(hop, sums));
    }

    /// Something happened on the socket.
    pub(super) fn heard(&mut self, event: &Event<Token>) {
        match event {
            Event::Sent { taken, what, to, transaction, datagram } => {
                let Some(target) = target(datagram) else { return };
                let at = self.open(*what, *to, target);
                self.waiting.entry(*what).or_default().push_back(*transaction);
                let sent = &mut self.queries[at].sent;
                *sent = Some(*taken || *sent == Some(true));
                if !taken {
                    return; // it can't be answered, and a deadline of it says nothing
                }
                self.transactions.insert(*transaction, at);
                let (identity, query) = (self.identity, number(at));
                let bytes = datagram.clone();
                let sent = Sent { to: *to, identity, encrypted: false, query: Some(query), bytes };
                (self.tell)(Heard::Exchange(Exchange::Sent(sent)));
            }
            Event::Answered { what, from, answer, rtt, .. } => {
                self.answered(*what, *from, answer, *rtt);
            }
            Event::Unreachable(token) => {
                self.waiting.remove(token);
                while let Some(at) = self.find(*token, |query| query.sent.is_some()) {
                    self.unanswered(at, Cause::UdpUnreachable, By::Network, "in a lookup");
                }
            }
            Event::Slow(token) => {
                let first = self.waiting.get_mut(token).and_then(VecDeque::pop_front);
                if let Some(at) = first.and_then(|first| self.transactions.get(&first)) {
                    self.queries[*at].slow = true;
                }
            }
            Event::TimedOut(_) | Event::Stray(..) => {}
        }
    }

    fn answered(&mut self, what: Token, from: SocketAddr, answer: &Answer, rtt: Duration) {
        let Some((transaction, received)) = answer.watched.as_deref() else { return };
        if let Some(waiting) = self.waiting.get_mut(&what) {
            waiting.retain(|waits| waits != transaction);
        }
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
        let to = query.to;
        let delivered = if query.sent == Some(true) { Delivered::Maybe } else { Delivered::No };
        let failure = Failure::new(cause, by, format!("{to}, {how}")).delivered(delivered);
        (self.tell)(Heard::Exchange(Exchange::Unanswered { query: number(at), to, failure }));
    }

    /// The lookup is over. Whoever had the time to answer was silent; the others were not waited
    /// for. What did not go out is told apart.
    pub(super) fn end(mut self) {
        for at in 0..self.queries.len() {
            let Query { sent, slow, .. } = self.queries[at];
            let (cause, by, how) = match (sent, slow) {
                (Some(true), true) => (Cause::AnswerTimeout, By::Network, "in a lookup"),
                (Some(true), false) => {
                    (Cause::Stopped, By::Us, "the lookup was over before it answered")
                }
                (Some(false), _) => (Cause::Io, By::Us, "the system did not send it"),
                (None, _) => continue, // it had not come to that yet
            };
            self.unanswered(at, cause, by, how);
        }
    }
}

/// What a query of ours asks for.
fn target(datagram: &[u8]) -> Option<Target> {
    match Message::decode(datagram).ok()?.body {
        Body::Query(Krpc { question: krpc::Question::FindNode { target, .. }, .. }) => Some(target),
        _ => None,
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
    use crate::exchange::Received;
    use swarmscope_wire::krpc::{NodeId, Want};

    /// A query as it goes out.
    fn goes(ask: Ask, transaction: [u8; 4]) -> Event<Token> {
        let question = krpc::Question::FindNode { target: ask.target, want: Want::default() };
        let query = Krpc { id: NodeId([1; 20]), question };
        let mut datagram = Vec::new();
        Message::new(transaction.into(), Body::Query(query)).encode_to(&mut datagram);
        Event::Sent { taken: true, what: ask.token, to: ask.to, transaction, datagram }
    }

    /// A query that the system does not take.
    fn refused(ask: Ask, transaction: [u8; 4]) -> Event<Token> {
        let mut event = goes(ask, transaction);
        if let Event::Sent { taken, .. } = &mut event {
            *taken = false;
        }
        event
    }

    #[test]
    fn a_repeated_query_is_not_taken_for_the_one_after_it() {
        let seeds = [(SocketAddr::from(([8, 8, 8, 8], 6881)), None)];
        let now = Instant::now();
        let mut lookup = Lookup::new(Target([7; 20]), LookupConfig::default(), &seeds, now);
        let first = lookup.next_query(now).expect("a query");
        let second = Ask { target: Target([9; 20]), ..first };
        let mut sent = Vec::new();
        let mut watched = Watched::new([1; 20], |heard: Heard<'_>| {
            if let Heard::Exchange(Exchange::Sent(Sent { query, .. })) = heard {
                sent.push(query);
            }
        });
        watched.asked(&first);
        watched.heard(&goes(first, [0; 4]));
        watched.asked(&second);
        watched.heard(&goes(second, [1; 4]));
        watched.heard(&goes(first, [2; 4]));
        watched.end();
        assert_eq!(sent, [Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn what_could_not_be_sent_is_not_called_unanswered() {
        let seeds = [8, 9].map(|n| (SocketAddr::from(([n, n, n, n], 6881)), None));
        let now = Instant::now();
        let mut lookup = Lookup::new(Target([7; 20]), LookupConfig::default(), &seeds, now);
        let mut ends = Vec::new();
        let mut watched = Watched::new([1; 20], |heard: Heard<'_>| {
            if let Heard::Exchange(Exchange::Unanswered { to, failure, .. }) = heard {
                ends.push((to, failure.cause, failure.delivered));
            }
        });
        let asks =
            [lookup.next_query(now), lookup.next_query(now)].map(|ask| ask.expect("a query"));
        for ask in &asks {
            watched.asked(ask);
            watched.heard(&refused(*ask, [0; 4]));
        }
        watched.heard(&Event::Unreachable(asks[0].token));
        watched.end();
        assert_eq!(
            ends,
            [
                (asks[0].to, Cause::UdpUnreachable, Delivered::No),
                (asks[1].to, Cause::Io, Delivered::No)
            ]
        );
    }

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
        for (ask, transaction) in asks.into_iter().zip([[0; 4], [1; 4]]) {
            watched.asked(&ask);
            watched.heard(&goes(ask, transaction));
        }
        watched.heard(&Event::Slow(asks[0].token));
        watched.end();
        assert_eq!(
            ends,
            [(Cause::AnswerTimeout, By::Network), (Cause::Stopped, By::Us)],
            "the second was asked as the lookup ended"
        );
    }

    /// What comes back for a query.
    fn comes(ask: Ask, transaction: [u8; 4]) -> Event<Token> {
        let answer = Answer {
            said: Err(krpc::RemoteError { code: 201, message: Vec::new() }),
            version: None,
            our_address: None,
            deviations: 0,
            bytes: 0,
            watched: Some(Box::new((transaction, Received::Whole(Vec::new())))),
        };
        let (answer, rtt) = (Box::new(answer), Duration::from_millis(50));
        Event::Answered { what: ask.token, from: ask.to, answer, rtt, late: false }
    }

    /// One node that a lookup asks, and what is told where this happens.
    fn told(happens: impl Fn(&mut Watched<&mut dyn FnMut(Heard<'_>)>, Ask)) -> Vec<(u32, String)> {
        let seeds = [(SocketAddr::from(([8, 8, 8, 8], 6881)), None)];
        let now = Instant::now();
        let mut lookup = Lookup::new(Target([7; 20]), LookupConfig::default(), &seeds, now);
        let ask = lookup.next_query(now).expect("a query");
        let mut told = Vec::new();
        let mut tell = |heard: Heard<'_>| {
            let Heard::Exchange(exchange) = heard else { return };
            told.push(match exchange {
                Exchange::Sent(sent) => (sent.query.expect("a query"), "sent".into()),
                Exchange::Answered { query, .. } => (query, "answered".into()),
                Exchange::Unanswered { query, failure, .. } => (query, failure.cause.code().into()),
                Exchange::Received(_) => panic!("a lookup tells answers"),
            });
        };
        let mut watched: Watched<&mut dyn FnMut(Heard<'_>)> = Watched::new([1; 20], &mut tell);
        happens(&mut watched, ask);
        watched.end();
        told
    }

    fn said(told: &[(u32, String)]) -> Vec<(u32, &str)> {
        told.iter().map(|(query, what)| (*query, &**what)).collect()
    }

    #[test]
    fn a_deadline_of_a_retry_is_not_that_of_the_query_after_it() {
        let told = told(|watched, ask| {
            let neighbours = Ask { target: Target([9; 20]), ..ask };
            watched.asked(&ask);
            watched.heard(&goes(ask, [0; 4]));
            watched.heard(&Event::Slow(ask.token));
            watched.asked(&ask);
            watched.heard(&goes(ask, [1; 4]));
            watched.heard(&comes(ask, [0; 4]));
            watched.asked(&neighbours);
            watched.heard(&goes(neighbours, [2; 4]));
            watched.heard(&Event::Slow(ask.token));
        });
        let ends =
            [(0, "sent"), (0, "sent"), (0, "answered"), (1, "sent"), (1, Cause::Stopped.code())];
        assert_eq!(said(&told), ends);
    }

    /// A lookup for the id of a node asks it for its neighbours with the same target.
    #[test]
    fn a_query_that_has_ended_is_not_the_next_one_for_the_same_target() {
        let told = told(|watched, ask| {
            for transaction in [[0; 4], [1; 4]] {
                watched.asked(&ask);
                watched.heard(&goes(ask, transaction));
                watched.heard(&comes(ask, transaction));
            }
        });
        assert_eq!(said(&told), [(0, "sent"), (0, "answered"), (1, "sent"), (1, "answered")]);
    }

    #[test]
    fn a_retry_that_goes_out_after_the_late_answer_has_an_end() {
        let told = told(|watched, ask| {
            watched.asked(&ask);
            watched.heard(&goes(ask, [0; 4]));
            watched.heard(&Event::Slow(ask.token));
            watched.asked(&ask);
            watched.heard(&comes(ask, [0; 4]));
            watched.heard(&goes(ask, [1; 4]));
        });
        let ends = [(0, "sent"), (0, "answered"), (1, "sent"), (1, Cause::Stopped.code())];
        assert_eq!(said(&told), ends);
    }

    #[test]
    fn a_deadline_of_what_was_not_sent_makes_nobody_silent() {
        let told = told(|watched, ask| {
            watched.asked(&ask);
            watched.heard(&refused(ask, [0; 4]));
            watched.asked(&ask);
            watched.heard(&goes(ask, [1; 4]));
            watched.heard(&Event::Slow(ask.token));
        });
        assert_eq!(said(&told), [(0, "sent"), (0, Cause::Stopped.code())]);
    }
}

//! Finds the nodes closest to a target (BEP 5), as a machine without I/O: ask it for the next query,
//! and tell it the outcome.
//!
//! It trusts no node's word for another. A node counts under the id that it gives itself, and only
//! if another node named it by that id; per /24 or /64 one node is asked at a time and one
//! counts; from one answer no more than the closest eight contacts are taken. What was kept out is
//! counted in [`KeptOut`].

mod candidates;
mod filing;
mod terms;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{Contact, NodeId, Target};

use super::asker::Event;
use candidates::{Candidate, Candidates, Neighbours, State};
pub use terms::{Ask, CLOSEST, Ended, Hop, KeptOut, LookupConfig, LookupTally, Token};

/// See the module.
#[derive(Debug)]
pub struct Lookup {
    target: Target,
    config: LookupConfig,
    started: Instant,
    candidates: Candidates,
    /// The id under which each address has answered.
    own_ids: HashMap<SocketAddr, NodeId>,
    next_token: u32,
    tally: LookupTally,
    ended: Option<Ended>,
}

impl Lookup {
    /// Begins with these nodes, whose ids may be unknown, and which the operator named.
    #[must_use]
    pub fn new(
        target: Target,
        mut config: LookupConfig,
        seeds: &[(SocketAddr, Option<NodeId>)],
        now: Instant,
    ) -> Self {
        config.policy.named.extend(seeds.iter().map(|(address, _)| *address));
        let mut lookup = Self {
            target,
            config,
            started: now,
            candidates: Candidates::default(),
            own_ids: HashMap::new(),
            next_token: 0,
            tally: LookupTally::default(),
            ended: None,
        };
        for (address, id) in seeds {
            lookup.add(*address, *id, 0);
        }
        lookup
    }

    /// The target.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The sums so far. `kept_out.crowded` is counted at the time of asking.
    #[must_use]
    pub fn tally(&self) -> LookupTally {
        let mut tally = self.tally;
        tally.kept_out.crowded = self.candidates.crowded();
        tally
    }

    /// The closest that have answered, closest first; eight at most.
    #[must_use]
    pub fn closest(&self) -> Vec<Hop> {
        self.candidates.answered().map(|(_, hop)| hop).take(CLOSEST).collect()
    }

    /// The next query, if one is due now. Retries come after all others, and last the
    /// closest eight are asked for the neighbourhoods of their own ids: what stands in only few
    /// tables is named there.
    pub fn next_query(&mut self, now: Instant) -> Option<Ask> {
        self.end_if_due(now);
        let in_flight = self.candidates.in_flight();
        if self.ended.is_some() || in_flight >= self.config.parallel {
            return None;
        }
        if self.tally.queries >= self.config.most_queries {
            self.ended = Some(Ended::Capped);
            return None;
        }
        let next =
            self.candidates.first(State::Fresh).or_else(|| self.candidates.first(State::RetryDue));
        let ask = match next {
            Some(index) => self.ask(index),
            None if in_flight > 0 => return None,
            None => self.ask_for_neighbours(self.candidates.unasked_for_neighbours()?)?,
        };
        self.tally.queries += 1;
        Some(ask)
    }

    fn ask(&mut self, index: usize) -> Ask {
        let candidate = &mut self.candidates.list[index];
        if candidate.state == State::RetryDue {
            candidate.retried = true;
            self.tally.retries += 1;
        }
        candidate.state = State::Asked;
        Ask { token: candidate.token, to: candidate.address, target: self.target }
    }

    fn ask_for_neighbours(&mut self, index: usize) -> Option<Ask> {
        let candidate = &mut self.candidates.list[index];
        candidate.neighbours = Neighbours::Asked;
        Some(Ask { token: candidate.token, to: candidate.address, target: candidate.id?.into() })
    }

    /// A node answered under `id`, naming `contacts`. None where it was not asked, or had answered.
    pub fn answered_by<'a>(
        &mut self,
        token: Token,
        id: NodeId,
        contacts: impl Iterator<Item = &'a Contact>,
        rtt: Duration,
        now: Instant,
    ) -> Option<Hop> {
        let index = self.candidates.index(token)?;
        let Candidate { address, id: named_as, depth, state, neighbours, .. } =
            self.candidates.list[index];
        if neighbours == Neighbours::Asked {
            self.candidates.list[index].neighbours = Neighbours::Done;
            self.take(contacts, depth);
            self.end_if_due(now);
            return None;
        }
        if self.ended.is_some()
            || matches!(state, State::Answered(_) | State::Fresh | State::Failed)
        {
            return None;
        }
        self.own_ids.insert(address, id);
        self.tally.answered += 1;
        let (named, new) = self.take(contacts, depth);
        let hop = Hop { contact: Contact { id, address }, depth, rtt, named, taken: new };
        self.settle(address, named_as, hop);
        self.end_if_due(now);
        Some(hop)
    }

    /// A node refused the query with an error.
    pub fn refused(&mut self, token: Token, now: Instant) {
        self.tally.refused += usize::from(self.fail(token));
        self.end_if_due(now);
    }

    /// No answer yet: another node may be asked in its place.
    pub fn slow(&mut self, token: Token, now: Instant) {
        if let Some(index) = self.candidates.index(token) {
            let candidate = &mut self.candidates.list[index];
            if candidate.neighbours == Neighbours::Asked {
                candidate.neighbours = Neighbours::Done;
            }
            if candidate.state == State::Asked {
                candidate.state = if candidate.retried { State::GivenUp } else { State::RetryDue };
                self.tally.silent += usize::from(candidate.retried);
            }
        }
        self.end_if_due(now);
    }

    /// The network says that nothing listens there.
    pub fn unreachable(&mut self, token: Token, now: Instant) {
        self.tally.silent += usize::from(self.fail(token));
        self.end_if_due(now);
    }

    /// Takes the outcome of a query with one of its tokens; returns the answer, if it is one.
    pub fn hear(&mut self, event: Event<Token>, now: Instant) -> Option<Hop> {
        match event {
            Event::Answered { what, answer, rtt, .. } => match answer.said {
                Ok(response) => {
                    return self.answered_by(what, response.id, response.contacts(), rtt, now);
                }
                Err(_) => self.refused(what, now),
            },
            Event::Slow(what) => self.slow(what, now),
            Event::Unreachable(what) => self.unreachable(what, now),
            Event::TimedOut(_) | Event::Stray(..) | Event::Sent { .. } => {}
        }
        None
    }

    /// Ends it from here.
    pub fn stop(&mut self) {
        self.ended.get_or_insert(Ended::Stopped);
    }

    /// Why it has ended, once it has.
    #[must_use]
    pub const fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Its latest end.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.started + self.config.most_time
    }

    fn fail(&mut self, token: Token) -> bool {
        let Some(index) = self.candidates.index(token) else { return false };
        let candidate = &mut self.candidates.list[index];
        if candidate.neighbours == Neighbours::Asked {
            candidate.neighbours = Neighbours::Done;
        }
        let counts = matches!(candidate.state, State::Asked | State::RetryDue);
        if counts || candidate.state == State::GivenUp {
            candidate.state = State::Failed;
        }
        counts
    }

    fn end_if_due(&mut self, now: Instant) {
        if self.ended.is_some() {
            return;
        }
        if now >= self.deadline() {
            self.ended = Some(Ended::TimeUp);
        } else if self.candidates.are_settled() {
            let enough = self.candidates.answered().count() >= CLOSEST;
            self.ended = Some(if enough { Ended::Converged } else { Ended::Exhausted });
        }
    }
}

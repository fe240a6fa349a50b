//! The candidates of a lookup, closest first: which are fresh, in flight, answered, crowded out.

use std::collections::HashSet;
use std::net::SocketAddr;

use swarmscope_wire::krpc::{Distance, NodeId};

use super::terms::{CLOSEST, Hop, Token};
use crate::address::Subnet;

/// Every node closer than this many that have answered is asked. Asking only up to the eighth missed
/// one of the true eight in 37 of 200 simulated lookups: tables hold eight of a neighbourhood,
/// silent nodes among them, so the last of the eight are often known only a little farther out.
const HORIZON: usize = 12;
/// Unproven candidates kept; the farthest go first.
const MAX_FRESH: usize = 100;
/// The progress of one candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Fresh,
    /// Asked for the first or second time.
    Asked,
    /// Slow: one retry is due, once no fresh one is left.
    RetryDue,
    /// Slow twice: an answer still counts, but is not waited for.
    GivenUp,
    Answered(Hop),
    Failed,
}

/// A node under one id that others name it by.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) token: Token,
    pub(super) address: SocketAddr,
    /// The id that others name it by; none for an address to begin with.
    pub(super) id: Option<NodeId>,
    pub(super) distance: Distance,
    pub(super) depth: u16,
    pub(super) state: State,
    pub(super) retried: bool,
    pub(super) neighbours: Neighbours,
}

/// Whether a node that answered has also been asked for its own neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Neighbours {
    NotAsked,
    Asked,
    Done,
}

impl Candidate {
    pub(super) fn is_asked(&self) -> bool {
        self.state == State::Asked || self.neighbours == Neighbours::Asked
    }
}

/// Candidates by their distance to the target.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) list: Vec<Candidate>,
}

impl Candidates {
    /// Files one behind those as close as it.
    pub(super) fn insert(&mut self, candidate: Candidate) {
        let at = self.list.partition_point(|other| other.distance <= candidate.distance);
        self.list.insert(at, candidate);
    }

    /// The number of queries in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.list.iter().filter(|candidate| candidate.is_asked()).count()
    }

    /// The number of candidates that are not asked because of a neighbour.
    pub(super) fn crowded(&self) -> usize {
        let fresh = self.list.iter().filter(|candidate| candidate.state == State::Fresh);
        fresh.filter(|candidate| self.is_crowded(candidate)).count()
    }

    /// Whether every candidate that matters has answered or failed.
    pub(super) fn are_settled(&self) -> bool {
        let waits = [State::Fresh, State::RetryDue, State::Asked]
            .into_iter()
            .any(|state| self.first(state).is_some());
        !waits && self.closest_eight().all(|candidate| candidate.neighbours == Neighbours::Done)
    }

    /// One of the closest eight that has not been asked for its neighbours.
    pub(super) fn unasked_for_neighbours(&self) -> Option<usize> {
        let token = self
            .closest_eight()
            .find(|candidate| candidate.neighbours == Neighbours::NotAsked)?
            .token;
        self.index(token)
    }

    pub(super) fn closest_eight(&self) -> impl Iterator<Item = &Candidate> {
        self.answered().map(|(candidate, _)| candidate).take(CLOSEST)
    }

    pub(super) fn index(&self, token: Token) -> Option<usize> {
        self.list.iter().position(|candidate| candidate.token == token)
    }

    /// The nodes that have answered and count: one per neighbourhood, closest first.
    pub(super) fn answered(&self) -> impl Iterator<Item = (&Candidate, Hop)> {
        let mut subnets = HashSet::new();
        self.list.iter().filter_map(move |candidate| match candidate.state {
            State::Answered(hop) => {
                subnets.insert(Subnet::of(candidate.address.ip())).then_some((candidate, hop))
            }
            _ => None,
        })
    }

    /// The distance within which every node has to be asked; none while too few have answered.
    fn horizon(&self) -> Option<Distance> {
        self.answered().nth(HORIZON - 1).map(|(candidate, _)| candidate.distance)
    }

    /// The closest candidate in `state` that may be asked and would matter.
    pub(super) fn first(&self, state: State) -> Option<usize> {
        let horizon = self.horizon().unwrap_or(Distance::MAX);
        let wanted = |candidate: &Candidate| {
            candidate.state == state && (state != State::Fresh || !self.is_crowded(candidate))
        };
        let near = self.list.iter().take_while(|candidate| candidate.distance <= horizon);
        near.enumerate().find(|(_, candidate)| wanted(candidate)).map(|(index, _)| index)
    }

    /// Whether another node of its neighbourhood is being asked or has answered.
    pub(super) fn is_crowded(&self, candidate: &Candidate) -> bool {
        let subnet = Subnet::of(candidate.address.ip());
        self.list.iter().any(|other| {
            let occupies = !matches!(other.state, State::Fresh | State::Failed | State::GivenUp);
            occupies && other.token != candidate.token && Subnet::of(other.address.ip()) == subnet
        })
    }

    /// Removes the farthest fresh candidate where there are too many; says whether it did.
    pub(super) fn cut(&mut self) -> bool {
        let is_fresh = |candidate: &Candidate| candidate.state == State::Fresh;
        if self.list.iter().filter(|candidate| is_fresh(candidate)).count() <= MAX_FRESH {
            return false;
        }
        let last = self.list.iter().rposition(is_fresh);
        last.map(|last| self.list.remove(last)).is_some()
    }
}

//! Finds the nodes closest to a target (BEP 5), as a machine without I/O: ask it whom to ask next,
//! tell it what came.
//!
//! It trusts nobody's word for anybody else. A node counts under the id that it gives itself, and
//! only if somebody else named it by that id; per /24 or /64 one node is asked at a time and one
//! counts; from one answer no more than the closest eight contacts are taken. What was kept out is
//! counted in [`KeptOut`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{Contact, Distance, NodeId, Target};

use super::asker::Event;
use crate::address::{Policy, Subnet};

/// How many closest nodes a lookup is for: `k` of Kademlia, as everywhere in this DHT.
pub const CLOSEST: usize = 8;
/// Everybody closer than this many that have answered is asked. Asking only up to the eighth missed
/// one of the true eight in 37 of 200 simulated lookups: tables hold eight of a neighbourhood,
/// silent nodes among them, so the last of the eight are often known only a little farther out.
const HORIZON: usize = 12;
/// How many candidates that nobody has proven are kept; the farthest go first.
const MAX_FRESH: usize = 100;
/// How many different ids one address may be named by.
const MAX_CLAIMS: usize = 3;

/// How a lookup goes about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookupConfig {
    /// How many queries are on their way at a time: `α` of Kademlia.
    pub parallel: usize,
    /// After how many queries it gives up.
    pub most_queries: usize,
    /// After what time it gives up.
    pub most_time: Duration,
    /// Whom it may ask.
    pub policy: Policy,
}

impl Default for LookupConfig {
    /// 4 at a time; 500 queries and two minutes, which an honest network never needs.
    fn default() -> Self {
        Self {
            parallel: 4,
            most_queries: 500,
            most_time: Duration::from_secs(120),
            policy: Policy::default(),
        }
    }
}

/// Why it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    /// Eight nodes have answered, and nobody closer to the target is left to ask.
    Converged,
    /// Nobody is left to ask, and fewer than eight have answered.
    Exhausted,
    /// It has asked as often as it may.
    Capped,
    /// It has taken as long as it may.
    TimeUp,
    /// It was stopped from here.
    Stopped,
}

impl Ended {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Exhausted => "exhausted",
            Self::Capped => "capped",
            Self::TimeUp => "time_up",
            Self::Stopped => "stopped",
        }
    }
}

/// What was kept out, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeptOut {
    /// Contacts at addresses that no public peer has, or that the operator refuses.
    pub addresses: usize,
    /// Contacts named by another id than the node gives itself.
    pub misnamed: usize,
    /// Nodes that gave themselves an id by which nobody had named them.
    pub unconfirmed: usize,
    /// Contacts beyond the closest eight of one answer, or beyond what is kept at all.
    pub surplus: usize,
    /// Contacts whose /24 or /64 had another one that answered.
    pub crowded: usize,
}

/// Sums up a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LookupTally {
    /// Queries, retries included.
    pub queries: usize,
    /// Of those, second ones to a node that was slow.
    pub retries: usize,
    /// Nodes that answered.
    pub answered: usize,
    /// Nodes that refused the query with an error.
    pub refused: usize,
    /// Nodes without an answer.
    pub silent: usize,
    /// What was kept out.
    pub kept_out: KeptOut,
}

/// One node of a lookup; which one is the caller's token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Token(u32);

/// Whom to ask, and for the neighbourhood of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// What to give back with what comes of it.
    pub token: Token,
    /// Whom.
    pub to: SocketAddr,
    /// The lookup's target, or the node's own id.
    pub target: Target,
}

/// A node that answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    /// Who answered, under its own id.
    pub contact: Contact,
    /// How many answers led here; 0 for the nodes that it began with.
    pub depth: u16,
    /// From query to answer.
    pub rtt: Duration,
    /// Contacts that it named.
    pub named: usize,
    /// Of those, contacts that were new and acceptable.
    pub taken: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Fresh,
    /// Asked for the first or second time.
    Asked,
    /// Slow: one retry is due, once nobody fresh is left.
    RetryDue,
    /// Slow twice: an answer still counts, but nobody waits for it.
    GivenUp,
    Answered(Hop),
    Failed,
}

#[derive(Clone, Debug)]
struct Candidate {
    token: Token,
    address: SocketAddr,
    /// What it is said to call itself; none for an address to begin with.
    id: Option<NodeId>,
    distance: Distance,
    depth: u16,
    state: State,
    retried: bool,
    neighbours: Neighbours,
}

/// Whether a node that answered has also been asked for its own neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Neighbours {
    NotAsked,
    Asked,
    Done,
}

impl Candidate {
    fn is_asked(&self) -> bool {
        self.state == State::Asked || self.neighbours == Neighbours::Asked
    }
}

/// See the module.
#[derive(Debug)]
pub struct Lookup {
    target: Target,
    config: LookupConfig,
    started: Instant,
    /// Closest first.
    candidates: Vec<Candidate>,
    /// Under which id each address has answered.
    own_ids: HashMap<SocketAddr, NodeId>,
    next_token: u32,
    tally: LookupTally,
    ended: Option<Ended>,
}

impl Lookup {
    /// Begins with these nodes, whose ids may be unknown.
    #[must_use]
    pub fn new(
        target: Target,
        config: LookupConfig,
        seeds: &[(SocketAddr, Option<NodeId>)],
        now: Instant,
    ) -> Self {
        let mut lookup = Self {
            target,
            config,
            started: now,
            candidates: Vec::new(),
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

    /// What it looks for.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The sums so far. `kept_out.crowded` is counted at the time of asking.
    #[must_use]
    pub fn tally(&self) -> LookupTally {
        let mut tally = self.tally;
        let fresh = self.candidates.iter().filter(|candidate| candidate.state == State::Fresh);
        tally.kept_out.crowded = fresh.filter(|candidate| self.is_crowded(candidate)).count();
        tally
    }

    /// The closest that have answered, closest first; eight at most.
    #[must_use]
    pub fn closest(&self) -> Vec<Hop> {
        self.answered().map(|(_, hop)| hop).take(CLOSEST).collect()
    }

    /// Whom to ask for what next, if anybody now. Retries come after everybody else, and last the
    /// closest eight are asked for the neighbourhoods of their own ids: what stands in only few
    /// tables is named there.
    pub fn next_query(&mut self, now: Instant) -> Option<Ask> {
        self.end_if_due(now);
        let in_flight = self.candidates.iter().filter(|candidate| candidate.is_asked()).count();
        if self.ended.is_some() || in_flight >= self.config.parallel {
            return None;
        }
        if self.tally.queries >= self.config.most_queries {
            self.ended = Some(Ended::Capped);
            return None;
        }
        let next = self.first(State::Fresh).or_else(|| self.first(State::RetryDue));
        let ask = match next {
            Some(index) => self.ask(index),
            None if in_flight > 0 => return None,
            None => self.ask_for_neighbours(self.unasked_for_neighbours()?)?,
        };
        self.tally.queries += 1;
        Some(ask)
    }

    fn ask(&mut self, index: usize) -> Ask {
        let candidate = &mut self.candidates[index];
        if candidate.state == State::RetryDue {
            candidate.retried = true;
            self.tally.retries += 1;
        }
        candidate.state = State::Asked;
        Ask { token: candidate.token, to: candidate.address, target: self.target }
    }

    fn ask_for_neighbours(&mut self, index: usize) -> Option<Ask> {
        let candidate = &mut self.candidates[index];
        candidate.neighbours = Neighbours::Asked;
        Some(Ask { token: candidate.token, to: candidate.address, target: candidate.id?.into() })
    }

    /// One of the closest eight that has not been asked for its neighbours.
    fn unasked_for_neighbours(&self) -> Option<usize> {
        let token = self
            .closest_eight()
            .find(|candidate| candidate.neighbours == Neighbours::NotAsked)?
            .token;
        self.index(token)
    }

    fn closest_eight(&self) -> impl Iterator<Item = &Candidate> {
        self.answered().map(|(candidate, _)| candidate).take(CLOSEST)
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
        let index = self.index(token)?;
        let Candidate { address, id: named_as, depth, state, neighbours, .. } =
            self.candidates[index];
        if neighbours == Neighbours::Asked {
            self.candidates[index].neighbours = Neighbours::Done;
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

    /// No answer yet: somebody else may be asked in its place.
    pub fn slow(&mut self, token: Token, now: Instant) {
        if let Some(index) = self.index(token) {
            let candidate = &mut self.candidates[index];
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

    /// The network says that nobody listens there.
    pub fn unreachable(&mut self, token: Token, now: Instant) {
        self.tally.silent += usize::from(self.fail(token));
        self.end_if_due(now);
    }

    /// Takes what came of a query whose token is its own; gives the answer, if it is one.
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
            Event::TimedOut(_) | Event::Stray(..) => {}
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

    /// When it ends at the latest.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.started + self.config.most_time
    }

    fn index(&self, token: Token) -> Option<usize> {
        self.candidates.iter().position(|candidate| candidate.token == token)
    }

    fn fail(&mut self, token: Token) -> bool {
        let Some(index) = self.index(token) else { return false };
        let candidate = &mut self.candidates[index];
        if candidate.neighbours == Neighbours::Asked {
            candidate.neighbours = Neighbours::Done;
        }
        let counts = matches!(candidate.state, State::Asked | State::RetryDue);
        if counts || candidate.state == State::GivenUp {
            candidate.state = State::Failed;
        }
        counts
    }

    /// Those that have answered and count: one a neighbourhood, closest first.
    fn answered(&self) -> impl Iterator<Item = (&Candidate, Hop)> {
        let mut subnets = std::collections::HashSet::new();
        self.candidates.iter().filter_map(move |candidate| match candidate.state {
            State::Answered(hop) => {
                subnets.insert(Subnet::of(candidate.address.ip())).then_some((candidate, hop))
            }
            _ => None,
        })
    }

    /// The distance within which everybody has to be asked; none while too few have answered.
    fn horizon(&self) -> Option<Distance> {
        self.answered().nth(HORIZON - 1).map(|(candidate, _)| candidate.distance)
    }

    /// The closest candidate in `state` that may be asked and would matter.
    fn first(&self, state: State) -> Option<usize> {
        let horizon = self.horizon().unwrap_or(Distance::MAX);
        let wanted = |candidate: &Candidate| {
            candidate.state == state && (state != State::Fresh || !self.is_crowded(candidate))
        };
        let near = self.candidates.iter().take_while(|candidate| candidate.distance <= horizon);
        near.enumerate().find(|(_, candidate)| wanted(candidate)).map(|(index, _)| index)
    }

    /// Whether another node of its neighbourhood is being asked or has answered.
    fn is_crowded(&self, candidate: &Candidate) -> bool {
        let subnet = Subnet::of(candidate.address.ip());
        self.candidates.iter().any(|other| {
            let occupies = !matches!(other.state, State::Fresh | State::Failed | State::GivenUp);
            occupies && other.token != candidate.token && Subnet::of(other.address.ip()) == subnet
        })
    }

    fn end_if_due(&mut self, now: Instant) {
        if self.ended.is_some() {
            return;
        }
        if now >= self.deadline() {
            self.ended = Some(Ended::TimeUp);
        } else if self.is_done() {
            let enough = self.answered().count() >= CLOSEST;
            self.ended = Some(if enough { Ended::Converged } else { Ended::Exhausted });
        }
    }

    fn is_done(&self) -> bool {
        let waits = self
            .first(State::Fresh)
            .or(self.first(State::RetryDue))
            .or(self.first(State::Asked))
            .is_some();
        !waits && self.closest_eight().all(|candidate| candidate.neighbours == Neighbours::Done)
    }

    /// Files an answer: under the id that the node gives itself, if somebody named it so.
    fn settle(&mut self, address: SocketAddr, named_as: Option<NodeId>, hop: Hop) {
        let own = hop.contact.id;
        // It began with an address only: what it says of itself is all there is.
        let is_seed = named_as.is_none();
        if !is_seed && named_as != Some(own) {
            self.tally.kept_out.unconfirmed += 1;
        }
        if is_seed {
            self.candidates
                .retain(|candidate| candidate.address != address || candidate.id.is_some());
            self.add(address, Some(own), hop.depth);
        }
        for candidate in self.candidates.iter_mut().filter(|candidate| candidate.address == address)
        {
            candidate.state =
                if candidate.id == Some(own) { State::Answered(hop) } else { State::Failed };
        }
    }

    /// Takes what one answer names.
    fn take<'a>(
        &mut self,
        contacts: impl Iterator<Item = &'a Contact>,
        depth: u16,
    ) -> (usize, usize) {
        let mut named: Vec<Contact> = contacts.copied().collect();
        let count = named.len();
        named.sort_by_key(|contact| contact.id.distance(&self.target));
        self.tally.kept_out.surplus += count.saturating_sub(CLOSEST);
        named.truncate(CLOSEST);
        let taken = named
            .into_iter()
            .filter(|contact| self.add(contact.address, Some(contact.id), depth + 1))
            .count();
        (count, taken)
    }

    /// Files a candidate; says whether it was new and acceptable.
    fn add(&mut self, address: SocketAddr, id: Option<NodeId>, depth: u16) -> bool {
        if !self.config.policy.permits(address) {
            self.tally.kept_out.addresses += 1;
            return false;
        }
        let claims = self.candidates.iter().filter(|candidate| candidate.address == address);
        let (mut count, mut hop) = (0, None);
        for claim in claims {
            if claim.id == id {
                return false;
            }
            count += 1;
            hop = match claim.state {
                State::Answered(known) => Some(known),
                _ => hop,
            };
        }
        let own = self.own_ids.get(&address).copied();
        if own.is_some() && own != id {
            self.tally.kept_out.misnamed += 1;
            return false;
        }
        if count >= MAX_CLAIMS {
            self.tally.kept_out.surplus += 1;
            return false;
        }
        let confirmed = own.map(|own| self.confirmed(address, own, depth));
        let distance = id.map_or(Distance([0; 20]), |id| id.distance(&self.target));
        let token = Token(self.next_token);
        self.next_token += 1;
        let state = hop.or(confirmed).map_or(State::Fresh, State::Answered);
        let at = self.candidates.partition_point(|candidate| candidate.distance <= distance);
        self.candidates.insert(
            at,
            Candidate {
                token,
                address,
                id,
                distance,
                depth,
                state,
                retried: false,
                neighbours: Neighbours::NotAsked,
            },
        );
        self.cut();
        true
    }

    /// An address that had answered under an id by which only now somebody names it.
    fn confirmed(&mut self, address: SocketAddr, own: NodeId, depth: u16) -> Hop {
        self.tally.kept_out.unconfirmed = self.tally.kept_out.unconfirmed.saturating_sub(1);
        let contact = Contact { id: own, address };
        Hop { contact, depth, rtt: Duration::ZERO, named: 0, taken: 0 }
    }

    /// Lets the farthest go that nobody has asked, where there are too many.
    fn cut(&mut self) {
        let fresh =
            self.candidates.iter().filter(|candidate| candidate.state == State::Fresh).count();
        if fresh > MAX_FRESH
            && let Some(last) =
                self.candidates.iter().rposition(|candidate| candidate.state == State::Fresh)
        {
            self.candidates.remove(last);
            self.tally.kept_out.surplus += 1;
        }
    }
}

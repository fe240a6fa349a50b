//! Which answer belongs to which query.
//!
//! Ids are random and are matched together with the endpoint, so that nobody who does not see our
//! queries can answer them. A query has two deadlines: after the first it no longer holds up
//! others, after the second it is over. Every query ends in exactly one of the ways that [`Tally`]
//! counts.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::random::Random;

/// How many queries may be without an answer at a time; 15 s at twice the default pace.
pub const MAX_WAITING: usize = 8192;
/// How many ended queries are remembered, so that what comes afterwards is told from nonsense.
const MAX_ENDED: usize = 8192;

/// When a query without an answer counts as slow, and when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// From now on others may be asked in its place.
    pub slow: Duration,
    /// It is over: an answer is a fact, but no longer of use.
    pub last: Duration,
}

impl Default for Deadlines {
    /// Those of libtorrent: 1 s and 15 s.
    fn default() -> Self {
        Self { slow: Duration::from_secs(1), last: Duration::from_secs(15) }
    }
}

/// How queries ended, and what came that was no answer. Sums: `asked` = `answered` + `timed_out` +
/// `unreachable` + `cancelled` + those that still wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Queries that were begun.
    pub asked: u64,
    /// Queries that were answered, by a response or an error.
    pub answered: u64,
    /// Of those, answered after the first deadline.
    pub late: u64,
    /// Queries without an answer by the last deadline.
    pub timed_out: u64,
    /// Queries to which the network said that nobody listens there.
    pub unreachable: u64,
    /// Queries given up from here.
    pub cancelled: u64,
    /// Answers to queries that had been answered or given up before.
    pub repeated: u64,
    /// Answers after the last deadline.
    pub too_late: u64,
    /// Answers to nothing that was ever asked there.
    pub unknown: u64,
}

/// What an answer belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match<T> {
    /// To this query, which it ends.
    Query {
        /// What the query was for.
        what: T,
        /// From query to answer.
        rtt: Duration,
        /// After the first deadline.
        late: bool,
    },
    /// To a query that had been answered or given up before.
    Repeated,
    /// To a query whose last deadline had passed.
    TooLate,
    /// To nothing that was asked there.
    Unknown,
}

/// A query whose deadline has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passed<T> {
    /// The first deadline: others may be asked in its place.
    Slow(T),
    /// The last: it is over.
    Over(T),
}

type Key = (SocketAddr, [u8; 4]);

#[derive(Clone, Copy, Debug)]
struct Waiting<T> {
    what: T,
    sent: Instant,
    late: bool,
}

/// The queries of one socket. `T` says what each is for.
#[derive(Debug)]
pub struct Transactions<T> {
    deadlines: Deadlines,
    random: Random,
    waiting: HashMap<Key, Waiting<T>>,
    /// Keys in the order of their deadlines, which is that of sending.
    slow: VecDeque<(Instant, Key)>,
    last: VecDeque<(Instant, Key)>,
    /// Keys of ended queries, and whether they had timed out.
    ended: HashMap<Key, bool>,
    ended_order: VecDeque<Key>,
    tally: Tally,
}

impl<T: Copy> Transactions<T> {
    /// None yet.
    #[must_use]
    pub fn new(deadlines: Deadlines, seed: u64) -> Self {
        Self {
            deadlines,
            random: Random::new(seed),
            waiting: HashMap::new(),
            slow: VecDeque::new(),
            last: VecDeque::new(),
            ended: HashMap::new(),
            ended_order: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// How they ended so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// How many are without an answer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether one more can be begun.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING
    }

    /// Begins a query and gives its transaction id; none where too many wait.
    pub fn begin(&mut self, to: SocketAddr, what: T, now: Instant) -> Option<[u8; 4]> {
        if !self.has_room() {
            return None;
        }
        let mut id = self.random.bytes();
        while self.waiting.contains_key(&(to, id)) || self.ended.contains_key(&(to, id)) {
            id = self.random.bytes();
        }
        let key = (to, id);
        self.waiting.insert(key, Waiting { what, sent: now, late: false });
        self.slow.push_back((now + self.deadlines.slow, key));
        self.last.push_back((now + self.deadlines.last, key));
        self.tally.asked += 1;
        Some(id)
    }

    /// Matches an answer.
    pub fn answer(&mut self, from: SocketAddr, id: &[u8], now: Instant) -> Match<T> {
        let key = id.try_into().ok().map(|id| (from, id));
        let Some(key) = key else {
            self.tally.unknown += 1;
            return Match::Unknown;
        };
        if let Some(query) = self.waiting.remove(&key) {
            self.end(key, false);
            self.tally.answered += 1;
            self.tally.late += u64::from(query.late);
            let rtt = now.saturating_duration_since(query.sent);
            return Match::Query { what: query.what, rtt, late: query.late };
        }
        let (counter, is) = match self.ended.get(&key) {
            Some(true) => (&mut self.tally.too_late, Match::TooLate),
            Some(false) => (&mut self.tally.repeated, Match::Repeated),
            None => (&mut self.tally.unknown, Match::Unknown),
        };
        *counter += 1;
        is
    }

    /// The network says that nobody listens at `to`: ends all queries there.
    pub fn unreachable(&mut self, to: SocketAddr) -> Vec<T> {
        let ended = self.take(|(address, _), _| *address == to);
        self.tally.unreachable += ended.len() as u64;
        ended
    }

    /// Gives up those that `is_wanted` does not want.
    pub fn retain(&mut self, is_wanted: impl Fn(&T) -> bool) {
        let ended = self.take(|_, what| !is_wanted(what));
        self.tally.cancelled += ended.len() as u64;
    }

    fn take(&mut self, chosen: impl Fn(&Key, &T) -> bool) -> Vec<T> {
        let keys: Vec<Key> = self
            .waiting
            .iter()
            .filter(|(key, query)| chosen(key, &query.what))
            .map(|(key, _)| *key)
            .collect();
        let mut taken = Vec::with_capacity(keys.len());
        for key in keys {
            taken.extend(self.waiting.remove(&key).map(|query| query.what));
            self.end(key, false);
        }
        taken
    }

    /// The next query whose deadline has passed; call until there is none.
    pub fn pass(&mut self, now: Instant) -> Option<Passed<T>> {
        while let Some((_, key)) = due(&mut self.last, now) {
            if let Some(query) = self.waiting.remove(&key) {
                self.end(key, true);
                self.tally.timed_out += 1;
                return Some(Passed::Over(query.what));
            }
        }
        while let Some((_, key)) = due(&mut self.slow, now) {
            if let Some(query) = self.waiting.get_mut(&key) {
                query.late = true;
                return Some(Passed::Slow(query.what));
            }
        }
        None
    }

    /// When [`Self::pass`] has to be called next. Answered queries are skipped.
    pub fn deadline(&mut self) -> Option<Instant> {
        let Self { waiting, slow, last, .. } = self;
        let first = |queue: &mut VecDeque<(Instant, Key)>| {
            while queue.front().is_some_and(|(_, key)| !waiting.contains_key(key)) {
                queue.pop_front();
            }
            queue.front().map(|(at, _)| *at)
        };
        [first(slow), first(last)].into_iter().flatten().min()
    }

    fn end(&mut self, key: Key, timed_out: bool) {
        if self.ended_order.len() >= MAX_ENDED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
        self.ended.insert(key, timed_out);
        self.ended_order.push_back(key);
    }
}

fn due(queue: &mut VecDeque<(Instant, Key)>, now: Instant) -> Option<(Instant, Key)> {
    let is_due = queue.front().is_some_and(|(at, _)| *at <= now);
    if is_due { queue.pop_front() } else { None }
}

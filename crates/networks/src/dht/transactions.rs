//! Which answer belongs to which query.
//!
//! Ids are random and are matched together with the endpoint, so that nobody who does not see our
//! queries can answer them. A query has two deadlines: after the first it no longer holds up
//! others, after the second it is over. Every query ends in exactly one of the ways that [`Tally`]
//! counts.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::ids::Ids;

/// How many queries may be without an answer at a time; 15 s at twice the default pace.
pub const MAX_WAITING: usize = 8192;
/// How many queries are remembered at least, so that what comes after their end is told from
/// nonsense.
const KEPT: usize = 2 * MAX_WAITING;
/// How many at most. Only one that waits keeps those after it beyond [`KEPT`]; at 4 000 queries a
/// second it would have timed out before there are as many.
const MOST_KEPT: usize = 1 << 16;

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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    /// Waiting, after the first deadline.
    Late,
    /// Answered or given up.
    Ended,
    TimedOut,
}

#[derive(Clone, Copy, Debug)]
struct Sent<T> {
    to: SocketAddr,
    what: T,
    at: Instant,
    state: State,
}

impl<T> Sent<T> {
    fn waits(&self) -> bool {
        matches!(self.state, State::Waiting | State::Late)
    }
}

/// The queries of one socket. `T` says what each is for.
#[derive(Debug)]
pub struct Transactions<T> {
    deadlines: Deadlines,
    ids: Ids,
    /// The latest queries, in the order of sending, which is that of all their deadlines.
    sent: VecDeque<Sent<T>>,
    /// The number of the first of them, counted from the first ever.
    first: u64,
    waiting: usize,
    /// The first whose first deadline has not been seen to pass.
    slow: u64,
    /// The first whose last deadline has not.
    last: u64,
    tally: Tally,
}

impl<T: Copy> Transactions<T> {
    /// None yet.
    #[must_use]
    pub fn new(deadlines: Deadlines, seed: u64) -> Self {
        Self {
            deadlines,
            ids: Ids::new(seed),
            sent: VecDeque::new(),
            first: 0,
            waiting: 0,
            slow: 0,
            last: 0,
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
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether one more can be begun.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let holds_up = |first: &Sent<T>| first.waits() && self.sent.len() >= MOST_KEPT;
        self.waiting < MAX_WAITING && !self.sent.front().is_some_and(holds_up)
    }

    /// Begins a query and gives its transaction id; none where too many wait.
    pub fn begin(&mut self, to: SocketAddr, what: T, now: Instant) -> Option<[u8; 4]> {
        if !self.has_room() {
            return None;
        }
        while self.sent.len() >= KEPT && self.sent.front().is_some_and(|first| !first.waits()) {
            self.sent.pop_front();
            self.first += 1;
        }
        let number = self.first + self.sent.len() as u64;
        self.sent.push_back(Sent { to, what, at: now, state: State::Waiting });
        self.waiting += 1;
        self.tally.asked += 1;
        Some(self.ids.of(number))
    }

    /// Matches an answer.
    pub fn answer(&mut self, from: SocketAddr, id: &[u8], now: Instant) -> Match<T> {
        let behind = id.try_into().ok().map(|id| self.ids.behind(id, self.first));
        let sent = behind.and_then(|behind| self.sent.get_mut(behind));
        let Some(sent) = sent.filter(|sent| sent.to == from) else {
            self.tally.unknown += 1;
            return Match::Unknown;
        };
        let (counter, is) = match sent.state {
            State::TimedOut => (&mut self.tally.too_late, Match::TooLate),
            State::Ended => (&mut self.tally.repeated, Match::Repeated),
            State::Waiting | State::Late => {
                let late = sent.state == State::Late;
                sent.state = State::Ended;
                self.waiting -= 1;
                self.tally.late += u64::from(late);
                let rtt = now.saturating_duration_since(sent.at);
                (&mut self.tally.answered, Match::Query { what: sent.what, rtt, late })
            }
        };
        *counter += 1;
        is
    }

    /// The network says that nobody listens at `to`: ends all queries there.
    pub fn unreachable(&mut self, to: SocketAddr) -> Vec<T> {
        let ended = self.take(|sent| sent.to == to);
        self.tally.unreachable += ended.len() as u64;
        ended
    }

    /// Gives up those that `is_wanted` does not want.
    pub fn retain(&mut self, is_wanted: impl Fn(&T) -> bool) {
        let ended = self.take(|sent| !is_wanted(&sent.what));
        self.tally.cancelled += ended.len() as u64;
    }

    fn take(&mut self, chosen: impl Fn(&Sent<T>) -> bool) -> Vec<T> {
        let chosen = self.sent.iter_mut().filter(|sent| sent.waits() && chosen(sent));
        let end = |sent: &mut Sent<T>| {
            sent.state = State::Ended;
            sent.what
        };
        let taken: Vec<T> = chosen.map(end).collect();
        self.waiting -= taken.len();
        taken
    }

    /// The next query whose deadline has passed; call until there is none.
    pub fn pass(&mut self, now: Instant) -> Option<Passed<T>> {
        let deadlines = self.deadlines;
        if let Some(sent) = self.next_last().filter(|sent| sent.at + deadlines.last <= now) {
            sent.state = State::TimedOut;
            let over = Passed::Over(sent.what);
            self.waiting -= 1;
            self.tally.timed_out += 1;
            return Some(over);
        }
        let sent = self.next_slow().filter(|sent| sent.at + deadlines.slow <= now)?;
        sent.state = State::Late;
        Some(Passed::Slow(sent.what))
    }

    /// When [`Self::pass`] has to be called next. Answered queries are skipped.
    pub fn deadline(&mut self) -> Option<Instant> {
        let deadlines = self.deadlines;
        let slow = self.next_slow().map(|sent| sent.at + deadlines.slow);
        let last = self.next_last().map(|sent| sent.at + deadlines.last);
        [slow, last].into_iter().flatten().min()
    }

    /// The first that waits for its first deadline.
    fn next_slow(&mut self) -> Option<&mut Sent<T>> {
        next(&mut self.sent, self.first, &mut self.slow, |sent| sent.state == State::Waiting)
    }

    /// The first that waits at all.
    fn next_last(&mut self) -> Option<&mut Sent<T>> {
        next(&mut self.sent, self.first, &mut self.last, Sent::waits)
    }
}

/// The first of `sent` from `cursor` on that is still of interest; the cursor goes there, so that
/// everything is passed over once.
fn next<'a, T>(
    sent: &'a mut VecDeque<Sent<T>>,
    first: u64,
    cursor: &mut u64,
    is_of_interest: impl Fn(&Sent<T>) -> bool,
) -> Option<&'a mut Sent<T>> {
    *cursor = first.max(*cursor);
    loop {
        let at = usize::try_from(*cursor - first).ok()?;
        if is_of_interest(sent.get(at)?) {
            return sent.get_mut(at);
        }
        *cursor += 1;
    }
}

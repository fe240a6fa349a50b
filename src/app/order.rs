//! Which peers the list shows, and in which order. Rows hold still while somebody moves among them.

use std::cmp::Reverse;
use std::time::Duration;

use super::filter::Filter;
use super::msg::Now;
use super::peers::{Peer, Peers, State};

/// How long after the last key rows keep their places.
const HELD: Duration = Duration::from_secs(4);

/// What the list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Sort {
    #[default]
    NewestEvent,
    State,
    RoundTrip,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::NewestEvent, Self::State, Self::RoundTrip];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewestEvent => "newest event",
            Self::State => "state",
            Self::RoundTrip => "round trip",
        }
    }

    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::NewestEvent => Self::State,
            Self::State => Self::RoundTrip,
            Self::RoundTrip => Self::NewestEvent,
        }
    }

    fn key(self, peer: &Peer) -> (u64, Reverse<u64>) {
        let newest = Reverse(peer.newest);
        match self {
            Self::NewestEvent => (0, newest),
            Self::State => (rank(&peer.state), newest),
            Self::RoundTrip => {
                let micros = peer.rtt.map_or(u64::MAX, |rtt| u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX));
                (micros, newest)
            }
        }
    }
}

const fn rank(state: &State) -> u64 {
    match state {
        State::Connected { .. } => 0,
        State::Connecting { .. } => 1,
        State::Heard => 2,
        State::Gone { .. } => 3,
        State::Refused { .. } => 4,
        State::Failed { .. } => 5,
    }
}

/// The rows of the list: places in the table of peers.
#[derive(Clone, Default, Debug)]
pub struct Order {
    rows: Vec<usize>,
    pub sort: Sort,
    stale: bool,
    last_key: Option<Now>,
}

impl Order {
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Something happened that may change the order.
    pub fn news(&mut self) {
        self.stale = true;
    }

    /// A peer is new in the table: it gets a row at the end until the list settles.
    pub fn add(&mut self, index: usize) {
        self.rows.push(index);
        self.stale = true;
    }

    /// Somebody pressed a key.
    pub fn hold(&mut self, now: Now) {
        self.last_key = Some(now);
    }

    /// Sorts where something changed and nobody is moving.
    pub fn settle(&mut self, peers: &Peers, filter: &Filter, privacy: bool, now: Now) {
        let held = self.last_key.is_some_and(|key| now.instant.saturating_duration_since(key.instant) < HELD);
        if self.stale && !held {
            self.rebuild(peers, filter, privacy);
        }
    }

    /// Filters and sorts at once.
    pub fn rebuild(&mut self, peers: &Peers, filter: &Filter, privacy: bool) {
        let sort = self.sort;
        let shown = |(index, peer): (usize, &Peer)| filter.shows(peer, privacy).then_some(index);
        self.rows = peers.iter().enumerate().filter_map(shown).collect();
        self.rows.sort_by_cached_key(|&index| peers.at(index).map(|peer| sort.key(peer)));
        self.stale = false;
    }
}

//! What peers told of others last, of those that did so most recently; and on how many channels they
//! guessed, of those that guessed most.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use swarmscope_wire::Permid;

use crate::now::Now;

/// Peers of which it is kept: as many as a list shows in an hour's gossip; each takes 2 KiB at most.
const MOST_PEERS: usize = 2048;
/// Peers that are kept of what one told: what a BuddyCast message holds (protocol.md §7).
const MOST_NAMED: usize = 20;

/// What a peer told of others.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// When.
    pub at: Now,
    /// Whom it named.
    pub named: Vec<Permid>,
    /// How many it listed.
    pub listed: usize,
    /// How many of the addresses nobody can have who is where it is.
    pub impossible: usize,
}

/// Replies of a peer on channels that no question had gone over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Guesses {
    /// When the most was told.
    pub at: Now,
    /// On how many channels at most, within an hour.
    pub channels: u32,
}

/// The last of each peer. A copy is shared until there is something new.
#[derive(Clone, Debug)]
pub struct Last<T>(Arc<Kept<T>>);

/// What each teller told last.
pub type Gossip = Last<Told>;

#[derive(Clone, Debug)]
struct Kept<T> {
    last: HashMap<Permid, T>,
    /// The peers, the one with the oldest news first.
    order: VecDeque<Permid>,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(Arc::new(Kept { last: HashMap::new(), order: VecDeque::new() }))
    }
}

impl Gossip {
    pub(crate) fn told(&mut self, teller: Permid, mut told: Told) {
        told.named.truncate(MOST_NAMED);
        self.put(teller, told);
    }
}

impl Last<Guesses> {
    /// The most that a peer guessed counts, with its time. Where there are too many peers, the one
    /// with the fewest guesses makes room, of those the oldest.
    pub(crate) fn guessed(&mut self, peer: Permid, guesses: Guesses) {
        let before = self.0.last.get(&peer);
        if before.is_some_and(|before| before.channels >= guesses.channels) {
            return;
        }
        if before.is_none() && self.0.last.len() >= MOST_PEERS {
            let fewest = self.iter().min_by_key(|(_, guesses)| guesses.channels);
            if let Some(fewest) = fewest.map(|(peer, _)| *peer) {
                self.forget(&fewest);
            }
        }
        self.put(peer, guesses);
    }
}

impl<T: Clone> Last<T> {
    fn put(&mut self, peer: Permid, last: T) {
        let kept = Arc::make_mut(&mut self.0);
        if kept.last.insert(peer, last).is_some() {
            kept.order.retain(|known| *known != peer);
        }
        kept.order.push_back(peer);
        if kept.order.len() > MOST_PEERS
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.last.remove(&oldest);
        }
    }

    pub(crate) fn forget(&mut self, peer: &Permid) {
        if self.0.last.contains_key(peer) {
            let kept = Arc::make_mut(&mut self.0);
            kept.last.remove(peer);
            kept.order.retain(|known| known != peer);
        }
    }

    /// The last of each, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&Permid, &T)> {
        self.0.order.iter().filter_map(|peer| Some((peer, self.0.last.get(peer)?)))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::*;

    fn permid(n: usize) -> Permid {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_le_bytes());
        Permid::Ed25519(bytes)
    }

    #[test]
    fn the_newest_of_each_teller_is_kept_and_the_oldest_tellers_go() {
        let at = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        let told = |listed| Told { at, named: Vec::new(), listed, impossible: 0 };
        let mut gossip = Gossip::default();
        let first = permid(0);
        gossip.told(first, told(1));
        for n in 1..=MOST_PEERS {
            gossip.told(first, told(2));
            gossip.told(permid(n), told(3));
        }
        assert_eq!(gossip.iter().count(), MOST_PEERS);
        assert!(gossip.iter().any(|(teller, told)| *teller == first && told.listed == 2));
        gossip.forget(&first);
        assert!(gossip.iter().all(|(teller, _)| *teller != first));
    }

    #[test]
    fn the_most_that_each_guessed_is_kept_and_those_with_the_fewest_go() {
        let wall = SystemTime::UNIX_EPOCH;
        let at = |hours: u64| Now {
            instant: Instant::now(),
            wall: wall + Duration::from_secs(hours * 3600),
        };
        let (first, later) = (at(0), at(1));
        let mut guesses: Last<Guesses> = Last::default();
        guesses.guessed(permid(0), Guesses { at: first, channels: 200 });
        guesses.guessed(permid(0), Guesses { at: later, channels: 1 });
        for n in 1..=2 * MOST_PEERS {
            guesses.guessed(permid(n), Guesses { at: later, channels: 1 });
        }
        assert_eq!(guesses.iter().count(), MOST_PEERS);
        let kept = |n: usize| guesses.iter().find(|(peer, _)| **peer == permid(n)).map(|(_, g)| *g);
        assert_eq!(kept(0), Some(Guesses { at: first, channels: 200 }));
        assert_eq!(kept(1), None);
        assert!(kept(2 * MOST_PEERS).is_some());
    }
}

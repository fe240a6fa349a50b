//! What peers told of others last, of those that told something most recently.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use swarmscope_wire::Permid;

use crate::now::Now;

/// Tellers that are kept: as many as a list shows in an hour's gossip; each takes 2 KiB at most.
const MOST_TELLERS: usize = 2048;
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

/// What each teller told last. A copy is shared until somebody tells something new.
#[derive(Clone, Debug, Default)]
pub struct Gossip(Arc<Kept>);

#[derive(Clone, Debug, Default)]
struct Kept {
    told: HashMap<Permid, Told>,
    /// The tellers, whoever told something least recently first.
    order: VecDeque<Permid>,
}

impl Gossip {
    pub(crate) fn told(&mut self, teller: Permid, mut told: Told) {
        told.named.truncate(MOST_NAMED);
        let kept = Arc::make_mut(&mut self.0);
        if kept.told.insert(teller, told).is_some() {
            kept.order.retain(|known| *known != teller);
        }
        kept.order.push_back(teller);
        if kept.order.len() > MOST_TELLERS
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.told.remove(&oldest);
        }
    }

    pub(crate) fn forget(&mut self, teller: &Permid) {
        if self.0.told.contains_key(teller) {
            let kept = Arc::make_mut(&mut self.0);
            kept.told.remove(teller);
            kept.order.retain(|known| known != teller);
        }
    }

    /// What each told last, whoever told something least recently first.
    pub fn iter(&self) -> impl Iterator<Item = (&Permid, &Told)> {
        self.0.order.iter().filter_map(|teller| Some((teller, self.0.told.get(teller)?)))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::{Instant, SystemTime};

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
        for n in 1..=MOST_TELLERS {
            gossip.told(first, told(2));
            gossip.told(permid(n), told(3));
        }
        assert_eq!(gossip.iter().count(), MOST_TELLERS);
        assert!(gossip.iter().any(|(teller, told)| *teller == first && told.listed == 2));
        gossip.forget(&first);
        assert!(gossip.iter().all(|(teller, _)| *teller != first));
    }
}

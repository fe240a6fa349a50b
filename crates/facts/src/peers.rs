//! Every peer that is known, by permid where that is known and by address until then.

use std::sync::Arc;

use swarmscope_peer::node::PeerKey;

use crate::dirty::Dirty;
use crate::index::Index;
use crate::marks::Marks;
use crate::peer::Peer;
use crate::settings::Settings;

/// The table of peers. A peer keeps its place for as long as it is there. Copies have in common
/// what has not changed since: a replay keeps many.
#[derive(Clone, Debug)]
pub struct Peers {
    most: usize,
    list: Vec<Option<Arc<Peer>>>,
    by_key: Arc<Index>,
    /// Places whose peers turned out to be others; the next new ones get them.
    free: Vec<usize>,
    /// The peers that may have changed: those lent out for changes.
    changed: Dirty,
    marks: Marks,
    /// Peers that were heard of when the table was full.
    pub unlisted: u64,
}

impl Default for Peers {
    fn default() -> Self {
        Self::new(Settings::default().peers)
    }
}

impl Peers {
    /// An empty table of so many peers at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            list: Vec::new(),
            by_key: Arc::default(),
            free: Vec::new(),
            changed: Dirty::default(),
            marks: Marks::default(),
            unlisted: 0,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether nobody is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.list.iter().flatten().map(|peer| &**peer)
    }

    /// All of them, to be read elsewhere: they stay as they are now.
    pub fn shared(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.list.iter().flatten()
    }

    /// One more than the last place: [`Self::at`] tells which of them are taken.
    #[must_use]
    pub fn places(&self) -> usize {
        self.list.len()
    }

    /// The peer of a place.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Peer> {
        self.list.get(index)?.as_deref()
    }

    /// The place of a peer.
    #[must_use]
    pub fn index(&self, key: &PeerKey) -> Option<usize> {
        self.by_key.get(key, |place| self.at(place).is_some_and(|peer| peer.key == *key))
    }

    /// The peer of this key.
    #[must_use]
    pub fn get(&self, key: &PeerKey) -> Option<&Peer> {
        self.at(self.index(key)?)
    }

    /// The same, to be changed; its place counts as changed.
    pub fn get_mut(&mut self, key: &PeerKey) -> Option<&mut Peer> {
        self.lend(self.index(key)?)
    }

    fn lend(&mut self, index: usize) -> Option<&mut Peer> {
        self.changed.add(index);
        self.list.get_mut(index)?.as_mut().map(Arc::make_mut)
    }

    /// The peer of this key, made if it is not there; `None` where the table is full.
    pub fn entry(&mut self, key: &PeerKey) -> Option<&mut Peer> {
        if let Some(index) = self.index(key) {
            return self.lend(index);
        }
        if self.len() >= self.most {
            self.unlisted += 1;
            return None;
        }
        let index = self.free.pop().unwrap_or(self.list.len());
        if index == self.list.len() {
            self.list.push(None);
        }
        self.list[index] = Some(Arc::new(Peer::new(key.clone())));
        Arc::make_mut(&mut self.by_key).add(key, index);
        self.lend(index)
    }

    /// Makes `was` and `now` one peer, under the key `now`. Returns whether anything moved.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) -> bool {
        let Some(index) = self.index(was).filter(|_| was != now) else { return false };
        if let Some(stays) = self.index(now) {
            let marked = self.marks.contains(index);
            if let Some(old) = self.remove(was)
                && let Some(kept) = self.lend(stays)
            {
                kept.absorb(old);
                self.mark(stays, marked || self.marks.contains(stays));
            }
        } else if let Some(peer) = self.get_mut(was) {
            peer.key = now.clone();
            let by_key = Arc::make_mut(&mut self.by_key);
            by_key.remove(was, index);
            by_key.add(now, index);
        }
        true
    }

    /// The places where something may have changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<usize> {
        self.changed.take()
    }

    /// Which of them are marked, by their places.
    #[must_use]
    pub const fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Whether this peer is marked.
    #[must_use]
    pub fn is_marked(&self, key: &PeerKey) -> bool {
        self.index(key).is_some_and(|place| self.marks.contains(place))
    }

    /// The marked peers, in the order of their places.
    pub fn marked(&self) -> impl Iterator<Item = &Peer> {
        self.marks.iter().filter_map(|place| self.at(place))
    }

    /// Marks the peer at a place, or unmarks it. Returns whether it was otherwise.
    pub(crate) fn mark(&mut self, place: usize, marked: bool) -> bool {
        self.at(place).is_some() && self.marks.set(place, marked)
    }

    /// Unmarks everybody.
    pub(crate) fn unmark_all(&mut self) {
        self.marks.clear();
    }

    /// Takes a peer out.
    pub(crate) fn forget(&mut self, key: &PeerKey) {
        self.remove(key);
    }

    fn remove(&mut self, key: &PeerKey) -> Option<Peer> {
        let index = self.index(key)?;
        Arc::make_mut(&mut self.by_key).remove(key, index);
        self.changed.add(index);
        self.marks.set(index, false);
        self.free.push(index);
        self.list[index].take().map(Arc::unwrap_or_clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_peer::node::Source;
    use swarmscope_wire::Permid;

    fn key(n: u8) -> PeerKey {
        PeerKey::Permid(Permid::Ed25519([n; 32]))
    }

    fn address(text: &str) -> PeerKey {
        PeerKey::Address(text.to_owned())
    }

    #[test]
    fn an_address_becomes_a_permid() {
        let mut peers = Peers::default();
        peers.entry(&address("a:1")).unwrap().label = Some("tour".into());
        assert!(peers.rename(&address("a:1"), &key(1)));
        assert_eq!(peers.get(&key(1)).unwrap().label.as_deref(), Some("tour"));
        assert!(peers.get(&address("a:1")).is_none());
        assert_eq!(peers.len(), 1);
    }

    #[test]
    fn an_address_that_turns_out_to_be_a_known_peer_merges_into_it() {
        let mut peers = Peers::default();
        for entry in [address("a:1"), key(1), key(2)] {
            peers.entry(&entry);
        }
        peers.get_mut(&address("a:1")).unwrap().source = Some(Source::Operator.into());
        assert!(peers.rename(&address("a:1"), &key(2)));
        assert_eq!(peers.len(), 2);
        assert_eq!(peers.get(&key(2)).unwrap().source.as_deref(), Some(&Source::Operator));
        for n in [1, 2] {
            let index = peers.index(&key(n)).unwrap();
            assert_eq!(peers.at(index).unwrap().key, key(n), "the index follows what moved");
        }
        assert!(!peers.rename(&address("a:1"), &key(2)), "nothing is left of it");
        assert_eq!(peers.at(0).map(|peer| &peer.key), None, "its place is free");
        peers.entry(&key(3));
        assert_eq!(peers.index(&key(3)), Some(0), "and taken by the next");
        assert_eq!((peers.len(), peers.places(), peers.iter().count()), (3, 3, 3));
    }

    #[test]
    fn who_is_lent_out_has_changed() {
        let mut peers = Peers::default();
        for n in 0..4 {
            peers.entry(&key(n));
        }
        assert_eq!(peers.take_changed(), [0, 1, 2, 3]);
        assert!(peers.get(&key(2)).is_some());
        peers.get_mut(&key(1));
        peers.get_mut(&key(1));
        peers.rename(&key(3), &key(0));
        assert_eq!(peers.take_changed(), [1, 3, 0], "who went, too");
        assert!(peers.take_changed().is_empty());
    }

    #[test]
    fn a_mark_follows_a_peer_to_its_permid_and_goes_with_it() {
        let mut peers = Peers::default();
        for entry in [address("a:1"), key(2), address("c:3"), key(4)] {
            peers.entry(&entry);
        }
        assert!(peers.mark(0, true) && peers.mark(1, true) && !peers.mark(9, true));
        peers.rename(&address("a:1"), &key(1));
        assert!(peers.is_marked(&key(1)) && !peers.is_marked(&address("a:1")));
        peers.rename(&address("c:3"), &key(4));
        assert_eq!(peers.marks().len(), 2, "who was not marked gives no mark");
        peers.rename(&key(1), &key(2));
        assert_eq!(peers.marks().len(), 1, "two that turn out to be one are one mark");
        peers.rename(&key(2), &key(4));
        assert!(peers.is_marked(&key(4)), "who is absorbed brings its mark");
        peers.forget(&key(4));
        assert!(peers.marks().is_empty());
        for n in 5..9 {
            peers.entry(&key(n));
        }
        assert_eq!(peers.marked().count(), 0, "nobody inherits a mark with a place");
    }

    #[test]
    fn the_table_is_bounded() {
        const MOST: usize = 1000;
        let mut peers = Peers::new(MOST);
        for n in 0..MOST {
            assert!(peers.entry(&address(&n.to_string())).is_some());
        }
        assert!(peers.entry(&address("one more")).is_none());
        assert!(peers.entry(&address("7")).is_some(), "those that are there stay reachable");
        assert_eq!((peers.len(), peers.unlisted), (MOST, 1));
    }
}

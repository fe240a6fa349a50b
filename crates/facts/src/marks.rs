//! Which peers are marked. Marks belong to peers, never to rows: they stay whatever is shown, and
//! follow a peer to its permid.

use std::collections::BTreeSet;

use swarmscope_peer::node::PeerKey;

/// The marked peers, in the order of their keys, so that a replay meets them in the same order.
#[derive(Clone, Default, Debug)]
pub struct Marks {
    keys: BTreeSet<PeerKey>,
    /// Who was marked or unmarked since the list last looked.
    changed: Vec<PeerKey>,
}

impl Marks {
    /// How many peers are marked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody is marked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether this peer is marked.
    #[must_use]
    pub fn contains(&self, key: &PeerKey) -> bool {
        self.keys.contains(key)
    }

    /// The marked peers, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &PeerKey> {
        self.keys.iter()
    }

    /// Returns whether it was not marked before.
    pub fn mark(&mut self, key: PeerKey) -> bool {
        let new = self.keys.insert(key.clone());
        if new {
            self.changed.push(key);
        }
        new
    }

    /// Returns whether it was marked.
    pub fn unmark(&mut self, key: &PeerKey) -> bool {
        let was = self.keys.remove(key);
        if was {
            self.changed.push(key.clone());
        }
        was
    }

    /// Marks a peer, or unmarks it. Returns whether it is marked now.
    pub fn toggle(&mut self, key: &PeerKey) -> bool {
        let marked = !self.unmark(key);
        if marked {
            self.mark(key.clone());
        }
        marked
    }

    /// Unmarks everybody.
    pub fn clear(&mut self) {
        self.changed.extend(std::mem::take(&mut self.keys));
    }

    /// A peer's key has changed: its mark goes with it.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) {
        if self.unmark(was) {
            self.mark(now.clone());
        }
    }

    /// The peers marked or unmarked since the last call; one may appear twice.
    pub fn take_changed(&mut self) -> Vec<PeerKey> {
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::Permid;

    fn permid(n: u8) -> PeerKey {
        PeerKey::Permid(Permid::Ed25519([n; 32]))
    }

    #[test]
    fn a_mark_comes_and_goes() {
        let mut marks = Marks::default();
        assert!(marks.toggle(&permid(1)) && marks.contains(&permid(1)));
        assert!(!marks.toggle(&permid(1)) && marks.is_empty());
        assert!(marks.mark(permid(2)) && !marks.mark(permid(2)));
        assert_eq!(marks.iter().collect::<Vec<_>>(), [&permid(2)]);
        assert!(marks.unmark(&permid(2)) && !marks.unmark(&permid(2)));
    }

    #[test]
    fn a_mark_follows_a_peer_to_its_permid() {
        let address = PeerKey::Address("a:1".into());
        let mut marks = Marks::default();
        marks.mark(address.clone());
        marks.rename(&address, &permid(1));
        assert!(marks.contains(&permid(1)) && !marks.contains(&address));
        marks.mark(permid(2));
        marks.rename(&address, &permid(3));
        assert_eq!(marks.len(), 2, "who was not marked gives no mark");
        marks.rename(&permid(1), &permid(2));
        assert_eq!(marks.len(), 1, "two that turn out to be one are one mark");
    }
}

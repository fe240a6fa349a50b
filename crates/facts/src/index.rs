//! Which place a peer has: an index that knows no keys itself, for the peers at the places have
//! them already. A million keys once more would be a third of what is known of a million peers.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use swarmscope_peer::node::PeerKey;

/// A place, and enough of its key's hash to move it when the table grows without a look at the key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    place: u32,
}

impl Entry {
    /// All 64 bits of what the table wants: it takes the upper ones and the lower ones.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The places of keys. The hashes are keyed: nobody can choose permids that all meet in one.
#[derive(Clone, Default, Debug)]
pub struct Index {
    hasher: RandomState,
    entries: HashTable<Entry>,
}

impl Index {
    /// How many keys have one.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn entry(&self, key: &PeerKey, place: usize) -> Option<Entry> {
        Some(Entry { hash: self.hash(key), place: u32::try_from(place).ok()? })
    }

    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is one")]
    fn hash(&self, key: &PeerKey) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// The place of a key. `is`: whether it is that of the peer at a place.
    pub fn get(&self, key: &PeerKey, is: impl Fn(usize) -> bool) -> Option<usize> {
        let wanted = self.entry(key, 0)?;
        let found = self
            .entries
            .find(wanted.spread(), |entry| entry.hash == wanted.hash && is(entry.place as usize));
        found.map(|entry| entry.place as usize)
    }

    /// A key that has none gets this place. A table is far too small for places beyond 32 bits.
    pub fn add(&mut self, key: &PeerKey, place: usize) {
        if let Some(entry) = self.entry(key, place) {
            self.entries.insert_unique(entry.spread(), entry, |entry| entry.spread());
        }
    }

    /// Takes a key's place away.
    pub fn remove(&mut self, key: &PeerKey, place: usize) {
        let Some(gone) = self.entry(key, place) else { return };
        let same = |entry: &Entry| entry.place == gone.place;
        if let Ok(found) = self.entries.find_entry(gone.spread(), same) {
            found.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_meet_in_one_hash_keep_their_places() {
        let keys: Vec<PeerKey> = (0..1000).map(|n| PeerKey::Address(n.to_string())).collect();
        let mut index = Index::default();
        for (place, key) in keys.iter().enumerate() {
            index.add(key, place);
        }
        // all of them under one hash: only a look at the keys tells them apart
        let one = Entry { hash: index.hash(&keys[7]), place: 0 };
        for place in 1000..1010 {
            let entry = Entry { place, ..one };
            index.entries.insert_unique(entry.spread(), entry, |entry| entry.spread());
        }
        let get = |index: &Index, wanted| index.get(&keys[7], |place| place == wanted);
        assert_eq!((get(&index, 7), get(&index, 1003)), (Some(7), Some(1003)));
        index.remove(&keys[7], 1003);
        assert_eq!(
            (get(&index, 1003), get(&index, 1004), get(&index, 7)),
            (None, Some(1004), Some(7))
        );
        assert_eq!(index.len(), 1009);
        assert_eq!(index.get(&PeerKey::Address("nobody".into()), |_| false), None);
    }
}

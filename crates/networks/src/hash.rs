//! How tables of addresses are hashed: several times as fast as by the standard library's hash, of
//! which a crawl takes some ten a question.
//!
//! Strangers choose the addresses, so two keys that nobody outside knows go into each hash: who does
//! not know them can't choose addresses that collide. Nothing depends on the order of a table.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The keys of one table, from the operating system.
#[derive(Clone, Copy)]
pub(crate) struct Keys(u64, u64);

impl Default for Keys {
    fn default() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(0), random.hash_one(1))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("keys not shown")
    }
}

impl BuildHasher for Keys {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded { state: self.0, key: self.1 | 1 }
    }
}

/// Folds each word into the state by a product of twice its length, as foldhash and wyhash do.
#[derive(Clone, Copy)]
pub(crate) struct Folded {
    state: u64,
    key: u64,
}

impl Folded {
    const fn word(&mut self, word: u64) {
        let product = (self.state ^ word) as u128 * self.key as u128;
        #[allow(clippy::cast_possible_truncation, reason = "the halves of the product")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        // Turned as well: a state of 0 would stay 0.
        self.state = (low ^ high).wrapping_add(self.key.rotate_left(32));
    }
}

impl Hasher for Folded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.word(number.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.word(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.word(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.word(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.word(number as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::SocketAddr;

    use super::*;

    /// Neighbouring addresses fall into as many places of a table as random ones would.
    #[test]
    fn neighbours_are_spread() {
        let keys = Keys::default();
        let address =
            |n: u16| SocketAddr::from(([10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]], 6881));
        let hashes: Vec<u64> = (0..4096).map(|n| keys.hash_one(address(n))).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), 4096);
        for shift in [0, 52] {
            let places: HashSet<u64> = hashes.iter().map(|hash| hash >> shift & 0xfff).collect();
            // Random ones fill 1 - 1/e of them, 2 589, give or take 20.
            assert!((2400..2800).contains(&places.len()), "{} places", places.len());
        }
    }
}

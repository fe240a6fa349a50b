//! Numbers that are the same for the same seed: what the demo invents is repeatable, and none of it
//! is secret.

use std::ops::Range;
use std::sync::Arc;

use swarmscope_peer::identity::{Ed25519Identity, Identities};

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for invented statistics.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// A stream of its own for each use (`who`) of the same seed.
    pub fn new(seed: u64, who: u64) -> Self {
        let mut mixed = Self(seed ^ who.wrapping_mul(0xa076_1d64_78bd_642f));
        Self(mixed.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0. The bias of a remainder does not matter here.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number of this range, which is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.below(range.end - range.start)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let index = self.below(of.len() as u64);
        &of[usize::try_from(index).unwrap_or(0)]
    }

    /// Few large and many small numbers below `end`, as popularity is.
    pub fn skewed(&mut self, end: u64) -> u64 {
        let most = self.below(end) + 1;
        let less = self.below(most) + 1;
        self.below(less)
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        bytes
    }

    /// A throw-away identity for version 18.
    pub fn identity(&mut self) -> Identities {
        Identities {
            current: Some(Arc::new(Ed25519Identity::from_seed(self.bytes()))),
            legacy: None,
        }
    }

    /// A throw-away identity for the versions before; none where they are not built in.
    #[cfg(feature = "legacy")]
    pub fn old_identity(&mut self) -> Identities {
        let identity = swarmscope_peer::identity::LegacyIdentity::from_seed(self.bytes());
        Identities { current: None, legacy: Some(Arc::new(identity)) }
    }

    #[cfg(not(feature = "legacy"))]
    pub fn old_identity(&mut self) -> Identities {
        Identities::default()
    }

    /// One of each kind.
    pub fn both(&mut self) -> Identities {
        Identities { legacy: self.old_identity().legacy, ..self.identity() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_another_use_another() {
        let first: [u64; 4] = std::array::from_fn(|who| Seeded::new(1, who as u64).next());
        let again: [u64; 4] = std::array::from_fn(|who| Seeded::new(1, who as u64).next());
        assert_eq!(first, again);
        assert!(first.windows(2).all(|two| two[0] != two[1]));
        assert_ne!(Seeded::new(2, 0).next(), first[0]);
    }

    #[test]
    fn small_numbers_are_more_frequent_than_large_ones() {
        let mut seeded = Seeded::new(1, 1);
        let small = (0..1000).filter(|_| seeded.skewed(1000) < 200).count();
        assert!(small > 500, "{small}");
    }
}

//! Transaction ids from one seed, so that the machines that need them stay pure.

use sha2::{Digest, Sha256};

use super::stun::TransactionId;

/// Makes transaction ids that nobody without the seed can guess: RFC 8489 §5 wants them uniformly
/// random, since an answer is believed for the id it repeats.
#[derive(Clone)]
pub struct Ids {
    seed: [u8; 32],
    made: u64,
}

impl Ids {
    /// `seed` comes from the operating system's generator, except in tests.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, made: 0 }
    }

    /// The next id: the first 96 bits of SHA-256 over the seed and a counter.
    pub fn make(&mut self) -> TransactionId {
        let digest =
            Sha256::new().chain_update(self.seed).chain_update(self.made.to_be_bytes()).finalize();
        self.made += 1;
        let number =
            digest.iter().take(12).fold(0, |number, byte| (number << 8) | u128::from(*byte));
        TransactionId::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_differ_and_follow_from_the_seed() {
        let mut one = Ids::new([1; 32]);
        let ids: Vec<_> = (0..100).map(|_| one.make()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 100);
        assert_eq!(Ids::new([1; 32]).make(), ids[0]);
        assert_ne!(Ids::new([2; 32]).make(), ids[0]);
    }
}

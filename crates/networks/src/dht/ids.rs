//! Transaction ids: the running number of a query, so mixed that nobody can tell the next from
//! those seen.
//!
//! An id leads to its query without a search, no two of 2³² are the same, and without the keys an id
//! looks like any other 32 bits. That keeps nodes from answering for others by guessing; it is not
//! cryptography, and whoever sees a query can answer it anyhow.

use crate::random::Random;

/// As many as make a Feistel network a good shuffle (Luby and Rackoff).
const ROUNDS: usize = 4;

/// A permutation of the 32-bit numbers.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    /// Of each round: what goes into the half, and what that is multiplied by.
    keys: [(u64, u64); ROUNDS],
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self { keys: std::array::from_fn(|_| (random.next(), random.next() | 1)) }
    }

    /// The id of the query with this number.
    pub(super) fn of(&self, number: u64) -> [u8; 4] {
        let [.., a, b, c, d] = number.to_be_bytes();
        let (mut left, mut right) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for key in self.keys {
            (left, right) = (right, left ^ mix(right, key));
        }
        join(left, right)
    }

    /// How far behind the query with the number `first` the one with this id was sent.
    pub(super) fn behind(&self, id: [u8; 4], first: u64) -> usize {
        let [a, b, c, d] = id;
        let (mut left, mut right) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for key in self.keys.into_iter().rev() {
            (left, right) = (right ^ mix(left, key), left);
        }
        #[allow(clippy::cast_possible_truncation, reason = "numbers count modulo 2³²")]
        let behind = u32::from_be_bytes(join(left, right)).wrapping_sub(first as u32);
        usize::try_from(behind).unwrap_or(usize::MAX)
    }
}

const fn join(left: u16, right: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (left.to_be_bytes(), right.to_be_bytes());
    [a, b, c, d]
}

/// The middle of a product, on which all bits of both factors work.
const fn mix(half: u16, (key, factor): (u64, u64)) -> u16 {
    let product = (key ^ half as u64) as u128 * factor as u128;
    #[allow(clippy::cast_possible_truncation, reason = "16 bits of it")]
    let (low, high) = ((product >> 48) as u16, (product >> 64) as u16);
    low ^ high
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_leads_back_to_its_query(seed in any::<u64>(), first in any::<u64>(), behind in 0..70_000_u32) {
            let ids = Ids::new(seed);
            prop_assert_eq!(ids.behind(ids.of(first.wrapping_add(behind.into())), first), behind as usize);
        }
    }

    /// Not a proof: each bit of ids in a row is set in half of them, and their order is not that of
    /// the numbers.
    #[test]
    fn ids_in_a_row_look_like_any_others() {
        let ids = Ids::new(3);
        let row: Vec<u32> = (0..4096).map(|number| u32::from_be_bytes(ids.of(number))).collect();
        for bit in 0..32 {
            let set = row.iter().filter(|id| *id >> bit & 1 == 1).count();
            assert!((1800..2300).contains(&set), "bit {bit}: {set}");
        }
        let steps: HashSet<u32> = row.windows(2).map(|two| two[1].wrapping_sub(two[0])).collect();
        assert!(steps.len() > 4000, "{} different steps", steps.len());
        let rising = row.windows(2).filter(|two| two[0] < two[1]).count();
        assert!((1900..2200).contains(&rising), "{rising} rise");
    }
}

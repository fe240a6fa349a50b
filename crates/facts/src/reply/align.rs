//! Which items of one list stand in another: a common subsequence, longest where lists are short
//! enough to find that out.
//!
//! What both lists begin and end with is taken off first. What is left is compared item by item
//! where that is not too much work; else items that stand once in each list divide it, and each
//! piece is looked at alone.

use std::collections::HashMap;

/// Comparisons that one alignment makes at most: some 10 ms of work.
pub const WORK: usize = 4 << 20;
/// How often a list is divided at items that stand once in it.
const DIVISIONS: usize = 8;

/// A list's piece: its first place, and one past its last.
type Piece = (usize, usize);

/// Places in `before` and in `after` of items that are the same, both rising. `work` is what may
/// still be spent; where it ends, fewer pairs are found than there are.
#[must_use]
pub fn align(before: &[u64], after: &[u64], work: &mut usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    pieces(before, after, (0, before.len()), (0, after.len()), DIVISIONS, work, &mut pairs);
    pairs
}

fn pieces(
    before: &[u64],
    after: &[u64],
    (mut from_b, mut to_b): Piece,
    (mut from_a, mut to_a): Piece,
    divisions: usize,
    work: &mut usize,
    pairs: &mut Vec<(usize, usize)>,
) {
    while from_b < to_b && from_a < to_a && before[from_b] == after[from_a] {
        pairs.push((from_b, from_a));
        (from_b, from_a) = (from_b + 1, from_a + 1);
    }
    let mut ends = Vec::new();
    while from_b < to_b && from_a < to_a && before[to_b - 1] == after[to_a - 1] {
        (to_b, to_a) = (to_b - 1, to_a - 1);
        ends.push((to_b, to_a));
    }
    let cost = (to_b - from_b).saturating_mul(to_a - from_a);
    if cost > 0 && cost <= *work {
        *work -= cost;
        longest(&before[from_b..to_b], &after[from_a..to_a], |b, a| {
            pairs.push((from_b + b, from_a + a));
        });
    } else if cost > 0 && divisions > 0 {
        let anchors = anchors(&before[from_b..to_b], &after[from_a..to_a]);
        let start = (from_b, from_a);
        for (b, a) in anchors.into_iter().map(|(b, a)| (start.0 + b, start.1 + a)) {
            pieces(before, after, (from_b, b), (from_a, a), divisions - 1, work, pairs);
            pairs.push((b, a));
            (from_b, from_a) = (b + 1, a + 1);
        }
        pieces(before, after, (from_b, to_b), (from_a, to_a), 0, work, pairs);
    }
    pairs.extend(ends.into_iter().rev());
}

/// A longest common subsequence, by the table of the lengths of those of all ends.
fn longest(before: &[u64], after: &[u64], mut pair: impl FnMut(usize, usize)) {
    let columns = after.len() + 1;
    let mut lengths = vec![0_u32; (before.len() + 1) * columns];
    for b in (0..before.len()).rev() {
        for a in (0..after.len()).rev() {
            let at = b * columns + a;
            lengths[at] = if before[b] == after[a] {
                lengths[at + columns + 1] + 1
            } else {
                lengths[at + columns].max(lengths[at + 1])
            };
        }
    }
    let (mut b, mut a) = (0, 0);
    while b < before.len() && a < after.len() {
        let at = b * columns + a;
        if before[b] == after[a] {
            pair(b, a);
            (b, a) = (b + 1, a + 1);
        } else if lengths[at + columns] >= lengths[at + 1] {
            b += 1;
        } else {
            a += 1;
        }
    }
}

/// Items that stand once in each list, as many as rise in both.
fn anchors(before: &[u64], after: &[u64]) -> Vec<(usize, usize)> {
    let (mut once, places) = (once(before), once(after));
    once.retain(|item, _| places.contains_key(item));
    let mut both: Vec<(usize, usize)> =
        once.into_iter().map(|(item, b)| (b, places[&item])).collect();
    both.sort_unstable();
    rising(&both)
}

fn once(items: &[u64]) -> HashMap<u64, usize> {
    let mut places: HashMap<u64, Option<usize>> = HashMap::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        places.entry(*item).and_modify(|twice| *twice = None).or_insert(Some(place));
    }
    places.into_iter().filter_map(|(item, place)| Some((item, place?))).collect()
}

/// The longest subsequence whose second places rise too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut best_ends: Vec<usize> = Vec::new(); // of the sequences of each length, the one with the lowest end
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, place)) in pairs.iter().enumerate() {
        let length = best_ends.partition_point(|end| pairs[*end].1 < *place);
        before.push(length.checked_sub(1).map(|length| best_ends[length]));
        if length == best_ends.len() {
            best_ends.push(at);
        } else {
            best_ends[length] = at;
        }
    }
    let mut found = Vec::new();
    let mut next = best_ends.last().copied();
    while let Some(at) = next {
        found.push(pairs[at]);
        next = before[at];
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aligned(before: &[u64], after: &[u64], mut work: usize) -> Vec<(usize, usize)> {
        align(before, after, &mut work)
    }

    #[test]
    fn the_longest_common_subsequence_is_found() {
        assert_eq!(aligned(&[1, 2, 3, 4], &[1, 9, 3, 4, 5], WORK), [(0, 0), (2, 2), (3, 3)]);
        assert_eq!(aligned(&[1, 2, 1, 2, 3], &[2, 1, 2], WORK), [(1, 0), (2, 1), (3, 2)]);
        assert_eq!(aligned(&[], &[1], WORK), []);
    }

    #[test]
    fn long_lists_are_divided_at_what_stands_once_in_them() {
        let before: Vec<u64> = (0..100_000).collect();
        let mut after = before.clone();
        after.retain(|item| item % 1000 != 500);
        after.insert(70_000, 1_000_000);
        after[3] = 2_000_000;
        assert_eq!(aligned(&before, &after, WORK).len(), 100_000 - 100 - 1);
    }

    #[test]
    fn without_work_what_begins_and_ends_the_same_is_still_found() {
        assert_eq!(aligned(&[1, 2, 2, 3], &[1, 4, 4, 3], 0), [(0, 0), (3, 3)]);
    }

    proptest! {
        #[test]
        fn pairs_are_the_same_items_and_rise(
            before in proptest::collection::vec(0..6_u64, 0..40),
            after in proptest::collection::vec(0..6_u64, 0..40),
            work in 0..2000_usize,
        ) {
            let pairs = aligned(&before, &after, work);
            prop_assert!(pairs.iter().all(|(b, a)| before[*b] == after[*a]));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            prop_assert_eq!(aligned(&before, &before, work).len(), before.len());
        }
    }
}

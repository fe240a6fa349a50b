//! The engine's own randomness: which channel, which peer of a round. Seeded from outside, so that
//! a test can be run again.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"). Nothing
/// secret comes from it: a reply is believed because of who sent it, never because its channel was
/// hard to guess.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0. The bias of the remainder is far below anything that
    /// matters here.
    #[allow(clippy::cast_possible_truncation)] // the remainder is below n
    pub(super) const fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// One of them.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }

    /// Up to `n` of them, in random order.
    pub(super) fn sample<T>(&mut self, mut from: Vec<T>, n: usize) -> Vec<T> {
        for i in 0..n.min(from.len()) {
            let j = i + self.below(from.len() - i);
            from.swap(i, j);
        }
        from.truncate(n);
        from
    }
}

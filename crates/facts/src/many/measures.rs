//! Numbers of all answers of a campaign: how long their first parts took, how large they are.

use std::time::Duration;

/// Numbers in order. A campaign has one a peer, fewer than 50 000.
#[derive(Clone, Default, Debug)]
pub struct Sorted(Vec<u64>);

impl Sorted {
    /// Adds a number.
    pub fn add(&mut self, number: u64) {
        let at = self.0.partition_point(|other| *other <= number);
        self.0.insert(at, number);
    }

    /// The number that so many hundredths are not above; `None` where there is none at all.
    #[must_use]
    pub fn percentile(&self, hundredths: usize) -> Option<u64> {
        let rank = (self.0.len() * hundredths).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied()
    }

    /// The one in the middle.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        self.percentile(50)
    }

    /// The largest.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        self.0.last().copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are above `low` and not above `high`.
    fn between(&self, low: Option<u64>, high: Option<u64>) -> usize {
        let below = |limit| self.0.partition_point(|number| *number <= limit);
        high.map_or(self.0.len(), below) - low.map_or(0, below)
    }
}

/// The upper bounds of the histogram, in milliseconds: two a decade, as eyes compare times.
const BOUNDS: [(u64, &str); 7] = [
    (10, "≤  10 ms"),
    (30, "≤  30 ms"),
    (100, "≤ 100 ms"),
    (300, "≤ 300 ms"),
    (1_000, "≤    1 s"),
    (3_000, "≤    3 s"),
    (10_000, "≤   10 s"),
];

/// How long the first parts took.
#[derive(Clone, Default, Debug)]
pub struct Latencies(Sorted);

impl Latencies {
    /// A first part came so long after its request.
    pub fn add(&mut self, after: Duration) {
        self.0.add(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// The rows of the histogram: what they hold, and how many.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, usize)> {
        let bounds = BOUNDS.map(|(bound, _)| Some(1000 * bound));
        let low = std::iter::once(None).chain(bounds);
        let high = bounds.into_iter().chain([None]);
        let names = BOUNDS.iter().map(|(_, name)| *name).chain(["  longer"]);
        names
            .zip(low.zip(high))
            .map(|(name, (low, high))| (name, self.0.between(low, high)))
            .collect()
    }

    /// The time that so many hundredths are not above.
    #[must_use]
    pub fn percentile(&self, hundredths: usize) -> Option<Duration> {
        self.0.percentile(hundredths).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_numbers_that_occurred() {
        let mut sorted = Sorted::default();
        assert_eq!((sorted.median(), sorted.largest(), sorted.percentile(95)), (None, None, None));
        for number in [3, 1, 2, 100] {
            sorted.add(number);
        }
        assert_eq!(
            (sorted.median(), sorted.percentile(95), sorted.largest()),
            (Some(2), Some(100), Some(100))
        );
        assert_eq!(
            (sorted.percentile(0), sorted.percentile(25), sorted.percentile(26)),
            (Some(1), Some(1), Some(2))
        );
    }

    #[test]
    fn a_bound_belongs_to_the_row_that_names_it() {
        let mut latencies = Latencies::default();
        for micros in [0, 10_000, 10_001, 30_000, 1_000_000, 10_000_000, 10_000_001] {
            latencies.add(Duration::from_micros(micros));
        }
        let counts: Vec<usize> = latencies.rows().into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 2, 0, 0, 1, 0, 1, 1]);
        assert_eq!(latencies.rows()[7].0.trim(), "longer");
        assert_eq!(latencies.percentile(50), Some(Duration::from_millis(30)));
    }

    proptest! {
        #[test]
        fn every_answer_is_in_one_row(all in prop::collection::vec(any::<u64>(), 0..200)) {
            let mut latencies = Latencies::default();
            for micros in &all {
                latencies.add(Duration::from_micros(*micros));
            }
            prop_assert_eq!(latencies.rows().iter().map(|(_, count)| count).sum::<usize>(), all.len());
        }
    }
}

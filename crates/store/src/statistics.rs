//! What two snapshots of one network say about it. Pure.
//!
//! A *snapshot* is the set of peers that one round reached. All figures come from three counts:
//! the sizes of two snapshots in a row and how many peers are in both.

use serde::{Deserialize, Serialize};

/// Two snapshots of one network, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    /// Peers reached by the earlier round.
    pub before: u64,
    /// Peers reached by the later round.
    pub after: u64,
    /// Peers reached by both.
    pub both: u64,
}

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// Lower end.
    pub low: f64,
    /// The estimate itself.
    pub mid: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// The size of a whole of which this is the size of a random part: one in 2 to the `bits`. The
    /// draw of the part from the whole makes the interval wider (binomial).
    #[must_use]
    pub fn of_whole(self, bits: u8) -> Self {
        let scale = f64::from(bits).exp2();
        let half = (self.high - self.mid) * scale;
        let drawn = NORMAL_95.powi(2) * self.mid * (scale - 1.0) * scale;
        let (mid, half) = (self.mid * scale, half.hypot(drawn.sqrt()));
        Self { low: (mid - half).max(self.low), mid, high: mid + half }
    }
}

/// Standard deviations on either side of a normal estimate's 95 % interval.
const NORMAL_95: f64 = 1.96;

impl Pair {
    /// Checks that three counts can belong together.
    #[must_use]
    pub fn new(before: u64, after: u64, both: u64) -> Option<Self> {
        (both <= before && both <= after).then_some(Self { before, after, both })
    }

    /// Peers that are in at least one of the two.
    #[must_use]
    pub const fn union(self) -> u64 {
        self.before.saturating_add(self.after - self.both)
    }

    /// Peers that are in only one of the two.
    #[must_use]
    pub const fn only_one(self) -> u64 {
        self.union() - self.both
    }

    /// Distortion: the share of all peers seen that are in only one of two snapshots in a row, from
    /// 0 (the same peers) to 1. `None` if neither round reached anybody.
    ///
    /// Stutzbach and Rejaie ("Capturing Accurate Snapshots of the Gnutella Network", 2005) compare
    /// back-to-back snapshots for the same purpose: a slow crawl blurs what it looks at. They
    /// divide the same numerator by the sum of both sizes instead of the union; their figure is
    /// `d / (2 - d)` for ours.
    #[must_use]
    pub fn distortion(self) -> Option<f64> {
        (self.union() > 0).then(|| self.only_one() as f64 / self.union() as f64)
    }

    /// How many peers could be reached, by capture and recapture (Chapman's estimator) with its
    /// normal 95 % interval, never below what was seen. `None` without a single peer in both.
    ///
    /// It takes every peer to be equally likely to be met and nobody to join or leave in between.
    /// Peers that come and go make it too large; peers that are never reachable are not part of it.
    #[must_use]
    pub fn estimate(self) -> Option<Estimate> {
        if self.both == 0 {
            return None;
        }
        let (before, after, both) = (self.before as f64, self.after as f64, self.both as f64);
        let mid = (before + 1.0) * (after + 1.0) / (both + 1.0) - 1.0;
        let variance = (before + 1.0) * (after + 1.0) * (before - both) * (after - both)
            / ((both + 1.0) * (both + 1.0) * (both + 2.0));
        let half = NORMAL_95 * variance.sqrt();
        let seen = self.union() as f64;
        Some(Estimate { low: (mid - half).max(seen), mid: mid.max(seen), high: mid + half })
    }

    /// Coverage: the share of the peers that can be reached, as estimated, which the later round
    /// reached; with the interval that the estimate's own gives.
    #[must_use]
    pub fn coverage(self) -> Option<Estimate> {
        let size = self.estimate()?;
        let share = |of: f64| (self.after as f64 / of).min(1.0);
        Some(Estimate { low: share(size.high), mid: share(size.mid), high: share(size.low) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two snapshots of which every figure was worked out by hand.
    const KNOWN: Pair = Pair { before: 31_228, after: 31_204, both: 30_610 };

    #[test]
    fn a_worked_example() {
        assert_eq!((KNOWN.only_one(), KNOWN.union()), (1212, 31_822));
        assert!((KNOWN.distortion().unwrap() - 0.0381).abs() < 0.0001);
        let size = KNOWN.estimate().unwrap();
        assert!((size.mid - 31_834.0).abs() < 0.5, "{size:?}");
        assert!(
            (size.low - 31_827.0).abs() < 0.6 && (size.high - 31_840.9).abs() < 0.6,
            "{size:?}"
        );
        assert!((KNOWN.coverage().unwrap().mid - 0.980).abs() < 0.001);
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let nobody = Pair { before: 0, after: 0, both: 0 };
        assert_eq!((nobody.distortion(), nobody.estimate(), nobody.coverage()), (None, None, None));
        let strangers = Pair { before: 5, after: 5, both: 0 };
        assert_eq!((strangers.distortion(), strangers.estimate()), (Some(1.0), None));
        let same = Pair { before: 5, after: 5, both: 5 };
        assert_eq!(same.distortion(), Some(0.0));
        assert_eq!(same.estimate(), Some(Estimate { low: 5.0, mid: 5.0, high: 5.0 }));
        assert_eq!(Pair::new(3, 5, 4), None);
    }

    #[test]
    fn the_interval_holds_the_truth_about_nineteen_times_in_twenty() {
        // 2 000 peers, each met with probability 0.8, twice, independently; a fixed generator.
        let (size, mut state, mut inside) = (2000_u64, 0x9e37_79b9_7f4a_7c15_u64, 0);
        let mut met = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 10 < 8
        };
        for _ in 0..400 {
            let (mut before, mut after, mut both) = (0, 0, 0);
            for _ in 0..size {
                let (one, two) = (met(), met());
                before += u64::from(one);
                after += u64::from(two);
                both += u64::from(one && two);
            }
            let estimate = Pair::new(before, after, both).unwrap().estimate().unwrap();
            inside += u32::from((estimate.low..=estimate.high).contains(&(size as f64)));
        }
        assert!((360..=398).contains(&inside), "{inside} of 400");
    }

    proptest! {
        #[test]
        fn figures_stay_within_their_bounds(before in 0_u64..100_000, after in 0_u64..100_000, share in 0.0..=1.0_f64) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let both = (before.min(after) as f64 * share) as u64;
            let pair = Pair::new(before, after, both).unwrap();
            if let Some(distortion) = pair.distortion() {
                prop_assert!((0.0..=1.0).contains(&distortion));
            }
            if let Some(size) = pair.estimate() {
                prop_assert!(pair.union() as f64 <= size.low && size.low <= size.mid && size.mid <= size.high);
                let coverage = pair.coverage().unwrap();
                prop_assert!(0.0 <= coverage.low && coverage.low <= coverage.mid);
                prop_assert!(coverage.mid <= coverage.high && coverage.high <= 1.0);
            }
        }
    }
}

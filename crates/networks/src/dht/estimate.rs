//! How large a network is, from two passes over a part of it.
//!
//! The passes are two catches of the same population: what the second one misses of the first tells
//! how much both miss (Chapman's estimator of capture and recapture). A zone is a random sample of
//! the whole, since ids are random: that adds the uncertainty of a binomial draw.

/// An estimate and the bounds between which the truth lies in 95 of 100 cases, if what it assumes
/// holds: ids are random, and a node is as easily missed as any other.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The lower bound; never less than what was seen.
    pub low: f64,
    /// The estimate.
    pub mid: f64,
    /// The upper bound.
    pub high: f64,
}

/// What two passes caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Catches {
    /// Nodes that the first pass found.
    pub first: usize,
    /// Nodes that the second pass found.
    pub second: usize,
    /// Nodes that both found.
    pub both: usize,
}

/// The normal quantile of a two-sided interval of 95 %.
const Z_95: f64 = 1.96;
/// Below this many nodes that both passes found there is no estimate: the formula is biased there.
const FEWEST: usize = 7;

impl Catches {
    /// Nodes that either pass found.
    #[must_use]
    pub const fn seen(self) -> usize {
        self.first + self.second - self.both
    }

    /// The share of nodes that only one of the passes found: 0 if they agree, up to 1.
    #[must_use]
    pub fn distortion(self) -> Option<f64> {
        let seen = self.seen();
        (seen > 0).then(|| 1.0 - self.both as f64 / seen as f64)
    }

    /// The share of the zone's nodes that were seen, by the estimate.
    #[must_use]
    pub fn coverage(self) -> Option<f64> {
        let (size, _) = self.zone()?;
        Some((self.seen() as f64 / size).min(1.0))
    }

    /// The size of the whole network, where the passes went over a zone of `bits` bits.
    #[must_use]
    pub fn estimate(self, bits: u8) -> Option<Estimate> {
        let (size, variance) = self.zone()?;
        let scale = f64::from(bits).exp2();
        // The draw of the zone's nodes from all: none where the zone is everything.
        let drawn = size * (scale - 1.0).max(0.0) * scale;
        let deviation = (variance * scale * scale + drawn).sqrt();
        let mid = size * scale;
        let low = (mid - Z_95 * deviation).max(self.seen() as f64);
        Some(Estimate { low, mid, high: mid + Z_95 * deviation })
    }

    /// Chapman's estimate of the zone's size, and its variance (Seber 1970).
    fn zone(self) -> Option<(f64, f64)> {
        if self.both < FEWEST {
            return None;
        }
        let (first, second, both) = (self.first as f64, self.second as f64, self.both as f64);
        let size = (first + 1.0) * (second + 1.0) / (both + 1.0) - 1.0;
        let missed = (first - both) * (second - both);
        let variance =
            (first + 1.0) * (second + 1.0) * missed / ((both + 1.0).powi(2) * (both + 2.0));
        Some((size, variance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_worked_example() {
        let catches = Catches { first: 200, second: 150, both: 100 };
        let estimate = catches.estimate(0).unwrap();
        assert!((estimate.mid - 299.505).abs() < 1e-3);
        assert!(estimate.low > 250.0 && estimate.high < 350.0, "{estimate:?}");
        assert_eq!((catches.seen(), catches.distortion()), (250, Some(0.6)));
        let all = Catches { first: 50, second: 50, both: 50 };
        let estimate = all.estimate(0).unwrap();
        assert!((estimate.low - 50.0).abs() < 1e-9 && (estimate.high - 50.0).abs() < 1e-9);
    }

    #[test]
    fn two_passes_that_share_next_to_nothing_give_no_estimate() {
        assert_eq!(Catches { first: 100, second: 100, both: 6 }.estimate(0), None);
        assert_eq!(Catches::default().distortion(), None);
    }

    /// 1 000 populations of 20 000, of which a zone of 4 bits is caught twice with 9 in 10.
    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let mut random = Random::new(5);
        let (mut held, runs) = (0, 1000);
        for _ in 0..runs {
            let mut catches = Catches::default();
            for _ in 0..20_000 {
                if random.below(16) == 0 {
                    let (one, other) = (random.percent(90), random.percent(90));
                    catches.first += usize::from(one);
                    catches.second += usize::from(other);
                    catches.both += usize::from(one && other);
                }
            }
            let estimate = catches.estimate(4).unwrap();
            held += u32::from((estimate.low..=estimate.high).contains(&20_000.0));
        }
        assert!((930..=970).contains(&held), "{held} of {runs}");
    }
}

//! How fast peers that were heard of are dialled, as measured: what an estimate of the rest is made
//! from.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over how many seconds it is measured.
const SPAN: usize = 30;
/// So many were dialled in that time, or nothing is said of the rest.
const LEAST_DIALLED: usize = 3;
/// With fewer to come there is nothing to wait for.
const LEAST_TO_COME: usize = 5;
/// For so long at least it was measured.
const LEAST_SPAN: Duration = Duration::from_secs(5);

/// How many had been dialled at each of the last seconds.
#[derive(Clone, Default, Debug)]
pub struct Dialling {
    seconds: VecDeque<(Instant, usize)>,
}

impl Dialling {
    /// A second has passed.
    pub(super) fn second(&mut self, now: Instant, dialled: usize) {
        if self.seconds.len() > SPAN {
            self.seconds.pop_front();
        }
        self.seconds.push_back((now, dialled));
    }

    /// How long it takes to dial so many more if it goes on as in the last seconds. `None` where
    /// it does not go on, or not for long enough to tell.
    #[must_use]
    pub fn left(&self, to_come: usize) -> Option<Duration> {
        let ((from, before), (until, now)) = (self.seconds.front()?, self.seconds.back()?);
        let took = until.saturating_duration_since(*from);
        let dialled = now.checked_sub(*before)?;
        if took < LEAST_SPAN || dialled < LEAST_DIALLED || to_come < LEAST_TO_COME {
            return None;
        }
        let dialled = u32::try_from(dialled).ok()?;
        Some(took.saturating_mul(u32::try_from(to_come).ok()?) / dialled)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    #[test]
    fn it_tells_how_long_the_rest_takes_only_while_it_goes_on() {
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        let mut dialling = Dialling::default();
        for second in 0..5 {
            dialling.second(at(second), usize::try_from(2 * second).unwrap());
        }
        assert_eq!(dialling.left(100), None, "four seconds tell little");
        dialling.second(at(5), 10);
        assert_eq!(dialling.left(100), Some(Duration::from_secs(50)));
        assert_eq!(dialling.left(3), None, "nearly done");
        for second in 6..40 {
            dialling.second(at(second), 10);
        }
        assert_eq!(dialling.left(100), None, "nobody is dialled any more");
        assert!(dialling.seconds.len() <= SPAN + 1);
    }
}

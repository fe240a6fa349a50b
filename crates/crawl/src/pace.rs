//! How fast visits may begin. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many a second, with a burst of a tenth of that, so that a lease of a hundred does not go out
/// at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    per_second: f64,
    tokens: f64,
    at: Instant,
}

impl Pace {
    /// At most so many visits a second.
    #[must_use]
    pub fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, tokens: 1.0, at: now }
    }

    /// Whether one more may begin now; it is counted if so.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.tokens =
            (self.tokens + passed * self.per_second).min((self.per_second / 10.0).max(1.0));
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }

    /// One that was counted has not begun.
    pub fn give_back(&mut self) {
        self.tokens += 1.0;
    }

    /// How long until one more may begin.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_secs_f64(((1.0 - self.tokens) / self.per_second).max(0.0))
    }
}

/// Looks that a speed is taken over.
const LOOKS: usize = 20;

/// How fast something is counted, over the last looks at it.
#[derive(Clone, Debug, Default)]
pub struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    /// So many at this moment; how many a second there were.
    pub fn at(&mut self, now: Instant, count: u64) -> f64 {
        self.0.push_back((now, count));
        while self.0.len() > LOOKS {
            self.0.pop_front();
        }
        let (Some((first, before)), Some((last, after))) = (self.0.front(), self.0.back()) else {
            return 0.0;
        };
        let seconds = last.saturating_duration_since(*first).as_secs_f64();
        if seconds > 0.0 { after.saturating_sub(*before) as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_are_ten_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(10, start);
        let began =
            (0..5000_u64).filter(|ms| pace.take(start + Duration::from_millis(*ms))).count();
        assert!((50..=51).contains(&began), "{began}");
        assert!(pace.wait() <= Duration::from_millis(100));
    }
}

//! When something happened. The crate has no clock: its caller passes the time in.

use std::time::{Duration, Instant, SystemTime};

/// A moment: on the one clock that durations are counted with, and as the time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// For durations: it never goes back.
    pub instant: Instant,
    /// For people: UTC.
    pub wall: SystemTime,
}

impl Now {
    /// How long before this moment another one was; zero for one that is still to come.
    #[must_use]
    pub fn since(self, then: Self) -> Duration {
        self.instant.saturating_duration_since(then.instant)
    }

    /// So much earlier, as far as the clocks go back.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self {
            instant: self.instant.checked_sub(by).unwrap_or(self.instant),
            wall: self.wall.checked_sub(by).unwrap_or(self.wall),
        }
    }

    /// So much later, as far as the clocks go.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self {
            instant: self.instant.checked_add(by).unwrap_or(self.instant),
            wall: self.wall.checked_add(by).unwrap_or(self.wall),
        }
    }
}

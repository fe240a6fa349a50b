//! Times of day in the store.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC: what both databases keep as one integer.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// A day, in milliseconds.
    pub const DAY: i64 = 24 * 3600 * 1000;

    /// The time of day, by the clock that this process began with: it goes on evenly where the
    /// system's is set. Else a clock set forward would let questions out too soon, and one set back
    /// would hold them up. A clock set before 1970 reads as 1970.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place where the store reads the clock")]
    pub fn now() -> Self {
        Clock::of_this_process().at(Instant::now())
    }

    /// By how much the system's clock was set since this process began: forward, or back where it
    /// is negative, in milliseconds. `None` where it is as it was.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place where the store reads the clock")]
    pub fn set_by() -> Option<i64> {
        Clock::of_this_process().off(Self::of_the_system(), Instant::now())
    }

    #[allow(clippy::disallowed_methods, reason = "the one place where the store reads the clock")]
    fn of_the_system() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(millis(since.unwrap_or_default()))
    }

    /// So much later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(millis(wait)))
    }

    /// How long before `self` the earlier time was; nothing if it was later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The number of the day since 1970-01-01, in UTC.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(Self::DAY)
    }
}

/// Where the system's clock and the one that only goes on stood together.
#[derive(Clone, Copy, Debug)]
struct Clock {
    time: Time,
    instant: Instant,
}

impl Clock {
    /// More than clocks are slewed between two readings, less than what a frequency could notice: a
    /// peer allows 5 s (protocol.md §4).
    const TOLERANCE: i64 = 2_000;

    #[allow(clippy::disallowed_methods, reason = "the one place where the store reads the clock")]
    fn of_this_process() -> Self {
        static BEGAN: OnceLock<Clock> = OnceLock::new();
        *BEGAN.get_or_init(|| Self { time: Time::of_the_system(), instant: Instant::now() })
    }

    fn at(self, now: Instant) -> Time {
        self.time.after(now.saturating_duration_since(self.instant))
    }

    fn off(self, system: Time, now: Instant) -> Option<i64> {
        let off = system.0.saturating_sub(self.at(now).0);
        (off.abs() > Self::TOLERANCE).then_some(off)
    }
}

/// Whole milliseconds, at most as many as an `i64` holds.
#[must_use]
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC to the second: `2026-11-28T22:41:07Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the clock's origin: only differences count")]
    fn a_clock_that_is_set_goes_on_as_it_was_and_that_is_known() {
        let clock = Clock { time: Time(1_764_369_667_123), instant: Instant::now() };
        let hour = Duration::from_secs(3600);
        let now = clock.instant + hour;
        assert_eq!(clock.at(now), clock.time.after(hour));
        assert_eq!(clock.off(clock.time.after(hour), now), None);
        assert_eq!(clock.off(Time(clock.time.after(hour).0 - 1_999), now), None, "slewed");
        assert_eq!(clock.off(clock.time, now), Some(-3_600_000), "set back");
        assert_eq!(clock.off(clock.time.after(hour * 3), now), Some(7_200_000), "set forward");
    }

    #[test]
    fn times_are_written_in_utc_and_counted_in_days() {
        let time = Time(1_764_369_667_123);
        assert_eq!(time.to_string(), "2025-11-28T22:41:07Z");
        assert_eq!(time.day(), 20_420);
        assert_eq!(Time(-1).day(), -1);
        assert_eq!(time.after(Duration::from_secs(2)).since(time), Duration::from_secs(2));
        assert_eq!(time.since(time.after(Duration::from_secs(2))), Duration::ZERO);
    }
}

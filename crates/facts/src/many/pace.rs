//! How fast requests go out: so many a second, evenly, and no more waiting at the same time than
//! agreed.

use std::fmt;
use std::time::{Duration, Instant};

/// Requests a second, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rate(u32);

impl Rate {
    /// Slow enough that a swarm does not notice, fast enough for a few hundred peers.
    pub const DEFAULT: Self = Self(20_000);
    /// One in ten seconds.
    const LEAST: Self = Self(100);
    /// One in 5 ms: what the clock of a terminal program keeps without drifting.
    const MOST: Self = Self(200_000);

    /// # Errors
    /// What is wrong with what was typed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches("/s").trim_end();
        let wrong =
            || format!("the rate {text:?} is not a number of requests per second, 0.1 to 200");
        let number: f64 = text.parse().map_err(|_| wrong())?;
        let thousandths = (number * 1000.0).round();
        if !(f64::from(Self::LEAST.0)..=f64::from(Self::MOST.0)).contains(&thousandths) {
            return Err(wrong());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds above"
        )]
        Ok(Self(thousandths as u32))
    }

    /// From one request to the next.
    #[must_use]
    pub fn interval(self) -> Duration {
        const NANOS: u64 = 1_000_000_000_000; // of a thousand seconds
        Duration::from_nanos(NANOS / u64::from(self.0.max(1)))
    }
}

/// `20`, `0.5`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / 1000.0)
    }
}

/// The most requests that wait for their answers at the same time.
///
/// # Errors
/// What is wrong with what was typed.
pub fn parse_waiting(text: &str) -> Result<usize, String> {
    /// A node keeps 500 connections, and a few peers are asked by hand meanwhile.
    const MOST: usize = 400;
    let number = text.trim().parse().ok().filter(|number| (1..=MOST).contains(number));
    number
        .ok_or_else(|| format!("{:?} waiting at once: use a number from 1 to {MOST}", text.trim()))
}

/// Rate and concurrency of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How fast requests go out.
    pub rate: Rate,
    /// Requests in flight at the same time, at most.
    pub waiting: usize,
}

impl Default for Pace {
    /// 20 a second; 64 waiting are 3 s of silence before a campaign slows down.
    fn default() -> Self {
        Self { rate: Rate::DEFAULT, waiting: 64 }
    }
}

impl Pace {
    /// `20/s, at most 64 waiting`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}/s, at most {} waiting", self.rate, self.waiting)
    }

    /// How long it takes to send to `peers`: at this rate, and, where nobody ever answers, as
    /// places come free by `timeout`.
    #[must_use]
    pub fn duration(&self, peers: usize, timeout: Duration) -> (Duration, Duration) {
        let times = |count: usize, each: Duration| {
            each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
        };
        let sending = times(peers.saturating_sub(1), self.rate.interval());
        let rounds = times(peers.div_ceil(self.waiting.max(1)), timeout);
        (sending, sending.max(rounds).max(sending.saturating_add(timeout)))
    }
}

/// A bucket for one token: it fills once an interval and never holds two, so that nothing goes out
/// in a burst after a wait.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    interval: Duration,
    due: Instant,
}

impl Bucket {
    /// Full at once.
    #[must_use]
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { interval: rate.interval(), due: now }
    }

    /// When there is a token.
    #[must_use]
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Takes the token, if there is one. Where it is taken a little late the next one is not: the
    /// rate does not drift. Where it is taken an interval late or more, what was missed is not
    /// made up for.
    pub fn take(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.due += self.interval;
        if self.due <= now {
            self.due = now + self.interval;
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn rates_have_bounds_and_say_so() {
        for (text, shown, interval) in [
            ("20", "20", ms(50)),
            (" 0.5 ", "0.5", ms(2000)),
            ("20/s", "20", ms(50)),
            ("200", "200", ms(5)),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.to_string().as_str(), rate.interval()), (shown, interval));
        }
        for text in ["0", "0.05", "201", "-1", "NaN", "inf", "", "many", "1e9"] {
            assert!(Rate::parse(text).unwrap_err().contains("0.1 to 200"), "{text}");
        }
        assert_eq!(parse_waiting(" 64 "), Ok(64));
        for text in ["0", "401", "-1", "", "x"] {
            assert!(parse_waiting(text).unwrap_err().contains("1 to 400"), "{text}");
        }
    }

    #[test]
    fn tokens_come_evenly_and_lateness_does_not_add_up() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rate::DEFAULT, start);
        assert!(bucket.take(start) && !bucket.take(start));
        assert!(!bucket.take(start + ms(49)));
        assert!(bucket.take(start + ms(70)), "20 ms late");
        assert_eq!(bucket.due(), start + ms(100), "the next one is not");
    }

    #[test]
    fn a_long_wait_is_followed_by_no_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rate::DEFAULT, start);
        assert!(bucket.take(start + ms(10_000)));
        assert!(!bucket.take(start + ms(10_049)));
        assert!(bucket.take(start + ms(10_050)));
    }

    #[test]
    fn the_time_it_takes_is_told_for_answers_and_for_silence() {
        let pace = Pace::default();
        assert_eq!(pace.duration(412, ms(30_000)), (ms(20_550), ms(210_000)));
        assert_eq!(pace.duration(1, ms(30_000)), (ms(0), ms(30_000)));
        assert_eq!(pace.duration(0, ms(30_000)).0, ms(0));
        assert_eq!(pace.text(), "20/s, at most 64 waiting");
    }
}

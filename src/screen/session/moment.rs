//! Where to go in a recording, and how fast it is shown, as somebody says it: `1:23`, `-10`, `50%`,
//! `12:04:31Z`; `4`.

use std::str::FromStr;
use std::time::Duration;

/// What can be typed.
const FORMS: &str = "1:23 or 83, +10 or -10, 50%, 12:04:31Z, start or end";
/// The slowest and the fastest that a recording is shown: beyond that, steps and seeks do it
/// better.
const SPEED: std::ops::RangeInclusive<f64> = 0.05..=1000.0;
/// How many times as fast as it was, one key after the other.
pub const SPEEDS: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
const SECOND: f64 = 1_000_000.0;
/// Seconds of a day.
const DAY: u64 = 86_400;

/// A place in a recording.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moment {
    /// So long after its start.
    At(Duration),
    /// So long before or after where it is.
    Earlier(Duration),
    Later(Duration),
    /// A part of its length, from 0 to 1.
    Part(f64),
    /// When the clock first shows this: so many seconds since midnight, UTC.
    Clock(u64),
}

impl Moment {
    pub const START: Self = Self::Part(0.0);
    pub const END: Self = Self::Part(1.0);

    /// In microseconds since the start of a recording that stands `at`, is `length` long, and
    /// `started` so many microseconds after 1970. May lie before its start or after its end.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and is cut to the recording's length"
    )]
    pub fn micros(self, at: i64, length: i64, started: u64) -> i64 {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        match self {
            Self::At(since) => micros(since),
            Self::Earlier(by) => at.saturating_sub(micros(by)),
            Self::Later(by) => at.saturating_add(micros(by)),
            Self::Part(part) if part >= 1.0 => length,
            Self::Part(part) => (length as f64 * part) as i64,
            Self::Clock(seconds) => {
                let day = DAY * 1_000_000;
                let wait = (seconds * 1_000_000 + day - started % day) % day;
                i64::try_from(wait).unwrap_or(i64::MAX)
            }
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text {
            "start" => Some(Self::START),
            "end" => Some(Self::END),
            _ => None,
        };
        let found = found.or_else(|| {
            if let Some(percent) = text.strip_suffix('%') {
                let percent = number(percent).filter(|percent| *percent <= 100.0)?;
                return Some(Self::Part(percent / 100.0));
            }
            if let Some(clock) = text.strip_suffix(['Z', 'z']) {
                let since = since_zero(clock).filter(|_| clock.contains(':'))?;
                return Some(Self::Clock(since.as_secs())).filter(|_| since.as_secs() < DAY);
            }
            if let Some(by) = text.strip_prefix('+') {
                return since_zero(by).map(Self::Later);
            }
            match text.strip_prefix(['-', '−']) {
                Some(by) => since_zero(by).map(Self::Earlier),
                None => since_zero(text).map(Self::At),
            }
        });
        found.ok_or_else(|| format!("{text} is not a position in a recording: {FORMS}"))
    }
}

/// `83`, `1:23`, `1:01:23`, each with a fraction of the seconds.
fn since_zero(text: &str) -> Option<Duration> {
    let mut fields = text.rsplit(':');
    let seconds = number(fields.next()?)?;
    let mut sum = Duration::try_from_secs_f64(seconds).ok()?;
    let (mut below, mut unit) = (seconds, 1);
    for field in fields {
        unit *= 60;
        if below >= 60.0 || unit > 3_600 {
            return None;
        }
        let whole: u32 =
            field.parse().ok().filter(|_| field.bytes().all(|byte| byte.is_ascii_digit()))?;
        below = whole.into();
        sum += Duration::from_secs(u64::from(whole) * unit);
    }
    Some(sum)
}

/// Digits with a point among them, and nothing that `f64` would read besides.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

/// How many times as fast as it was: `4`, `0.5`, `2x`.
///
/// # Errors
/// It is no number, or one out of bounds.
pub fn speed(text: &str) -> Result<f64, String> {
    let speed = number(text.trim_end_matches(['x', '×']));
    speed.filter(|speed| SPEED.contains(speed)).ok_or_else(|| {
        format!(
            "{text} is not a speed: use a number from {} to {}; 1 is the original speed",
            SPEED.start(),
            SPEED.end()
        )
    })
}

/// A length in microseconds that is not negative, as a duration.
#[must_use]
pub fn length(micros: i64) -> Duration {
    Duration::from_micros(micros.max(0).unsigned_abs())
}

/// A duration in microseconds of a recording that passes in `passed` at a speed.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and is cut to the recording's length"
)]
pub fn passed(passed: Duration, speed: f64) -> i64 {
    (passed.as_secs_f64() * speed * SECOND) as i64
}

/// How long so many microseconds of a recording take at a speed.
#[must_use]
pub fn wait(micros: i64, speed: f64) -> Duration {
    Duration::try_from_secs_f64(micros.max(0) as f64 / speed / SECOND).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: i64 = 200_000_000;
    /// 12:04:31.5 of some day.
    const STARTED: u64 = 20_414 * 86_400_000_000 + 43_471_500_000;

    fn micros(text: &str) -> i64 {
        text.parse::<Moment>().unwrap_or_else(|error| panic!("{error}")).micros(
            100_000_000,
            LENGTH,
            STARTED,
        )
    }

    #[test]
    fn places_are_read_as_people_say_them() {
        for (text, expected) in [
            ("83", 83_000_000),
            ("1:23", 83_000_000),
            ("01:23.5", 83_500_000),
            ("1:00:01", 3_601_000_000),
            ("90:00", 5_400_000_000),
            ("+10", 110_000_000),
            ("-1:30", 10_000_000),
            ("-2:00", -20_000_000),
            ("50%", 100_000_000),
            ("100%", LENGTH),
            ("start", 0),
            ("end", LENGTH),
            ("12:04:32Z", 500_000),
            ("12:04:31Z", 86_399_500_000),
            ("0:00", 0),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
    }

    #[test]
    fn wild_numbers_are_refused_or_saturate() {
        for text in [
            "",
            "x",
            "1:75",
            "1:2:3:4",
            "nan",
            "inf",
            "1e9",
            "-",
            "+",
            "101%",
            "-5%",
            "25:00:00Z",
            "12Z",
            "::",
            "1:-2",
        ] {
            let error = text.parse::<Moment>().expect_err(text);
            assert!(error.contains("1:23"), "{error}");
        }
        assert_eq!(micros("18000000000000000000"), i64::MAX);
        assert_eq!(micros("-18000000000000000000"), 100_000_000 - i64::MAX);
        assert!("1".repeat(400).parse::<Moment>().is_err());
        assert_eq!(wait(i64::MAX, f64::MIN_POSITIVE), Duration::MAX);
        assert_eq!(passed(Duration::MAX, 1000.0), i64::MAX);
    }

    #[test]
    fn a_speed_has_bounds() {
        assert_eq!(
            ["4", "0.5", "2x", "64×"].map(|text| speed(text).ok()),
            [Some(4.0), Some(0.5), Some(2.0), Some(64.0)]
        );
        for text in ["", "0", "-1", "1001", "nan", "inf", "fast"] {
            assert!(speed(text).is_err_and(|error| error.contains("0.05 to 1000")), "{text}");
        }
    }
}

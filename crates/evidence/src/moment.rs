//! When something happened: UTC for people, and a monotonic offset that no change of the clock
//! reaches.

use jiff::Timestamp;

/// A moment as the program that writes it saw it. Its own clock proves nothing to others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Moment {
    /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds left out.
    pub utc_ns: u64,
    /// Nanoseconds on a monotonic clock since the writer opened the file.
    pub monotonic_ns: u64,
}

impl Moment {
    /// RFC 3339 in UTC with nine digits of a second, always 30 characters; a time that has none is
    /// the latest that has.
    #[must_use]
    pub fn rfc3339(self) -> String {
        rfc3339(self.utc_ns)
    }
}

/// Nanoseconds since 1970 as RFC 3339 in UTC with nine digits.
#[must_use]
pub fn rfc3339(utc_ns: u64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(utc_ns)).unwrap_or(Timestamp::MAX);
    format!("{time:.9}")
}

/// Reads what [`rfc3339`] writes, and any other RFC 3339 time since 1970; `None` for everything
/// else.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    u64::try_from(text.parse::<Timestamp>().ok()?.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_nine_digits_and_come_back() {
        let time = rfc3339(1_764_324_271_000_000_042);
        assert_eq!(time, "2025-11-28T10:04:31.000000042Z");
        assert_eq!(parse_rfc3339(&time), Some(1_764_324_271_000_000_042));
        assert_eq!(parse_rfc3339("1969-12-31T23:59:59Z"), None);
        assert_eq!(rfc3339(0).len(), 30);
    }
}

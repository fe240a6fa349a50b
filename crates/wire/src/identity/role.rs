//! What a line of an allow-list says of its Crawler behind the permid: which messages it may ask,
//! how often, until when, and how much it may be sent. A line without any of it sets no bounds.

use std::collections::BTreeSet;

use crate::{Frequency, MessageId};

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day(pub u32);

/// Seconds in a day of UTC, which has no others.
const DAY: u64 = 24 * 3600;

impl Day {
    /// The one of so many seconds after 1970 began.
    #[must_use]
    pub fn of(seconds: u64) -> Self {
        Self(u32::try_from(seconds / DAY).unwrap_or(u32::MAX))
    }

    /// Reads `2027-01-31`, of the years 1970 to 9999.
    fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, count| {
            let plain = part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten()
        };
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let exists = year >= 1970
            && (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && parts.next().is_none();
        let years: u32 = (1970..year).map(|year| 365 + u32::from(is_leap(year))).sum();
        let months: u32 = (1..month).map(|month| days_of(year, month)).sum();
        exists.then(|| Self(years + months + day - 1))
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What a Crawler on the list may do. `None`: whatever is not bounded otherwise.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Role {
    /// `ids=3,9`: the messages that it may ask.
    pub ids: Option<BTreeSet<MessageId>>,
    /// `min-frequency=60`: a request with a smaller frequency counts as one with this.
    pub min_frequency: Option<Frequency>,
    /// `until=2027-01-31`: its last day.
    pub until: Option<Day>,
    /// `budget=64MiB`: the bytes of replies that it is sent within 24 hours.
    pub budget: Option<u64>,
}

/// A word behind a permid that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoleError {
    /// No such word.
    #[error(
        "behind a permid there may be ids=3,9 min-frequency=60 until=2027-01-31 budget=64MiB, \
         divided by spaces"
    )]
    Word,
    /// Not ids.
    #[error("ids= takes numbers from 0 to 255, divided by commas: ids=3,9")]
    Ids,
    /// Not a frequency.
    #[error("min-frequency= takes seconds from 0 to 65535: min-frequency=60")]
    MinFrequency,
    /// Not a day.
    #[error("until= takes a day that exists, the last one, in UTC: until=2027-01-31")]
    Until,
    /// Not an amount.
    #[error("budget= takes bytes a day, also in KiB, MiB or GiB: budget=64MiB")]
    Budget,
    /// The same word twice.
    #[error("each word may stand there once")]
    Twice,
}

impl Role {
    /// Reads the words behind a permid.
    ///
    /// # Errors
    /// The first that means nothing.
    pub fn parse(text: &str) -> Result<Self, RoleError> {
        let mut role = Self::default();
        for word in text.split_ascii_whitespace() {
            let (name, value) = word.split_once('=').ok_or(RoleError::Word)?;
            let twice = match name {
                "ids" => role.ids.replace(ids(value).ok_or(RoleError::Ids)?).is_some(),
                "min-frequency" => {
                    let seconds = value.parse().map_err(|_| RoleError::MinFrequency)?;
                    role.min_frequency.replace(Frequency(seconds)).is_some()
                }
                "until" => role.until.replace(Day::parse(value).ok_or(RoleError::Until)?).is_some(),
                "budget" => role.budget.replace(bytes(value).ok_or(RoleError::Budget)?).is_some(),
                _ => return Err(RoleError::Word),
            };
            if twice {
                return Err(RoleError::Twice);
            }
        }
        Ok(role)
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn is_over(&self, today: Day) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

fn ids(text: &str) -> Option<BTreeSet<MessageId>> {
    text.split(',').map(|id| id.parse().ok().map(MessageId)).collect()
}

fn bytes(text: &str) -> Option<u64> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let unit = units.iter().find_map(|(unit, by)| Some((text.strip_suffix(unit)?, *by)));
    let (number, by) = unit.unwrap_or((text, 0));
    number.parse::<u64>().ok()?.checked_mul(1 << by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_words_behind_a_permid() {
        assert_eq!(Role::parse(" "), Ok(Role::default()));
        let role = Role::parse("ids=3,9  min-frequency=60\tuntil=2027-01-31 budget=64MiB");
        let expected = Role {
            ids: Some([MessageId(3), MessageId(9)].into()),
            min_frequency: Some(Frequency(60)),
            until: Some(Day(20_849)),
            budget: Some(64 << 20),
        };
        assert_eq!(role, Ok(expected));
        for (text, error) in [
            ("ids", RoleError::Word),
            ("everything=1", RoleError::Word),
            ("ids=", RoleError::Ids),
            ("ids=3,256", RoleError::Ids),
            ("min-frequency=65536", RoleError::MinFrequency),
            ("until=2027-02-29", RoleError::Until),
            ("until=27-2-1", RoleError::Until),
            ("until=2027-01-01-01", RoleError::Until),
            ("budget=64MB", RoleError::Budget),
            ("budget=99999999999GiB", RoleError::Budget),
            ("ids=3 ids=4", RoleError::Twice),
        ] {
            assert_eq!(Role::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_last_day_counts_and_leap_days_do() {
        let role = Role::parse("until=2028-02-29").unwrap();
        let end = 1_835_481_600; // 2028-03-01T00:00:00Z, by `date`
        assert!(!role.is_over(Day::of(end - 1)) && role.is_over(Day::of(end)));
        assert_eq!(Day::parse("1970-01-01"), Some(Day(0)));
        assert!(Day::parse("2100-02-29").is_none() && Day::parse("2000-02-29").is_some());
    }
}

//! Numbers in filters: with units, compared, or in a range.

/// Which units a field's numbers have, the one that counts where none is written first; and how
/// much of the smallest each is.
pub type Units = &'static [(&'static str, u64)];

/// Plain numbers.
pub const COUNT: Units = &[("", 1)];
/// Microseconds; a number alone is milliseconds.
pub const SHORT: Units = &[
    ("", 1_000),
    ("us", 1),
    ("µs", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
];
/// Microseconds; a number alone is seconds.
pub const LONG: Units = &[
    ("", 1_000_000),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];
/// Bytes.
pub const BYTES: Units =
    &[("", 1), ("b", 1), ("kib", 1 << 10), ("k", 1 << 10), ("mib", 1 << 20), ("m", 1 << 20)];

/// From one number to another, both included; or all others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Test {
    from: u64,
    to: u64,
    others: bool,
}

impl Test {
    #[must_use]
    pub const fn holds(self, number: u64) -> bool {
        (number >= self.from && number <= self.to) != self.others
    }
}

/// `200ms`, `>=13`, `!=254`, `5..20`, `now`.
pub fn read(text: &str, units: Units) -> Result<Test, String> {
    let (sign, rest) = comparison(text);
    let between = |from, to| Test { from, to, others: false };
    if let Some((from, to)) = rest.split_once("..").filter(|_| sign.is_empty()) {
        let ((from, _), (to, unit)) = (amount(from, units)?, amount(to, units)?);
        let to = to.saturating_add(unit - 1);
        return if from <= to {
            Ok(between(from, to))
        } else {
            Err("the range is empty".to_owned())
        };
    }
    let (number, unit) = amount(rest, units)?;
    let end = number.saturating_add(unit - 1); // `3ms` is all that is shown as 3 ms
    Ok(match sign {
        ">" => match end.checked_add(1) {
            Some(from) => between(from, u64::MAX),
            None => return Err("nothing is larger".to_owned()),
        },
        ">=" => between(number, u64::MAX),
        "<" => match number.checked_sub(1) {
            Some(to) => between(0, to),
            None => return Err("nothing is smaller".to_owned()),
        },
        "<=" => between(0, end),
        "!=" => Test { from: number, to: end, others: true },
        _ => between(number, end),
    })
}

fn comparison(text: &str) -> (&str, &str) {
    let signs = [">=", "<=", "!=", "==", ">", "<", "="];
    let sign = signs.into_iter().find(|sign| text.starts_with(sign)).unwrap_or("");
    text.split_at(sign.len())
}

/// A number and its unit, both in the smallest unit.
fn amount(text: &str, units: Units) -> Result<(u64, u64), String> {
    if text == "now" {
        return Ok((0, 1));
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if digits.is_empty() {
        return Err("not a number".to_owned());
    }
    let name = unit.to_lowercase();
    let (_, factor) =
        units.iter().find(|(known, _)| *known == name).ok_or_else(|| no_unit(unit, units))?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let number: u64 = whole.parse().map_err(|_| "not a number that fits".to_owned())?;
    let number = number.checked_mul(*factor).ok_or("not a number that fits")?;
    if part.is_empty() {
        return Ok((number, *factor));
    }
    let (part, digits): (u64, u32) = match (part.parse(), u32::try_from(part.len())) {
        (Ok(part), Ok(digits)) if digits <= 6 => (part, digits),
        _ => return Err("at most six decimal places".to_owned()),
    };
    let step = 10_u64.pow(digits);
    let small = u128::from(part) * u128::from(*factor) / u128::from(step);
    Ok((number.saturating_add(u64::try_from(small).unwrap_or(u64::MAX)), (factor / step).max(1)))
}

fn no_unit(unit: &str, units: Units) -> String {
    let unit = crate::words::clean(unit);
    let known: Vec<&str> =
        units.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
    if known.is_empty() {
        format!("{unit} is not a number")
    } else {
        format!("{unit} is not a unit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_they_are_written() {
        for (text, units, inside, outside) in [
            ("17", COUNT, vec![17], vec![16, 18]),
            (">=13", COUNT, vec![13, 99], vec![12]),
            ("!=254", COUNT, vec![0, 253, 255], vec![254]),
            ("5..7", COUNT, vec![5, 7], vec![4, 8]),
            (">200ms", SHORT, vec![201_000], vec![200_000, 200_999]),
            ("3", SHORT, vec![3_000, 3_999], vec![2_999, 4_000]),
            ("<=1.5s", SHORT, vec![1_500_000, 1_599_999], vec![1_600_000]),
            ("<10min", LONG, vec![599_999_999], vec![600_000_000]),
            ("now", LONG, vec![0], vec![1]),
            (">10KiB", BYTES, vec![11_264], vec![10_240, 11_263]),
        ] {
            let test = read(text, units).unwrap();
            for number in inside {
                assert!(test.holds(number), "{text} {number}");
            }
            for number in outside {
                assert!(!test.holds(number), "{text} {number}");
            }
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, units, why) in [
            ("fast", SHORT, "not a number"),
            ("3 parsecs", SHORT, "not a unit"),
            ("3x", COUNT, "not a number"),
            ("<0", COUNT, "smaller"),
            (">18446744073709551615", COUNT, "larger"),
            ("99999999999999999999", COUNT, "fits"),
            ("9999999999999999h", SHORT, "fits"),
            ("7..5", COUNT, "empty"),
            ("1.0000000001s", SHORT, "decimal places"),
            (">", COUNT, "not a number"),
        ] {
            let found = read(text, units).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
    }
}

//! Whole numbers as the text encodings carry them: nearly always small, but without a bound in
//! Python.

use std::cmp::Ordering;
use std::fmt;

/// A whole number of any size. Two equal numbers are equal values: what fits 64 bits is never
/// [`Integer::Big`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Integer {
    /// Fits into 64 bits.
    Small(i64),
    /// The decimal digits, with a minus before them where negative, without leading zeros.
    Big(Box<str>),
}

impl Integer {
    /// Reads decimal digits with an optional minus; leading zeros and `-0` pass (see
    /// [`Self::is_canonical`]).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let small = text.parse().map(Self::Small);
        Some(small.unwrap_or_else(|_| {
            Self::Big(format!("{sign}{}", digits.trim_start_matches('0')).into())
        }))
    }

    /// Whether `text` is the one way to write its number: no leading zeros, no `-0`.
    #[must_use]
    pub fn is_canonical(text: &[u8]) -> bool {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        text == b"0" || !digits.starts_with(b"0")
    }

    /// Reads little-endian two's complement, as pickles carry it; no bytes are 0. Takes quadratic
    /// time.
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8]) -> Self {
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        if bytes.len() <= size_of::<i64>() {
            let mut word = [if negative { u8::MAX } else { 0 }; size_of::<i64>()];
            word[..bytes.len()].copy_from_slice(bytes);
            return Self::Small(i64::from_le_bytes(word));
        }
        let digits = magnitude(bytes, negative);
        let text = format!("{}{digits}", if negative { "-" } else { "" });
        Self::parse(text.as_bytes()).unwrap_or(Self::Small(0))
    }

    /// The number where it fits 64 bits.
    #[must_use]
    pub const fn small(&self) -> Option<i64> {
        match self {
            Self::Small(value) => Some(*value),
            Self::Big(_) => None,
        }
    }
}

/// The decimal digits of the number without its sign.
fn magnitude(bytes: &[u8], negative: bool) -> String {
    let mut limbs = limbs(bytes, negative);
    let mut groups = Vec::new();
    while let Some(last) = limbs.last() {
        if *last == 0 {
            limbs.pop();
            continue;
        }
        let mut rest = 0_u64;
        for limb in limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = u32::try_from(value / GROUP).unwrap_or_default(); // less than 2^32, because rest < GROUP
            rest = value % GROUP;
        }
        groups.push(rest);
    }
    let Some(first) = groups.pop() else { return "0".into() };
    groups.iter().rev().fold(first.to_string(), |text, group| text + &format!("{group:09}"))
}

/// What is written out at once: nine digits, which fit a limb.
const GROUP: u64 = 1_000_000_000;

/// The number without its sign in 32 bits a limb, the lowest first.
fn limbs(bytes: &[u8], negative: bool) -> Vec<u32> {
    let filler = if negative { u8::MAX } else { 0 };
    let mut carry = negative;
    let limb = |bytes: &[u8]| {
        let mut word = [filler; size_of::<u32>()];
        word[..bytes.len()].copy_from_slice(bytes);
        let word = u32::from_le_bytes(word);
        let (limb, over) = if negative { !word } else { word }.overflowing_add(carry.into());
        carry = over;
        limb
    };
    let mut limbs: Vec<_> = bytes.chunks(size_of::<u32>()).map(limb).collect();
    limbs.push(carry.into()); // of the lowest number there is
    limbs
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        // A longer run of digits is further from 0, and equally long ones compare as text.
        let big = |digits: &str| (digits.len(), digits.to_owned());
        match (self, other) {
            (Self::Small(one), Self::Small(other)) => one.cmp(other),
            (Self::Small(_), Self::Big(digits)) => {
                if digits.starts_with('-') {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (Self::Big(_), Self::Small(_)) => other.cmp(self).reverse(),
            (Self::Big(one), Self::Big(other)) => {
                match (one.starts_with('-'), other.starts_with('-')) {
                    (true, true) => big(other).cmp(&big(one)),
                    (false, false) => big(one).cmp(&big(other)),
                    (negative, _) => {
                        if negative {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                }
            }
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self::Small(value)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(value) => value.fmt(f),
            Self::Big(digits) => f.write_str(digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_any_size_keep_their_value() {
        for text in [
            "0",
            "-1",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "-10000000000000000000",
        ] {
            let number = Integer::parse(text.as_bytes()).unwrap();
            assert_eq!(number.to_string(), text);
            assert!(Integer::is_canonical(text.as_bytes()));
        }
        assert_eq!(
            Integer::parse(b"-0009223372036854775809"),
            Some(Integer::Big("-9223372036854775809".into()))
        );
        assert_eq!(Integer::parse(b"007"), Some(Integer::Small(7)));
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let sorted = [
            "-100000000000000000000",
            "-10000000000000000000",
            "-9223372036854775808",
            "-1",
            "0",
            "9223372036854775807",
            "9223372036854775808",
            "10000000000000000000",
            "100000000000000000000",
        ];
        let sorted = sorted.map(|text| Integer::parse(text.as_bytes()).unwrap());
        for (at, one) in sorted.iter().enumerate() {
            for (place, other) in sorted.iter().enumerate() {
                assert_eq!(one.cmp(other), at.cmp(&place), "{one} {other}");
            }
        }
    }

    #[test]
    fn twos_complement_is_read_at_any_length() {
        for (bytes, text) in [
            (&b""[..], "0"),
            (b"\xff", "-1"),
            (b"\xff\x00", "255"),
            (b"\x00\x80", "-32768"),
            (b"\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808"),
            (b"\x00\x00\x00\x00\x00\x00\x00\x80\x00", "9223372036854775808"),
            (b"\x00\x00\x00\x00\x00\x00\x00\x00\xff", "-18446744073709551616"),
            (b"\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00", "5"),
            (b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", "-39614081257132168796771975168"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
            (b"\xfb\xff\xff\xff\xff\xff\xff\xff\xff\xff", "-5"),
        ] {
            assert_eq!(Integer::from_le_bytes(bytes).to_string(), text);
            assert_eq!(Integer::from_le_bytes(bytes), Integer::parse(text.as_bytes()).unwrap());
        }
        assert_eq!(Integer::from_le_bytes(&[0x7f; 255]).to_string().len(), 614);
    }

    proptest! {
        #[test]
        fn twos_complement_is_what_the_machine_says(number: i128, shift in 0..128_u32) {
            let number = number >> shift;
            prop_assert_eq!(Integer::from_le_bytes(&number.to_le_bytes()).to_string(), number.to_string());
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            &b""[..],
            b"-",
            b"--1",
            b"+1",
            b"1 ",
            b"1.0",
            b"0x1",
            b"\xff",
            b"99999999999999999999x",
        ] {
            assert_eq!(Integer::parse(text), None, "{text:?}");
        }
        for text in [&b"-0"[..], b"01", b"-01", b"00"] {
            assert!(!Integer::is_canonical(text), "{text:?}");
        }
    }
}

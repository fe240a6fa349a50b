//! Floats as Python 2 writes them, which is how encoding "a" carries them (protocol.md §6).

/// How many significant digits `str()` keeps.
const DIGITS: i32 = 12;

/// What Python 2's `str()` makes of a float: 12 significant digits, an exponent below 1e-4 and from 1e12 on.
#[must_use]
pub fn python_str(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".into() } else { value.to_string() };
    }
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..DIGITS).contains(&exponent) {
        let decimals = (DIGITS - 1 - exponent).unsigned_abs() as usize;
        let fixed = format!("{value:.decimals$}");
        let short = without_zeros(&fixed);
        if short.contains('.') { short.into() } else { format!("{short}.0") }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs())
    }
}

/// Without zeros at the end of the fraction, and without a fraction of zeros.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Python 2.7's `str()`: `'%.12g'`, and `.0` after what would read as a whole number.
    #[test]
    fn floats_are_written_as_python_2_does() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (2.5, "2.5"),
            (0.1, "0.1"),
            (-2.0, "-2.0"),
            (1e300, "1e+300"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e11, "100000000000.0"),
            (1e12, "1e+12"),
            (123_456_789_012.0, "123456789012.0"),
            (123_456_789_012.5, "123456789012.0"),
            (999_999_999_999.9, "1e+12"),
            (1.0 / 3.0, "0.333333333333"),
            (2.0 / 3.0, "0.666666666667"),
            (1_234_567_890.123_456_7, "1234567890.12"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(python_str(value), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_near_and_written_again_the_same(value: f64) {
            let text = python_str(value);
            let read: f64 = text.parse()?;
            prop_assert_eq!(python_str(read), text);
            if value.is_normal() && read.is_finite() {
                prop_assert!(((read - value) / value).abs() < 1e-11);
            }
        }
    }
}

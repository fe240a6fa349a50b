//! Floats as Python 2 writes them, which is how encoding "a" and old pickles carry them
//! (protocol.md §6).

/// How many significant digits `str()` keeps.
const DIGITS: i32 = 12;
/// The first power of ten that is written with an exponent: 2.7.1, which the original ran on, needs
/// one of the 12 digits for the zero after the point.
const FIRST_EXPONENT: i32 = DIGITS - 1;

/// Reads a float as Python writes it on any platform: old versions on Windows write what the C
/// library there does, `1.#INF` for infinity, `1.#QNAN` or `-1.#IND` for what is no number.
pub fn read(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    let (sign, magnitude) =
        text.strip_prefix('-').map_or((1.0, text), |magnitude| (-1.0, magnitude));
    match magnitude.strip_prefix("1.#") {
        Some("INF") => Some(sign * f64::INFINITY),
        Some("IND" | "QNAN" | "SNAN") => Some(f64::NAN),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// What Python 2.7.1's `str()` makes of a float: 12 significant digits, an exponent below 1e-4 and
/// from 1e11 on.
#[must_use]
pub fn python_str(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".into() } else { value.to_string() };
    }
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..FIRST_EXPONENT).contains(&exponent) {
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

    /// Python 2.7.1's `str()`: `'%.12g'` with room for the `.0` after what would read as a whole
    /// number.
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
            (12_345_678_901.0, "12345678901.0"),
            (99_999_999_999.9, "99999999999.9"),
            (99_999_999_999.96, "1e+11"),
            (1e11, "1e+11"),
            (123_456_789_013.0, "1.23456789013e+11"),
            (123_456_789_012.5, "1.23456789012e+11"),
            (1e12, "1e+12"),
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

    #[test]
    fn floats_of_all_platforms_are_read() {
        for (text, value) in [
            ("1.5e+011", 1.5e11),
            ("1.#INF", f64::INFINITY),
            ("-1.#INF", f64::NEG_INFINITY),
            ("2.5\r", 2.5),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#SNAN"] {
            assert!(read(text).is_some_and(f64::is_nan), "{text}");
        }
        for text in ["", "1.#", "1.#INFO", "2.#INF", "1,5", "+-1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_near_and_written_again_the_same(value: f64) {
            let text = python_str(value);
            let read = read(&text).ok_or_else(|| TestCaseError::fail(text.clone()))?;
            prop_assert_eq!(python_str(read), text);
            if value.is_normal() && read.is_finite() {
                prop_assert!(((read - value) / value).abs() < 1e-11);
            }
        }
    }
}

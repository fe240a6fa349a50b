//! Bytes and text from peers, made fit for people: nothing that is shown, logged, copied or written
//! to a table may move the cursor, change colours, reverse the order of reading, or hide.

use std::borrow::Cow;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use unicode_width::UnicodeWidthChar as _;

mod json;

pub use json::{json, write_json, write_json_pretty};

/// What stands for a character that is not shown.
pub const SUBSTITUTE: char = '·';
/// What stands at the end of a text that was cut.
pub const ELLIPSIS: char = '…';
/// How many marks may stand on one character. Languages need two; more of them climb out of the
/// line.
const MAX_MARKS: usize = 2;

/// How many bytes of a text there are at least for each control character in it: coloured log lines
/// have fewer.
const MIN_CHARS_A_CONTROL: usize = 8;

/// Two lower-case digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Bytes from pairs of hexadecimal digits; white space is passed over.
///
/// # Errors
/// A character that is not a digit, with its position, or half a byte.
pub fn read_hex(typed: &str) -> Result<Vec<u8>, String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some((at, wrong)) =
        typed.chars().enumerate().find(|(_, c)| !c.is_whitespace() && !c.is_ascii_hexdigit())
    {
        return Err(format!("{wrong:?} at position {} is not a hexadecimal digit", at + 1));
    }
    HEXLOWER_PERMISSIVE
        .decode(digits.as_bytes())
        .map_err(|_| format!("an odd number of hexadecimal digits ({})", digits.len()))
}

/// `1 value`, `5 174 rows`: thousands are set apart by a space, as everywhere on the screen.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text.push(' ');
    text.push_str(if number == 1 { one } else { many });
    text
}

/// Replaces every character that is not plainly visible by [`SUBSTITUTE`]: controls (line ends and
/// tabs too), escapes, bidi marks, zero-width characters, private and unassigned ones, and marks
/// that stand on nothing or on too many others.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut cleaner = Cleaner::default();
    if text.chars().all(|c| cleaner.next(c) == c) {
        return Cow::Borrowed(text);
    }
    let mut cleaner = Cleaner::default();
    Cow::Owned(text.chars().map(|c| cleaner.next(c)).collect())
}

/// As [`clean`], for a text of lines and columns: line ends and tabs stay.
#[must_use]
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    let mut cleaner = Cleaner::default();
    if text.chars().all(|c| cleaner.next_in_lines(c) == c) {
        return Cow::Borrowed(text);
    }
    let mut cleaner = Cleaner::default();
    Cow::Owned(text.chars().map(|c| cleaner.next_in_lines(c)).collect())
}

/// As [`clean`], for bytes; each sequence that is not UTF-8 becomes one [`SUBSTITUTE`].
#[must_use]
pub fn clean_bytes(bytes: &[u8]) -> String {
    let mut cleaner = Cleaner::default();
    chars(bytes).map(|c| cleaner.next(c)).collect()
}

/// As [`clean_bytes`], and no longer than `max` characters: what is cut ends in [`ELLIPSIS`]. Bytes
/// behind the cut are not looked at.
#[must_use]
pub fn clip(bytes: &[u8], max: usize) -> String {
    const LONGEST_CHAR: usize = 4;
    let enough = bytes.len().min(max.saturating_add(1).saturating_mul(LONGEST_CHAR));
    let mut cleaner = Cleaner::default();
    let mut chars = chars(&bytes[..enough]).map(|c| cleaner.next(c));
    let mut text: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() {
        text.pop();
        text.extend((max > 0).then_some(ELLIPSIS));
    }
    text
}

/// Whether bytes are text for people: UTF-8, with a control character here and there at most.
#[must_use]
pub fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let controls =
        text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')).count();
    controls * MIN_CHARS_A_CONTROL <= bytes.len()
}

/// The characters of bytes, with a [`SUBSTITUTE`] for each sequence that is not UTF-8.
fn chars(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain((!chunk.invalid().is_empty()).then_some(SUBSTITUTE))
    })
}

/// Looks at one character after the other, so that it can count marks.
#[derive(Default)]
struct Cleaner {
    /// How many more marks may follow.
    marks_left: usize,
}

impl Cleaner {
    fn next_in_lines(&mut self, c: char) -> char {
        match (self.next(c), c) {
            (_, '\n' | '\t') => c,
            (shown, _) => shown,
        }
    }

    fn next(&mut self, c: char) -> char {
        if c.is_ascii() && !c.is_ascii_control() {
            self.marks_left = MAX_MARKS;
            return c;
        }
        if is_hidden(c) {
            self.marks_left = 0;
            return SUBSTITUTE;
        }
        if c.width() != Some(0) {
            self.marks_left = MAX_MARKS;
            return c;
        }
        let Some(left) = self.marks_left.checked_sub(1) else { return SUBSTITUTE };
        self.marks_left = left;
        c
    }
}

/// Characters that do something else than show themselves.
fn is_hidden(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' // zero-width spaces and joiners, marks of direction
        | '\u{2028}'..='\u{202e}' // line and paragraph ends, embeddings and overrides of direction
        | '\u{2060}'..='\u{206f}' // invisible operators, isolates of direction
        | '\u{2800}' // an empty pattern of dots
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'); // tags, and selectors of variants
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let no_character = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    c.is_control() || invisible || private || no_character
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hex_has_two_digits_a_byte() {
        assert_eq!(hex(&[0x00, 0x9f, 0xff]), "009fff");
        assert_eq!(read_hex(" 00 9f\tFf\n"), Ok(vec![0x00, 0x9f, 0xff]));
        assert_eq!(read_hex("00 0g").unwrap_err(), "'g' at position 5 is not a hexadecimal digit");
        assert_eq!(read_hex("00é").unwrap_err(), "'é' at position 3 is not a hexadecimal digit");
        assert_eq!(read_hex("00 0").unwrap_err(), "an odd number of hexadecimal digits (3)");
    }

    #[test]
    fn counts_are_readable() {
        assert_eq!(count(0, "row", "rows"), "0 rows");
        assert_eq!(count(1, "row", "rows"), "1 row");
        assert_eq!(count(174, "row", "rows"), "174 rows");
        assert_eq!(count(5174, "row", "rows"), "5 174 rows");
        assert_eq!(count(1_234_567, "row", "rows"), "1 234 567 rows");
    }

    #[test]
    fn plain_text_is_not_copied() {
        for text in [
            "",
            "SELECT 1",
            "Ünïcödé",
            "日本語",
            "한국어",
            "עברית",
            "ไทย",
            "क्षि",
            "e\u{301}",
            "😀",
            "a·b…",
        ] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_does_something_is_replaced() {
        for (text, shown) in [
            ("\x1b[31mred\x1b[0m", "·[31mred·[0m"),
            ("a\r\nb\tc\0\x07\x7f", "a··b·c···"),
            ("\u{9b}31m", "·31m"),
            ("user\u{202e}gnp.exe\u{2066}x\u{2069}", "user·gnp.exe·x·"),
            ("a\u{200b}b\u{feff}c\u{200d}d\u{ad}e", "a·b·c·d·e"),
            ("\u{e000}\u{10ffff}\u{fffe}\u{e0041}\u{2028}", "·····"),
            ("\u{3164}\u{ffa0}\u{115f}\u{2800}", "····"),
            ("\u{301}a", "·a"),
            ("z\u{301}\u{302}\u{303}\u{304}", "z\u{301}\u{302}··"),
        ] {
            assert_eq!(clean(text), shown, "{text:?}");
            assert_eq!(clean_bytes(text.as_bytes()), shown);
        }
        assert_eq!(clean_bytes(b"a\xff\xfeb\xe2\x82"), "a··b·");
    }

    #[test]
    fn lines_and_columns_stay_where_they_are_wanted() {
        assert!(matches!(clean_lines("a\tb\nc\n"), Cow::Borrowed("a\tb\nc\n")));
        assert_eq!(clean_lines("a\x1b[31m\tb\r\n\u{301}\u{202e}c\u{9b}\n"), "a·[31m\tb·\n··c·\n");
    }

    #[test]
    fn what_is_cut_ends_in_an_ellipsis() {
        assert_eq!(clip(b"abcdef", 6), "abcdef");
        assert_eq!(clip(b"abcdef", 5), "abcd…");
        assert_eq!(clip("äöü\n".as_bytes(), 3), "äö…");
        assert_eq!(clip(b"abc", 1), "…");
        assert_eq!(clip(b"abc", 0), "");
        assert_eq!(clip(b"", 0), "");
    }

    #[test]
    fn text_is_told_from_other_bytes() {
        for text in ["", "SELECT 1;\nSELECT 2;\r\n\t", "été", "\x1b[31mred and more\x1b[0m"] {
            assert!(is_text(text.as_bytes()), "{text:?}");
        }
        for bytes in [&b"\0"[..], b"\xff", b"a\0b\0c\0d\0", b"\x80\x02]q\x01."] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn json_is_exact_and_safe_to_show() {
        let value = serde_json::json!({"a\u{202e}": "\x1b[0m\u{9b}\u{e0041}é\n"});
        let line = json(&value).unwrap();
        assert_eq!(line, r#"{"a\u202e":"\u001b[0m\u009b\udb40\udc41é\n"}"#);
        let marks = "\u{7f}\u{2028}\u{2066}x\n\u{301}y\u{301}";
        assert_eq!(
            json(&marks).unwrap(),
            "\"\\u007f\\u2028\\u2066x\\n\\u0301y\u{301}\"",
            "a mark needs something to stand on"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
        let (mut lines, value) = (Vec::new(), serde_json::json!([{"a": "\u{202e}"}, {}, [], 1]));
        write_json_pretty(&mut lines, &value).unwrap();
        let usual = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(String::from_utf8_lossy(&lines), usual.replace('\u{202e}', "\\u202e"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_cleaned_hides_or_moves(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "\\PC*|.*", max in 0..40_usize) {
            for shown in [clean(&text).into_owned(), clean_bytes(&bytes), clean_bytes(text.as_bytes()), clip(text.as_bytes(), max)] {
                prop_assert!(!shown.chars().any(is_hidden));
                prop_assert!(shown.chars().all(|c| c.width().is_some()));
                prop_assert_eq!(clean(&shown), &*shown);
            }
            prop_assert_eq!(clean(&text).chars().count(), text.chars().count());
            prop_assert!(clip(&bytes, max).chars().count() <= max);
            if clean(&text).chars().count() <= max {
                prop_assert_eq!(clip(text.as_bytes(), max), clean(&text));
            }
            let value = serde_json::Value::String(text);
            let line = json(&value)?;
            prop_assert!(!line.chars().any(is_hidden));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&line)?, value);
        }
    }
}

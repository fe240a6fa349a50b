//! Tables for spreadsheets and other programs: RFC 4180, cells that no program takes for a formula.

use std::borrow::Cow;

use super::text;

/// What a spreadsheet takes for the beginning of a formula. The wide forms are what an input method
/// for Chinese or Japanese makes of the same keys, and are understood as well.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A row and its end.
#[must_use]
pub fn row<C: AsRef<str>>(cells: impl IntoIterator<Item = C>) -> String {
    let mut row = String::new();
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            row.push(',');
        }
        row.push_str(&cell(text.as_ref()));
    }
    row.push_str("\r\n");
    row
}

/// A cell that is what it says in every program: control characters are replaced, what would be a
/// formula begins with an apostrophe, and what could end it is quoted. A number stays one.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    let mut cell = text::clean(text);
    if cell.trim_start().starts_with(FORMULA) && !is_number(&cell) {
        cell = format!("'{cell}").into();
    }
    // some countries' spreadsheets part cells with a semicolon
    if cell.contains([',', ';', '"', '\n', '\r', '\t']) {
        cell = format!("\"{}\"", cell.replace('"', "\"\"")).into();
    }
    cell
}

/// `-1`, `-0.25`: nothing that is calculated.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or_default();
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_its_row() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("-", "'-"),
            (" =1", "' =1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a,b", "\"a,b\""),
            ("a;=1", "\"a;=1\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(cell(text), expected);
        }
        assert!(!cell("a\r\n=1\t=2").contains(['\r', '\n', '\t']));
    }

    #[test]
    fn numbers_stay_numbers() {
        for number in ["0", "17", "-1", "-0.25", "1.5e3"] {
            assert_eq!(cell(number), number);
        }
    }

    #[test]
    fn a_row_has_its_end() {
        assert_eq!(row(["a", "=b", ""]), "a,'=b,\r\n");
    }
}

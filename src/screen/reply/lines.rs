//! A payload as rows of text and as rows of bytes: a function of the width that they have.

use unicode_width::UnicodeWidthChar as _;

use crate::screen::size::Class;
use swarmscope_facts::reply::text::text_lines;

/// The most cells of the right pane's text: what belongs together must not drift apart.
pub const WIDEST: u16 = 118;

/// Where the list ends in a terminal of 80 columns, and of 100.
pub const COMPACT_LIST: u16 = 37;
pub const MIDDLE_LIST: u16 = 43;

/// From this width on the bytes of a reply stand beside its values, not below them.
pub const BESIDE: u16 = 112;

/// Cells that the right pane takes at least, with what stands around it.
const RIGHT: u16 = 64;

/// Cells of the list where the terminal is wide: more columns than usual get more room, as far as
/// the right pane keeps its own.
#[must_use]
pub fn list_width(columns: u16, list: u16) -> u16 {
    (list + 3).clamp(56, columns.saturating_sub(RIGHT).max(56))
}

/// Cells that a reply has on the main screen (the layout's own test compares). `list`: what the
/// list's columns would take.
#[must_use]
pub fn reply_width(class: Class, columns: u16, list: u16) -> u16 {
    match class {
        Class::TooSmall => 1,
        Class::OnePane => columns.saturating_sub(4),
        Class::Compact => columns.saturating_sub(COMPACT_LIST + 5),
        Class::Middle => at_most(columns.saturating_sub(MIDDLE_LIST + 6)),
        Class::Wide => at_most(columns.saturating_sub(list_width(columns, list) + 6)),
    }
}

const fn at_most(room: u16) -> u16 {
    if room < WIDEST { room } else { WIDEST }
}

/// One row of a payload's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextRow {
    /// Of the payload's lines.
    pub line: usize,
    /// Where in the line it begins, in bytes of the line as it is shown.
    pub first: usize,
    pub text: String,
}

/// The same in rows of at most `room` cells.
pub fn text_rows(payload: &[u8], room: usize) -> impl Iterator<Item = TextRow> {
    text_lines(payload).enumerate().flat_map(move |(line, text)| folded(line, &text, room.max(1)))
}

/// One line in pieces that fit.
fn folded(line: usize, text: &str, room: usize) -> Vec<TextRow> {
    let mut rows = Vec::new();
    let mut first = 0;
    loop {
        let rest = &text[first..];
        let piece = Some(cut(rest, room)).filter(|piece| !piece.is_empty()).unwrap_or(rest);
        rows.push(TextRow { line, first, text: piece.to_owned() });
        first += piece.len();
        if first >= text.len() {
            return rows;
        }
    }
}

/// The longest beginning of `text` that takes at most `room` cells.
#[must_use]
pub fn cut(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > room {
            return &text[..at];
        }
    }
    text
}

/// Cells of bytes in rows of so many.
#[must_use]
pub fn hex_width(in_a_row: u16, length: usize) -> u16 {
    const GAP: u16 = 2;
    offset_digits(length) + 2 * GAP + 4 * in_a_row - 1
}

/// How many digits an offset has.
#[must_use]
pub const fn offset_digits(length: usize) -> u16 {
    match length {
        0..=0x1000 => 3,
        0x1001..=0x10_0000 => 5,
        _ => 7,
    }
}

/// Blanks between the columns of bytes.
#[must_use]
pub const fn hex_gap(width: u16) -> u16 {
    if width >= 50 { 2 } else { 1 }
}

/// Bytes in one row: a function of the width, and of how long offsets are.
#[must_use]
pub fn bytes_per_row(width: u16, length: usize) -> usize {
    let room = width.saturating_sub(offset_digits(length) + 2 * hex_gap(width)) + 1;
    let fitting = usize::from(room / 4);
    [16, 12, 8, 4].into_iter().find(|n| *n <= fitting).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_bytes_are_as_long_as_the_width_allows() {
        assert_eq!(bytes_per_row(58, 79), 12, "at 120 columns");
        assert_eq!(bytes_per_row(51, 79), 8, "at 100 columns");
        assert_eq!(bytes_per_row(38, 79), 8, "at 80 columns");
        assert_eq!(bytes_per_row(138, 79), 16);
        assert_eq!(bytes_per_row(38, 60_000), 8, "longer offsets still leave room for 8");
        assert_eq!(bytes_per_row(3, 1), 1);
    }

    #[test]
    fn rows_of_text_lose_nothing() {
        let rows: Vec<(usize, usize, String)> = text_rows("abcdef\r\n\n日本語x".as_bytes(), 4)
            .map(|row| (row.line, row.first, row.text))
            .collect();
        let row = |line, first, text: &str| (line, first, text.to_owned());
        assert_eq!(
            rows,
            [
                row(0, 0, "abcd"),
                row(0, 4, "ef"),
                row(1, 0, ""),
                row(2, 0, "日本"),
                row(2, 6, "語x")
            ]
        );
        assert_eq!(text_rows("日".as_bytes(), 1).count(), 1, "what can't fit is still there");
    }
}

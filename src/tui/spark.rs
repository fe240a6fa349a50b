//! Lines of figures over time: a column a second, the newest one accented.

use ratatui::style::Style;

use super::canvas::Canvas;

/// Seven heights, so that the rows of two lines stay apart.
const HEIGHTS: [&str; 7] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇"];
/// Eight in one cell, for curves of several rows.
const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// One row, from 0 to `high`, right-aligned; `·` where nothing was measured.
pub fn row(canvas: &mut Canvas, x: u16, right: u16, y: u16, figures: &[u64], high: u64) {
    let room = usize::from(right.saturating_sub(x));
    let shown = &figures[figures.len().saturating_sub(room)..];
    let (faint, accent) = (canvas.theme.faint, canvas.theme.accent);
    let mut at = canvas.text(x, right, y, &"·".repeat(room - shown.len()), faint);
    for (i, figure) in shown.iter().enumerate() {
        let style = if i + 1 == shown.len() { accent } else { faint };
        at = canvas.text(at, right, y, HEIGHTS[height(*figure, high, HEIGHTS.len())], style);
    }
}

/// A curve of several rows, as many columns wide as there is room for.
pub fn curve(
    canvas: &mut Canvas,
    (x, right): (u16, u16),
    (y, rows): (u16, u16),
    figures: &[u64],
    high: u64,
) {
    let (room, seconds) = (usize::from(right.saturating_sub(x)), figures.len().max(1));
    let (faint, accent) = (canvas.theme.faint, canvas.theme.accent);
    let all = usize::from(rows) * EIGHTHS.len();
    for (column, at) in (0..room).zip(x..right) {
        let Some(figure) = figures.get(column * seconds / room.max(1)) else { continue };
        let newest = (column + 1) * seconds / room.max(1) >= seconds;
        let style = if newest { accent } else { faint };
        let mut left = height(*figure, high, all) + usize::from(*figure > 0);
        for row in (0..rows).rev() {
            let sign = left.min(EIGHTHS.len()).checked_sub(1).map(|eighth| EIGHTHS[eighth]);
            if let Some(sign) = sign {
                canvas.text(at, right, y + row, sign, style);
            }
            left = left.saturating_sub(EIGHTHS.len());
        }
    }
}

/// Which of so many heights; more than nothing is never the lowest one of several.
fn height(figure: u64, high: u64, heights: usize) -> usize {
    if figure == 0 || high == 0 {
        return 0;
    }
    let most = heights as u64 - 1;
    let height = (u128::from(figure.min(high)) * u128::from(most) / u128::from(high)).max(1);
    usize::try_from(height).unwrap_or(0)
}

/// A figure in half blocks, four rows high, where there is room for it; else plain and bold, and in
/// plain characters too.
pub fn big(canvas: &mut Canvas, x: u16, right: u16, y: u16, text: &str, style: Style) {
    let strong = style.patch(canvas.theme.strong());
    let glyphs: Vec<Glyph> = text.chars().filter_map(glyph).collect();
    let width: u16 = glyphs.iter().map(|glyph| glyph.width + 1).sum();
    if canvas.theme.ascii || width > right.saturating_sub(x) || glyphs.len() < text.chars().count()
    {
        canvas.text(x, right, y + 1, text, strong);
        return;
    }
    let mut at = x;
    for glyph in glyphs {
        for row in 0..4 {
            for column in 0..glyph.width {
                let dot = |row: usize| glyph.rows.get(row).is_some_and(|r| r >> column & 1 == 1);
                let sign = match (dot(2 * row), dot(2 * row + 1)) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => continue,
                };
                let y = y + u16::try_from(row).unwrap_or(0);
                canvas.text(at + column, right, y, sign, style);
            }
        }
        at += glyph.width + 1;
    }
}

/// Dots of a character: seven rows, the leftmost dot in the lowest bit.
struct Glyph {
    width: u16,
    rows: [u8; 7],
}

const fn glyph(c: char) -> Option<Glyph> {
    let (width, rows) = match c {
        '0' => (4, [15, 9, 9, 9, 9, 9, 15]),
        '1' => (4, [4, 6, 4, 4, 4, 4, 14]),
        '2' => (4, [15, 8, 8, 15, 1, 1, 15]),
        '3' => (4, [15, 8, 8, 14, 8, 8, 15]),
        '4' => (4, [9, 9, 9, 15, 8, 8, 8]),
        '5' => (4, [15, 1, 1, 15, 8, 8, 15]),
        '6' => (4, [15, 1, 1, 15, 9, 9, 15]),
        '7' => (4, [15, 8, 8, 4, 4, 2, 2]),
        '8' => (4, [15, 9, 9, 15, 9, 9, 15]),
        '9' => (4, [15, 9, 9, 15, 8, 8, 15]),
        '.' => (1, [0, 0, 0, 0, 0, 0, 1]),
        '–' => (3, [0, 0, 0, 7, 0, 0, 0]),
        ' ' => (1, [0; 7]),
        _ => return None,
    };
    Some(Glyph { width, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_as_low_as_nothing_and_only_the_most_is_full() {
        let of = |figure| height(figure, 1000, HEIGHTS.len());
        assert_eq!([of(0), of(1), of(500), of(999), of(1000), of(u64::MAX)], [0, 1, 3, 5, 6, 6]);
        assert_eq!(height(5, 0, 7), 0);
    }

    #[test]
    fn every_figure_has_its_dots() {
        assert!("0123456789.– ".chars().all(|c| glyph(c).is_some()));
        assert!(glyph('a').is_none());
    }
}

//! Bytes: offset, hexadecimal, characters; those of the selected field marked in both.

use std::ops::Range;

use ratatui::style::Style;

use super::canvas::{Area, Canvas};

/// How many digits an offset has.
fn digits(length: usize) -> u16 {
    match length {
        0..=0x1000 => 3,
        0x1001..=0x10_0000 => 5,
        _ => 7,
    }
}

/// Blanks between the columns.
fn gap(width: u16) -> u16 {
    if width >= 50 { 2 } else { 1 }
}

/// Bytes in one row: a function of the width, and of how long offsets are.
#[must_use]
pub fn per_row(width: u16, length: usize) -> usize {
    let room = width.saturating_sub(digits(length) + 2 * gap(width)) + 1;
    let fitting = usize::from(room / 4);
    [16, 12, 8, 4].into_iter().find(|n| *n <= fitting).unwrap_or(1)
}

/// Draws bytes from row `first` on.
pub fn draw(canvas: &mut Canvas, area: &Area, bytes: &[u8], first: usize, linked: Option<Range<usize>>) {
    if canvas.mask.is_some() {
        // an address may stand in any of them
        canvas.text(area.x, area.right, area.y, "bytes are hidden with the addresses", canvas.theme.muted);
        return;
    }
    let n = per_row(area.width(), bytes.len());
    let digits = digits(bytes.len());
    let gap = gap(area.width());
    let hex_x = area.x + digits + gap;
    let text_x = hex_x + u16::try_from(3 * n - 1).unwrap_or(u16::MAX) + gap;
    let linked = linked.unwrap_or(0..0);
    let (plain, marked) = (canvas.theme.muted, canvas.theme.linked());
    for (row, y) in (first..bytes.len().div_ceil(n)).zip(area.y..area.bottom()) {
        let start = row * n;
        let offset = format!("{start:0width$x}", width = usize::from(digits));
        canvas.text(area.x, hex_x, y, &offset, canvas.theme.faint);
        for (i, byte) in bytes[start..].iter().take(n).enumerate() {
            let is_linked = linked.contains(&(start + i));
            let style = if is_linked { marked } else { plain };
            let i = u16::try_from(i).unwrap_or(u16::MAX);
            let x = hex_x + 3 * i;
            canvas.text(x, area.right, y, &format!("{byte:02x}"), style);
            if is_linked && linked.contains(&(start + usize::from(i) + 1)) && usize::from(i) + 1 < n {
                canvas.text(x + 2, area.right, y, " ", style);
            }
            let shown = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
            let style = if is_linked { marked } else { Style::new().patch(plain) };
            canvas.text(text_x + i, area.right, y, shown.encode_utf8(&mut [0; 4]), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_long_as_the_width_allows() {
        assert_eq!(per_row(58, 79), 12, "at 120 columns");
        assert_eq!(per_row(51, 79), 8, "at 100 columns");
        assert_eq!(per_row(38, 79), 8, "at 80 columns");
        assert_eq!(per_row(138, 79), 16);
        assert_eq!(per_row(38, 60_000), 8, "longer offsets still leave room for 8");
        assert_eq!(per_row(3, 1), 1);
    }
}

//! Bytes: offset, hexadecimal, characters; those of the selected field marked in both.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::canvas::{Area, Canvas};
use crate::screen::reply::lines::{bytes_per_row, hex_gap, offset_digits};
use swarmscope_facts::reply::find::Hit;

/// Draws bytes from row `first` on; those that are `linked` stand out, those that were `found` are
/// marked.
pub fn draw(
    canvas: &mut Canvas,
    area: &Area,
    bytes: &[u8],
    first: usize,
    linked: Option<Range<usize>>,
    found: &[Hit],
) {
    if canvas.mask.is_some() {
        // an address may stand in any of them
        canvas.text(
            area.x,
            area.right,
            area.y,
            "bytes are hidden with the addresses",
            canvas.theme.muted,
        );
        return;
    }
    let n = bytes_per_row(area.width(), bytes.len());
    let digits = offset_digits(bytes.len());
    let gap = hex_gap(area.width());
    let hex_x = area.x + digits + gap;
    let text_x = hex_x + u16::try_from(3 * n - 1).unwrap_or(u16::MAX) + gap;
    let linked = linked.unwrap_or(0..0);
    let (plain, marked) = (canvas.theme.muted, canvas.theme.linked());
    let found_style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let is_found = |at: usize| {
        let next = found.partition_point(|hit| matches!(hit, Hit::Bytes(range) if range.end <= at));
        matches!(found.get(next), Some(Hit::Bytes(range)) if range.contains(&at))
    };
    for (row, y) in (first..bytes.len().div_ceil(n)).zip(area.y..area.bottom()) {
        let start = row * n;
        let offset = format!("{start:0width$x}", width = usize::from(digits));
        canvas.text(area.x, hex_x, y, &offset, canvas.theme.faint);
        for (i, byte) in bytes[start..].iter().take(n).enumerate() {
            let is_linked = linked.contains(&(start + i));
            let style = match (is_linked, is_found(start + i)) {
                (true, _) => marked,
                (false, true) => found_style,
                (false, false) => plain,
            };
            let i = u16::try_from(i).unwrap_or(u16::MAX);
            let x = hex_x + 3 * i;
            canvas.text(x, area.right, y, &format!("{byte:02x}"), style);
            if is_linked && linked.contains(&(start + usize::from(i) + 1)) && usize::from(i) + 1 < n
            {
                canvas.text(x + 2, area.right, y, " ", style);
            }
            let shown =
                if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
            canvas.text(text_x + i, area.right, y, shown.encode_utf8(&mut [0; 4]), style);
        }
    }
}

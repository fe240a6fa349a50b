//! After the first key of a sequence: what may follow, above the footer.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::overlay;
use crate::screen::Model;
use crate::screen::commands::{FollowUp, follow_ups, pending};

/// Cells before what a key does.
const KEYS: u16 = 8;
/// Cells between two columns.
const GAP: u16 = 3;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let Some(keys) = pending(model) else { return };
    let follow_ups = follow_ups(model);
    let longest = follow_ups.iter().map(|follow_up| width(follow_up.doc)).max().unwrap_or_default();
    let columns = (grid.columns.saturating_sub(6) / (KEYS + longest + GAP)).clamp(1, 4);
    let high = u16::try_from(follow_ups.len()).unwrap_or(u16::MAX).div_ceil(columns);
    let inner = overlay::sheet(canvas, grid, high + 2, &format!("{keys} …"));
    let each = inner.width() / columns;
    for (i, follow_up) in follow_ups.iter().enumerate() {
        let (column, row) = (i / usize::from(high.max(1)), i % usize::from(high.max(1)));
        let (column, row) = (u16::try_from(column).unwrap_or(0), u16::try_from(row).unwrap_or(0));
        if row >= inner.height {
            continue;
        }
        let x = inner.x + column * each;
        entry(
            canvas,
            &Area { x, right: (x + each).min(inner.right), y: inner.y + row, ..inner },
            follow_up,
        );
    }
}

fn entry(canvas: &mut Canvas, area: &Area, follow_up: &FollowUp) {
    let theme = canvas.theme;
    let muted = follow_up.why_not.is_some();
    let (key, doc) =
        if muted { (theme.muted, theme.muted) } else { (theme.strong(), Style::new()) };
    let x = area.x + KEYS;
    canvas.text(area.x, x - 1, area.y, &follow_up.keys, key);
    let room = area.right.saturating_sub(x + GAP);
    let why = follow_up.why_not.as_deref().unwrap_or_default();
    let both = format!("{} · {why}", follow_up.doc);
    let text = if muted && width(&both) <= room { &both } else { follow_up.doc };
    canvas.text(x, area.right.saturating_sub(GAP), area.y, text, doc);
}

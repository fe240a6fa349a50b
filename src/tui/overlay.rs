//! The frame of an overlay: the only box on the screen.

use ratatui::layout::Rect;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;

/// Fades what is there and draws a box of at most this size in its middle. Returns the room in it.
pub fn frame(
    canvas: &mut Canvas,
    grid: &Grid,
    wide: u16,
    high: u16,
    title: &str,
    note: &str,
) -> Area {
    canvas.fade();
    let (columns, rows) = (grid.columns, grid.footer);
    let wanted = high;
    let (wide, high) = (wide.min(columns.saturating_sub(2)), high.min(rows.saturating_sub(1)));
    let (x, y) = ((columns - wide) / 2, 1 + (rows.saturating_sub(1) - high) / 2);
    outline(canvas, Rect::new(x, y, wide, high), title, note);
    // a blank row above and below where all fits
    let air = u16::from(wanted <= high && high >= 10);
    Area {
        bar: x + 1,
        x: x + 3,
        right: x + wide - 3,
        y: y + 1 + air,
        height: high.saturating_sub(2 + 2 * air),
    }
}

/// Draws a box of at most this height at the lower end of the screen, over what is there. Returns
/// the room in it.
pub fn sheet(canvas: &mut Canvas, grid: &Grid, high: u16, title: &str) -> Area {
    let (wide, high) = (grid.columns.saturating_sub(2), high.min(grid.event.saturating_sub(1)));
    let (x, y) = (1, grid.event - high);
    outline(canvas, Rect::new(x, y, wide, high), title, "");
    Area { bar: x + 1, x: x + 3, right: x + wide - 3, y: y + 1, height: high.saturating_sub(2) }
}

fn outline(
    canvas: &mut Canvas,
    Rect { x, y, width: wide, height: high }: Rect,
    title: &str,
    note: &str,
) {
    if wide < 2 || high < 2 {
        return;
    }
    let theme = canvas.theme;
    canvas.blank(Rect::new(x, y, wide, high), theme.panel);
    let (left, right, bottom) = (x, x + wide - 1, y + high - 1);
    let line = "─".repeat(usize::from(wide.saturating_sub(2)));
    for (y, corners) in [(y, ["┌", "┐"]), (bottom, ["└", "┘"])] {
        canvas.text(left, right, y, corners[0], theme.accent);
        canvas.text(left + 1, right, y, &line, theme.accent);
        canvas.text(right, right + 1, y, corners[1], theme.accent);
    }
    for y in y + 1..bottom {
        canvas.text(left, left + 1, y, "│", theme.accent);
        canvas.text(right, right + 1, y, "│", theme.accent);
    }
    let ground = theme.base.patch(theme.panel);
    let end = canvas.text(left + 2, right, y, &format!(" {title} "), ground.patch(theme.strong()));
    if !note.is_empty() {
        canvas.text(end, right, y, &format!(" {note} "), ground.patch(theme.muted));
    }
}

/// A word in the lower right corner.
pub fn corner(canvas: &mut Canvas, inner: &Area, text: &str) {
    let y = bottom(canvas, inner);
    let text = format!(" {text} ");
    canvas.text(
        inner.right.saturating_sub(width(&text)),
        inner.right,
        y,
        &text,
        canvas.theme.base.patch(canvas.theme.panel).patch(canvas.theme.muted),
    );
}

/// The row of the lower edge: the first below the room that has a corner.
fn bottom(canvas: &Canvas, inner: &Area) -> u16 {
    let is_edge =
        |y: &u16| canvas.cells.cell((inner.bar - 1, *y)).is_some_and(|cell| cell.symbol() == "└");
    (inner.bottom()..canvas.size().1).find(is_edge).unwrap_or(inner.bottom())
}

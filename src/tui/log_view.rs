//! The log, newest last, with the code and the next step of what failed.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::log_line;
use super::why::folded;
use crate::screen::log::{self, Line};
use crate::screen::{Class, Mode, Model};
use swarmscope_facts::format::{clock_with_millis, thousands};

/// Cells of `12:04:31.604` and the blanks behind it.
const CLOCK: u16 = 14;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, back: usize) {
    let body = Rect::new(0, 1, grid.columns, grid.footer.saturating_sub(1));
    canvas.blank(body, Style::new());
    canvas.cursor = None;
    let area = Area {
        bar: 0,
        x: 3,
        right: grid.columns - 1,
        y: if grid.rows >= 20 { 2 } else { 1 },
        height: 1,
    };
    let found = log::reading::count(model);
    heading(canvas, model, &area, found);
    let list = Area { y: area.y + 1, height: grid.footer.saturating_sub(area.y + 1), ..area };
    if found == 0 {
        let text =
            if model.log_filter.text().is_empty() { "No events yet." } else { "No line matches." };
        canvas.text(list.x, list.right, list.y, text, canvas.theme.muted);
    }
    // from the newest line shown upwards, each with what to do next where a person is needed
    let (x, room) = indent(grid, &list);
    let mut y = list.bottom().min(list.y.saturating_add(height(model, room, list.height)));
    for line in log::reading::found(model).skip(back.min(found.saturating_sub(1))) {
        let next = next_step(line);
        let below = next.as_deref().map(|next| folded(next, room)).unwrap_or_default();
        let height = 1 + u16::try_from(below.len()).unwrap_or(u16::MAX);
        if y < list.y.saturating_add(height) {
            break;
        }
        y -= height;
        if grid.class > Class::OnePane {
            canvas.text(
                list.x,
                list.right,
                y,
                &clock_with_millis(line.at.wall),
                canvas.theme.muted,
            );
        }
        log_line::write(canvas, model, line, Area { x, y, height: 1, ..list }, false);
        for (text, y) in below.iter().zip(y + 1..) {
            canvas.text(x + 2, list.right, y, text, canvas.theme.muted);
        }
    }
}

/// Its code and what to do next, where a person is needed.
fn next_step(line: &Line) -> Option<String> {
    line.next.filter(|_| line.kind.needs_a_person()).map(|(code, hint)| format!("{code}: {hint}"))
}

/// Rows of all lines, as far as that matters: a few stand below the heading, not at the other end
/// of an empty screen.
fn height(model: &Model, room: usize, most: u16) -> u16 {
    let rows = log::reading::found(model)
        .map(|line| 1 + next_step(line).map_or(0, |next| folded(&next, room).len()));
    u16::try_from(rows.take(usize::from(most)).sum::<usize>()).unwrap_or(u16::MAX)
}

/// How many lines, and the words that they have.
fn heading(canvas: &mut Canvas, model: &Model, area: &Area, found: usize) {
    let all = model.log.lines().len();
    let typing = matches!(model.mode, Mode::LogFilter);
    let filtered = typing || !model.log_filter.text().is_empty();
    let of = if filtered { format!("{} of ", thousands(found as u64)) } else { String::new() };
    let note = format!("{of}{} lines, newest last", thousands(all as u64));
    let mut x = canvas.heading(area, "LOG", true, &note);
    let theme = canvas.theme;
    if filtered {
        let (before, after) = model.log_filter.halves();
        x = canvas.text(x + 2, area.right, area.y, "/", theme.accent);
        let cursor = canvas.text(x, area.right - 1, area.y, before, Style::new());
        x = canvas.text(cursor, area.right, area.y, after, Style::new());
        canvas.cursor = typing.then_some((cursor, area.y));
    }
    if model.facts.coalesced() > 0 {
        let text =
            format!("{} peer states were skipped under load", thousands(model.facts.coalesced()));
        if x + 2 + width(&text) <= area.right {
            canvas.right(area.right, area.y, &text, theme.muted);
        }
    }
}

/// Where a line's text begins, and how many cells what to do next has below it.
fn indent(grid: &Grid, list: &Area) -> (u16, usize) {
    let x = if grid.class > Class::OnePane { list.x + CLOCK } else { list.x };
    (x, usize::from(list.right.saturating_sub(x + 2)))
}

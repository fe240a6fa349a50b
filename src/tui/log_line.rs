//! The row above the footer: the newest event with what to do next; above it, the tour's line.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::prompt;
use super::why::folded;
use crate::screen::hints::hints as all_hints;
use crate::screen::log::{Kind, Line};
use crate::screen::{Class, Model};
use swarmscope_facts::format::{clock, thousands};
use swarmscope_facts::words::clause;

/// Cells of a line's text that are left at least beside its code.
const LEAST_TEXT: u16 = 24;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let right = grid.columns - 1;
    let toured = tour(canvas, model, grid);
    hints(canvas, model, grid);
    let y = grid.event;
    if prompt::draw(canvas, model, right, y) {
        return;
    }
    let Some(line) = model.log.headline(model.now).filter(|_| !toured) else { return };
    let theme = canvas.theme;
    let mut end = canvas.right(right, y, "log", theme.muted);
    end = canvas.right(end - 1, y, &model.key_of("log"), theme.strong()).saturating_sub(2);
    let more = model.log.more(model.now);
    if more > 0 {
        end = canvas
            .right(end, y, &format!("{} more", thousands(more as u64)), theme.muted)
            .saturating_sub(2);
    }
    let mut x = 1;
    if grid.class > Class::OnePane {
        x = canvas.text(x, end, y, &clock(line.at.wall), theme.muted) + 2;
    }
    write(canvas, model, line, Area { bar: 0, x, right: end, y, height: 1 }, true);
}

/// One line of the log: sign, who, what, how often; what to do next where there is room for all of
/// it.
pub fn write(canvas: &mut Canvas, model: &Model, line: &Line, area: Area, with_next: bool) {
    let theme = canvas.theme;
    let (mut x, end, y) = (area.x, area.right, area.y);
    let strong = theme.strong();
    let (sign, style) = match line.kind {
        Kind::Plain | Kind::Done => ("", Style::new()),
        Kind::NotYet => ("254", theme.pill),
        Kind::Signal | Kind::NotDone => ("▲", theme.caution.patch(strong)),
        Kind::Refused => ("■", theme.fail),
        Kind::Failed => ("×", theme.fail.patch(strong)),
        Kind::Tour => ("→", theme.accent),
    };
    if sign == "254" {
        x = canvas.pill(x, end, y) + 1;
    } else if !sign.is_empty() {
        x = canvas.text(x, end, y, sign, style) + 1;
    }
    if let Some(peer) = &line.peer {
        x = canvas.text(x, end, y, &model.name_of(peer), Style::new()) + 1;
    }
    let times = match (line.times, line.within) {
        (0 | 1, _) => String::new(),
        (times, within) if end - area.x > 80 => format!(" ({times} times{within})"),
        (times, _) => format!(" ({times}×)"),
    };
    let next = if with_next {
        next_step(line, end.saturating_sub(x + width(&times)))
    } else {
        String::new()
    };
    let text_end = end.saturating_sub(width(&times) + width(&next)).max(x);
    let text = if next.is_empty() {
        line.text.clone()
    } else {
        clause(&line.text, usize::from(text_end - x))
    };
    x = canvas.text(x, text_end, y, &text, Style::new());
    x = canvas.text(x, end, y, &times, Style::new());
    canvas.text(x, end, y, &next, theme.muted);
}

/// The code and the next step where there is room for them beside a text; at least the code where
/// some of the text is left.
fn next_step(line: &Line, room: u16) -> String {
    let Some((code, hint)) = line.next else { return String::new() };
    let (whole, brief) = (format!(" · {code}: {hint}"), format!(" · {code}"));
    let text = width(&line.text);
    if text.saturating_add(width(&whole)) <= room {
        whole
    } else if line.kind.needs_a_person() && text.min(LEAST_TEXT) + width(&brief) <= room {
        brief
    } else {
        String::new()
    }
}

/// Returns whether it takes the row of the newest event too.
fn tour(canvas: &mut Canvas, model: &Model, grid: &Grid) -> bool {
    let Some(step) = &model.tour else { return false };
    let theme = canvas.theme;
    let right = grid.columns - 1;
    let number = format!("tour {} of {}", step.step, step.of);
    let x = canvas.text(1, right, grid.tour, &number, theme.accent.patch(theme.strong())) + 2;
    let lines = folded(&step.text, usize::from(right.saturating_sub(x)));
    for (line, y) in lines.iter().zip([grid.tour, grid.event]) {
        canvas.text(x, right, y, line, Style::new());
    }
    lines.len() > 1
}

/// On a first run: what to try, in the line that a tour would take. Hints that have no room fall
/// off whole.
fn hints(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let hints = if model.tour.is_some() { Vec::new() } else { all_hints(model) };
    if hints.is_empty() {
        return;
    }
    let (theme, y) = (canvas.theme, grid.tour);
    let end = canvas.right(grid.columns - 1, y, "esc hides this", theme.muted).saturating_sub(2);
    let mut x = canvas.text(1, end, y, "try", theme.accent.patch(theme.strong()));
    for hint in hints {
        if x + 3 + width(&hint.key) + width(hint.text) > end {
            return;
        }
        x = canvas.text(x + 2, end, y, &hint.key, theme.strong());
        x = canvas.text(x + 1, end, y, hint.text, theme.muted);
    }
}

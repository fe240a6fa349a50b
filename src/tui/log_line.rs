//! The row above the footer: the newest event with what to do next; above it, the tour's line.

use std::borrow::Cow;

use ratatui::style::Style;

use super::canvas::{Area, Canvas, PILL, width};
use super::layout::Grid;
use super::prompt;
use super::why::folded;
use crate::screen::hints::hints as all_hints;
use crate::screen::log::{Headline, Kind, Line};
use crate::screen::{Class, Model};
use swarmscope_facts::format::{clock, thousands};
use swarmscope_facts::words::clause;
use swarmscope_peer::node::PeerKey;

/// Cells that the beginning of a sentence needs, where it does not fit as a whole, to be worth more
/// with its code than what follows.
const LEAST_CLAUSE: u16 = 24;
/// Cells of `12:04:31Z` and the blanks behind it.
const CLOCK: u16 = 11;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let right = grid.columns - 1;
    let toured = tour(canvas, model, grid);
    hints(canvas, model, grid);
    let y = grid.event;
    if prompt::draw(canvas, model, right, y) {
        return;
    }
    let headline = model.log.headline(model.now).filter(|_| !toured);
    let Some(Headline { line, more }) = headline else { return };
    let theme = canvas.theme;
    let mut end = canvas.right(right, y, "log", theme.muted);
    end = canvas.right(end - 1, y, &model.key_of("log"), theme.strong()).saturating_sub(2);
    let more = match more {
        0 => String::new(),
        more => format!("{} more", thousands(more as u64)),
    };
    let (mut x, needed) = (1, needed(model, line));
    let room = end.saturating_sub(x);
    // what stands around the sentence goes before anything of it does
    let of_more = if more.is_empty() { 0 } else { width(&more) + 2 };
    let with_clock = grid.class > Class::OnePane
        && line.kind != Kind::Nothing
        && needed.saturating_add(CLOCK + of_more) <= room;
    if !more.is_empty() && needed.saturating_add(of_more) <= room {
        end = canvas.right(end, y, &more, theme.muted).saturating_sub(2);
    }
    if with_clock {
        x = canvas.text(x, end, y, &clock(line.at.wall), theme.muted) + 2;
    }
    write(canvas, model, line, Area { bar: 0, x, right: end, y, height: 1 }, true);
}

/// Cells of a line with its code: sign, who, what, how often.
fn needed(model: &Model, line: &Line) -> u16 {
    const SIGN: u16 = 2;
    let sign = match line.kind {
        Kind::Plain | Kind::Done | Kind::Nothing => 0,
        Kind::NotYet => PILL + 1,
        _ => SIGN,
    };
    let name = line.peer.as_ref().map_or(0, |peer| width(&model.name_of(peer)) + 1);
    let code = line.next.filter(|_| line.kind.needs_a_person());
    let code = code.map_or(0, |(code, _)| width(&brief(code)));
    [name, width(&line.text), width(&times(line, false)), code]
        .into_iter()
        .fold(sign, u16::saturating_add)
}

/// ` (3×)`, ` (3 times in 60 s)`.
fn times(line: &Line, roomy: bool) -> String {
    match (line.times, line.within) {
        (0 | 1, _) => String::new(),
        (times, within) if roomy => format!(" ({times} times{within})"),
        (times, _) => format!(" ({times}×)"),
    }
}

fn brief(code: &str) -> String {
    format!(" · {code}")
}

/// One line of the log: sign, who, what, how often; what to do next where there is room for all of
/// it.
pub fn write(canvas: &mut Canvas, model: &Model, line: &Line, area: Area, with_next: bool) {
    let theme = canvas.theme;
    let (mut x, end, y) = (area.x, area.right, area.y);
    let strong = theme.strong();
    let (sign, style) = match line.kind {
        Kind::Plain | Kind::Done | Kind::Nothing => ("", Style::new()),
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
    let times = times(line, end.saturating_sub(area.x) > 80);
    let next = if with_next {
        next_step(line, end.saturating_sub(x + width(&times)))
    } else {
        String::new()
    };
    let text_end = end.saturating_sub(width(&times) + width(&next)).max(x);
    let text = if next.is_empty() {
        Cow::Borrowed(&*line.text)
    } else {
        Cow::Owned(clause(&line.text, usize::from(text_end - x)))
    };
    let style = if line.kind == Kind::Nothing { theme.muted } else { Style::new() };
    x = canvas.text(x, text_end, y, &text, style);
    x = canvas.text(x, end, y, &times, style);
    canvas.text(x, end, y, &next, theme.muted);
}

/// The code and the next step where there is room for them beside the whole text; at least the
/// code where there is room for that: a sentence says more than its code. One that has no room as a
/// whole keeps the clause that does.
fn next_step(line: &Line, room: u16) -> String {
    let Some((code, hint)) = line.next else { return String::new() };
    let fits = |next: &String| width(&line.text).saturating_add(width(next)) <= room;
    let whole = Some(brief(code) + ": " + hint).filter(fits);
    let brief = || Some(brief(code)).filter(|_| line.kind.needs_a_person()).filter(fits);
    let beside_clause = || {
        let code = self::brief(code);
        let left = room.saturating_sub(width(&code));
        let clause = clause(&line.text, usize::from(left));
        let is_long = width(&line.text) > room && width(&clause) >= LEAST_CLAUSE;
        (line.kind.needs_a_person() && is_long && !clause.ends_with('…')).then_some(code)
    };
    whole.or_else(brief).or_else(beside_clause).unwrap_or_default()
}

/// Returns whether it takes the row of the newest event too.
fn tour(canvas: &mut Canvas, model: &Model, grid: &Grid) -> bool {
    let Some(step) = &model.tour else { return false };
    let theme = canvas.theme;
    let right = grid.columns - 1;
    let paused = if step.paused { " paused" } else { "" };
    let number = format!("tour {}/{}{paused}", step.step, step.of);
    let mut x = canvas.text(1, right, grid.tour, &number, theme.accent.patch(theme.strong())) + 2;
    if let Some((permid, _)) = step.show {
        let name = model.name_of(&PeerKey::Permid(permid));
        x = canvas.text(x, right, grid.tour, &name, theme.strong()) + 2;
    }
    let keys = tour_keys(canvas, model, right, grid.event);
    let lines = folded(&step.text, usize::from(right.saturating_sub(x)));
    canvas.text(x, right, grid.tour, lines.first().unwrap_or(&""), Style::new());
    // the second line begins at the left, so that a short one holds all that is left
    let rest = lines.get(1..).unwrap_or_default().join(" ");
    canvas.text(1, keys.saturating_sub(2), grid.event, &rest, Style::new());
    true
}

/// How the tour is stepped through, at the right. Returns where that begins.
fn tour_keys(canvas: &mut Canvas, model: &Model, mut end: u16, y: u16) -> u16 {
    let theme = canvas.theme;
    let paused = model.tour.as_ref().is_some_and(|step| step.paused);
    let held = if paused { "goes on" } else { "pauses" };
    for (command, verb) in [("pause tour", held), ("next step", "next")] {
        end = canvas.right(end, y, verb, theme.muted);
        end = canvas.right(end - 1, y, &model.key_of(command), theme.strong()).saturating_sub(2);
    }
    end + 2
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

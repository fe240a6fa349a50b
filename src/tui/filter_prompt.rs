//! Where the filter is typed, over the two rows above the footer: the text, and under it what is
//! wrong there, or what could come next. And the prompt for a note, which is a line like it.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, follow, width};
use super::layout::Grid;
use crate::screen::case::Case;
use crate::screen::input::Input;
use crate::screen::{Mode, Model};
use swarmscope_facts::list::filter::Candidate;

/// Where what is typed begins.
const TEXT: u16 = 9;
/// Rows of a list that says more than one line does.
const LEAST_LIST: u16 = 3;

/// Draws a prompt where one of them is open. Returns whether one is.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) -> bool {
    match &model.mode {
        Mode::Filter => {
            let listed = list(canvas, model, grid);
            let shift = line(canvas, grid, "filter", &model.filter);
            below(canvas, model, grid, shift, listed);
            true
        }
        Mode::Note(input) => {
            line(canvas, grid, "note", input);
            let name = model.selected.as_ref().map(|key| model.name_of(key)).unwrap_or_default();
            let text = format!("on {name}, private: never sent; leave empty to delete");
            canvas.text(TEXT, grid.columns - 1, grid.event, &text, canvas.theme.muted);
            true
        }
        Mode::CaseNote(input, entry) => {
            line(canvas, grid, "note", input);
            let about = entry.map_or(String::new(), |entry| format!("about entry {entry}: "));
            let text = format!("{about}it is written into the case and never changed");
            canvas.text(TEXT, grid.columns - 1, grid.event, &text, canvas.theme.muted);
            true
        }
        Mode::CaseFilter => {
            let Some(case) = &model.case else { return false };
            line(canvas, grid, "filter", &case.filter);
            let (listed, all) = (case.listed().count(), case.entries().len());
            let text =
                format!("{listed} of {all}: a kind, a peer, a message, any words of an entry");
            canvas.text(TEXT, grid.columns - 1, grid.event, &text, canvas.theme.muted);
            true
        }
        Mode::SetAside(input, _) => {
            line(canvas, grid, "because", input);
            let keeps = if model.case.as_ref().is_some_and(Case::is_open) {
                "written into the case"
            } else {
                "no case is open, so it lasts until the screen is closed"
            };
            let text = format!("a harmless cause; {keeps}; it comes back when more peers show it");
            canvas.text(TEXT, grid.columns - 1, grid.event, &text, canvas.theme.muted);
            true
        }
        _ => false,
    }
}

/// All that could come next, in a list above the prompt: a row each, with what it means. Returns
/// whether there is room for one, and something in it.
fn list(canvas: &mut Canvas, model: &Model, grid: &Grid) -> bool {
    let candidates = model.sieve.candidates();
    let most = grid.tour.saturating_sub(grid.status + 1) / 2;
    let high = u16::try_from(candidates.len()).unwrap_or(u16::MAX).min(most);
    if candidates.is_empty() || high < LEAST_LIST {
        return false;
    }
    let theme = canvas.theme;
    let wide = |of: fn(&Candidate) -> &str| {
        candidates.iter().map(|it| width(of(it).trim_end())).max().unwrap_or(0)
    };
    let note_x = TEXT + 2 + wide(|it| &it.text) + 2;
    let right = (note_x + wide(|it| &it.note) + 2).min(grid.columns - 1);
    let (y, chosen) = (grid.tour - high, model.sieve.chosen);
    canvas.blank(Rect::new(TEXT, y, right - TEXT, high), theme.panel);
    let top = follow(0, chosen.unwrap_or(0), usize::from(high), candidates.len());
    for ((i, candidate), y) in candidates.iter().enumerate().skip(top).zip(y..grid.tour) {
        if chosen == Some(i) {
            canvas.tint(TEXT, right, y, theme.sel);
            canvas.text(TEXT, TEXT + 1, y, "▌", theme.sel.patch(theme.accent));
        }
        canvas.text(TEXT + 2, note_x - 1, y, candidate.text.trim_end(), theme.strong());
        canvas.text(note_x, right, y, &candidate.note, theme.muted);
    }
    let below = candidates.len().saturating_sub(top + usize::from(high));
    if below > 0 {
        canvas.right(right - 1, grid.tour - 1, &format!("{below} more"), theme.faint);
    }
    true
}

/// The line that is typed. Returns how many of its cells are left out at its beginning, so that the
/// cursor is seen.
fn line(canvas: &mut Canvas, grid: &Grid, label: &str, input: &Input) -> u16 {
    let (theme, y, right) = (canvas.theme, grid.tour, grid.columns - 1);
    clear(canvas, grid);
    canvas.text(1, TEXT - 1, y, label, theme.strong());
    canvas.tint(TEXT, right, y, theme.panel);
    let (before, after) = input.halves();
    let room = right.saturating_sub(TEXT + 1);
    let mut shift = 0;
    let mut seen = before;
    while width(seen) > room {
        let first = seen.chars().next().map_or(0, char::len_utf8);
        seen = &seen[first..];
        shift = width(before) - width(seen);
    }
    let cursor = canvas.text(TEXT, right, y, seen, Style::new());
    canvas.text(cursor, right, y, after, Style::new());
    canvas.cursor = Some((cursor, y));
    shift
}

/// The rows belong to the prompt: what shone through from the newest event goes.
fn clear(canvas: &mut Canvas, grid: &Grid) {
    for y in [grid.tour, grid.event] {
        canvas.blank(ratatui::layout::Rect::new(0, y, grid.columns, 1), Style::new());
    }
}

/// What is wrong, with a caret under its place; else what could come next.
fn below(canvas: &mut Canvas, model: &Model, grid: &Grid, shift: u16, listed: bool) {
    let (theme, y, right) = (canvas.theme, grid.event, grid.columns - 1);
    // what only lacks its end is told what could stand there
    let begun = |at: &std::ops::Range<usize>| at.is_empty() && !model.sieve.candidates().is_empty();
    if let Some(error) = model.sieve.error.as_ref().filter(|error| !begun(&error.at)) {
        let text = model.filter.text();
        let at = text.get(..error.at.start).map_or(0, width).saturating_sub(shift);
        let caret = (TEXT + at).min(right - 1);
        let (what, possible) = (&error.what, &error.possible);
        let colon = if possible.is_empty() { "" } else { ": " };
        let whole = width(what) + width(colon) + width(possible);
        // beside the caret: behind it where there is room, else before it
        let behind = right.saturating_sub(caret + 2);
        let x = if whole <= behind || caret < TEXT + right / 2 {
            caret + 2
        } else {
            caret.saturating_sub(whole + 1).max(1)
        };
        let end = if x > caret { right } else { caret };
        canvas.text(caret, caret + 1, y, "^", theme.caution.patch(theme.strong()));
        canvas.pieces(
            x,
            end,
            y,
            &[(what, theme.caution), (colon, theme.muted), (possible, theme.muted)],
        );
        return;
    }
    let mut x = TEXT;
    let chosen = model.sieve.chosen;
    let candidates = if listed { &[] } else { model.sieve.candidates() };
    let first = chosen.map_or(0, |at| at.saturating_sub(2));
    for (i, candidate) in candidates.iter().enumerate().skip(first) {
        let (text, note) = (candidate.text.trim_end(), candidate.note.as_str());
        if x + width(text) + 1 + width(note) > right {
            let rest = candidates.len() - i;
            canvas.text(x, right, y, &format!("{rest} more"), theme.faint);
            return;
        }
        let style = if chosen == Some(i) { theme.focused() } else { theme.strong() };
        x = canvas.text(x, right, y, text, style);
        x = canvas.text(x + 1, right, y, note, theme.muted) + 3;
    }
    if listed || candidates.is_empty() && !model.filter.text().is_empty() {
        let shown = swarmscope_facts::format::counted(model.order.rows().len(), "peer");
        canvas.text(TEXT, right, y, &shown, theme.muted);
    }
}

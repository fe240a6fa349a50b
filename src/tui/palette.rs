//! All commands, searched by typing, and arguments behind their names. What can't be done now is
//! muted and says why.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, follow, width};
use super::layout::Grid;
use super::overlay;
use super::picker::marked;
use super::why::folded;
use crate::screen::Model;
use crate::screen::commands::Command;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::palette::line::Palette;
use crate::screen::palette::{Entry, Found, Said, found, offered, said};

/// Cells for a command's name.
const NAME: u16 = 18;
/// Cells for its key.
const KEY: u16 = 10;
/// Cells before what is typed.
const PROMPT: &str = ": ";

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, palette: &Palette) {
    let high = grid.rows.saturating_sub(4).min(24);
    let inner = overlay::frame(canvas, grid, 72, high, "COMMANDS", "");
    let cursor = typed(canvas, &inner, palette);
    canvas.cursor = Some((cursor, inner.y));
    let said = said(model.table(), palette.input.text());
    let found = found(model);
    let taken = below(canvas, &inner, palette, said.as_ref());

    let list = inner.rows(taken.max(if inner.height > 6 { 2 } else { 1 }), u16::MAX);
    let top = follow(0, palette.at, usize::from(list.height), found.len());
    for ((i, line), y) in found.iter().enumerate().skip(top).zip(list.y..list.bottom()) {
        let here = i == palette.at && (said.is_none() || palette.has_chosen());
        canvas.row_zone(&list, y, Spot::Row(List::Commands, i));
        if here {
            canvas.selected(&list, y, true);
        }
        match &line.entry {
            Entry::Command(command) => row(canvas, model, &list, y, (command, line, here)),
            Entry::Candidate(text) => {
                let style = if here { canvas.theme.strong() } else { Style::new() };
                marked(canvas, list.x, list.right, y, text, &line.marks, style);
            }
        }
    }
    if found.is_empty() && said.is_none() {
        let text = "no command matches";
        canvas.text(list.x, list.right, list.y, text, canvas.theme.muted);
    }
    let count = match (said, found.len()) {
        (Some(_), 0) => return,
        (Some(_), count) => count.to_string(),
        (None, count) => format!("{count} of {}", offered(model).count()),
    };
    overlay::corner(canvas, &inner, &count);
}

/// The line that is typed. Returns where the cursor stands.
fn typed(canvas: &mut Canvas, inner: &Area, palette: &Palette) -> u16 {
    let x = canvas.text(inner.x, inner.right, inner.y, PROMPT, canvas.theme.muted);
    let (before, after) = palette.input.halves();
    let cursor = canvas.text(x, inner.right, inner.y, before, Style::new());
    canvas.text(cursor, inner.right, inner.y, after, Style::new());
    cursor
}

/// Below it: what is wrong with the argument, under the place where it is; else what to type.
/// Returns the rows that are taken.
fn below(canvas: &mut Canvas, inner: &Area, palette: &Palette, said: Option<&Said>) -> u16 {
    let (theme, y) = (canvas.theme, inner.y + 1);
    if let Some(wrong) = &palette.wrong {
        let before = palette.input.text().get(..wrong.at).unwrap_or_default();
        let x = (inner.x + width(PROMPT) + width(before)).min(inner.right - 1);
        canvas.text(x, inner.right, y, "^", theme.fail);
        let beside = x + 2 + width(&wrong.what) <= inner.right;
        let room = if beside { u16::MAX } else { inner.width() };
        let lines = folded(&wrong.what, room.into());
        let (x, first) = if beside { (x + 2, y) } else { (inner.x, y + 1) };
        for (line, y) in lines.iter().zip(first..inner.bottom()) {
            canvas.text(x, inner.right, y, line, theme.fail);
        }
        return first - inner.y + u16::try_from(lines.len()).unwrap_or(u16::MAX);
    }
    if let Some(said) = said.filter(|said| said.text.is_empty() && inner.height > 6) {
        let text = format!("{}: {}", said.argument.name, said.command.doc);
        canvas.text(inner.x + width(PROMPT), inner.right, y, &text, theme.muted);
    }
    1
}

fn row(
    canvas: &mut Canvas,
    model: &Model,
    list: &Area,
    y: u16,
    (command, line, here): (&Command, &Found, bool),
) {
    let theme = canvas.theme;
    let why_not = command.ready_reason(model);
    let style = match (&why_not, here) {
        (Some(_), _) => theme.muted,
        (None, true) => theme.strong(),
        (None, false) => Style::new(),
    };
    let end = marked(canvas, list.x, list.x + NAME, y, command.name, &line.marks, style);
    if let Some(argument) = model
        .table()
        .argument(command)
        .filter(|argument| end + 1 + width(argument.name) < list.x + NAME)
    {
        canvas.text(end + 1, list.x + NAME, y, argument.name, theme.muted);
    }
    let key = if why_not.is_some() { theme.muted } else { theme.strong() };
    canvas.right(list.right, y, &model.setup.keymap.first(command), key);
    let doc = why_not
        .map_or_else(|| command.own_doc(model.table()).to_owned(), |why| format!("not now: {why}"));
    canvas.text(list.x + NAME + 1, list.right.saturating_sub(KEY), y, &doc, theme.muted);
}

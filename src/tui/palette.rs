//! All commands, searched by typing. What can't be done now is muted and says why.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, follow};
use super::layout::Grid;
use super::overlay;
use super::picker::marked;
use crate::app::Model;
use crate::app::commands::{found, listed};
use crate::app::model::Picker;

/// Cells for a command's name.
const NAME: u16 = 18;
/// Cells for its key.
const KEY: u16 = 10;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, picker: &Picker) {
    let found = found(model);
    let high = grid.rows.saturating_sub(4).min(24);
    let inner = overlay::frame(canvas, grid, 72, high, "COMMANDS", "");
    let theme = canvas.theme;
    let x = canvas.text(inner.x, inner.right, inner.y, ": ", theme.muted);
    let (before, after) = picker.input.halves();
    let cursor = canvas.text(x, inner.right, inner.y, before, Style::new());
    canvas.text(cursor, inner.right, inner.y, after, Style::new());
    canvas.cursor = Some((cursor, inner.y));

    let list = inner.rows(if inner.height > 6 { 2 } else { 1 }, u16::MAX);
    let top = follow(0, picker.at, usize::from(list.height), found.len());
    for ((i, (command, marks)), y) in found.iter().enumerate().skip(top).zip(list.y..list.bottom()) {
        let here = i == picker.at;
        if here {
            canvas.selected(&list, y, true);
        }
        let why_not = command.ready_reason(model);
        let style = match (&why_not, here) {
            (Some(_), _) => theme.muted,
            (None, true) => theme.strong(),
            (None, false) => Style::new(),
        };
        marked(canvas, list.x, list.x + NAME, y, command.name, marks, style);
        let key = if why_not.is_some() { theme.muted } else { theme.strong() };
        canvas.right(list.right, y, &model.setup.keymap.first(command), key);
        let doc = why_not.map_or_else(|| command.doc.to_owned(), |why| format!("not now: {why}"));
        doc_text(canvas, &list, y, &doc);
    }
    overlay::corner(canvas, &inner, &format!("{} of {}", found.len(), listed().count()));
}

fn doc_text(canvas: &mut Canvas, list: &Area, y: u16, doc: &str) {
    canvas.text(list.x + NAME + 1, list.right.saturating_sub(KEY), y, doc, canvas.theme.muted);
}

//! The saved filters, and the prompt for a new one's name.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, follow};
use super::layout::Grid;
use super::overlay;
use crate::screen::input::Input;
use crate::screen::{Mode, Model};

/// Cells of a filter's name.
const NAME: u16 = 20;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let saved: Vec<(&str, &str)> = model.kept.filters.iter().collect();
    let wanted = u16::try_from(saved.len()).unwrap_or(u16::MAX).clamp(4, 20) + 6;
    let inner = overlay::frame(canvas, grid, 80, wanted, "FILTERS", "");
    let list = match &model.mode {
        Mode::FilterName(input, error) => {
            prompt(canvas, model, &inner, input, error.as_deref());
            inner.rows(2, inner.height)
        }
        _ => inner,
    };
    if saved.is_empty() {
        let text = "None saved yet. Type a filter, come back, and save it under a name.";
        canvas.text(list.x, list.right, list.y, text, canvas.theme.muted);
    }
    let at = if let Mode::Filters { at } = model.mode { Some(at) } else { None };
    let top = follow(0, at.unwrap_or(0), usize::from(list.height), saved.len());
    for ((i, (name, text)), y) in saved.iter().enumerate().skip(top).zip(list.y..list.bottom()) {
        let style = if at == Some(i) {
            canvas.selected(&list, y, true);
            canvas.theme.strong()
        } else {
            Style::new()
        };
        canvas.text(list.x, list.x + NAME, y, name, style);
        canvas.text(list.x + NAME + 2, list.right, y, text, canvas.theme.muted);
    }
    if saved.len() > usize::from(list.height) {
        overlay::corner(canvas, &inner, &format!("{} of {}", at.unwrap_or(0) + 1, saved.len()));
    }
}

fn prompt(canvas: &mut Canvas, model: &Model, inner: &Area, input: &Input, error: Option<&str>) {
    let theme = canvas.theme;
    let x = canvas.text(inner.x, inner.right, inner.y, "name ", theme.strong());
    let field = (x + 30).min(inner.right);
    canvas.tint(x, field, inner.y, theme.sel);
    let (before, after) = input.halves();
    let cursor = canvas.text(x, field - 1, inner.y, before, Style::new());
    canvas.text(cursor, field, inner.y, after, Style::new());
    canvas.cursor = Some((cursor, inner.y));
    match error {
        Some(error) => canvas.text(field + 2, inner.right, inner.y, error, theme.caution),
        None => canvas.text(
            field + 2,
            inner.right,
            inner.y,
            &format!("for {}", model.filter.text()),
            theme.muted,
        ),
    };
}

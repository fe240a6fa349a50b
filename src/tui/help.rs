//! The help: every key from the table of commands, where one is first, and what the signs mean.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::overlay;
use crate::screen::commands::{HelpLine, HelpRow as Row, help_has_two_columns, help_rows, here};
use crate::screen::input::Input;
use crate::screen::{Mode, Model};

/// Where a command's words stand behind its keys.
const DOC: u16 = 15;
/// Cells of two columns.
const TWO: u16 = 96;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let Mode::Help { top, search, .. } = &model.mode else { return };
    let two = help_has_two_columns(model);
    let wide = if two { TWO } else { grid.columns.saturating_sub(4).min(60) };
    let rows = help_rows(model);
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX) + 4;
    let wanted = if search.is_some() { u16::MAX } else { wanted }; // it does not jump while one types
    let inner = overlay::frame(canvas, grid, wide, wanted, "HELP", &here(model));
    let area = match search {
        Some(input) => {
            typed(canvas, &inner, input);
            inner.rows(2, u16::MAX)
        }
        None => inner,
    };
    let height = usize::from(area.height);
    let top = (*top).min(rows.len().saturating_sub(height));
    let middle = area.x + area.width() / 2 + 1;
    for (row, y) in rows.iter().skip(top).zip(area.y..area.bottom()) {
        let left = Area { right: if two { middle - 2 } else { area.right }, y, ..area };
        draw_row(canvas, &left, row.first());
        draw_row(canvas, &Area { x: middle, y, ..area }, row.get(1));
    }
    if rows.is_empty() {
        canvas.text(area.x, area.right, area.y, "no key or command matches", canvas.theme.muted);
    }
    if rows.len() > height {
        let last = (top + height).min(rows.len());
        overlay::corner(canvas, &inner, &format!("{}–{last} of {}", top + 1, rows.len()));
    }
}

fn typed(canvas: &mut Canvas, inner: &Area, input: &Input) {
    let x = canvas.text(inner.x, inner.right, inner.y, "/ ", canvas.theme.muted);
    let (before, after) = input.halves();
    let cursor = canvas.text(x, inner.right, inner.y, before, Style::new());
    canvas.text(cursor, inner.right, inner.y, after, Style::new());
    canvas.cursor = Some((cursor, inner.y));
}

fn draw_row(canvas: &mut Canvas, area: &Area, row: Option<&Row>) {
    let theme = canvas.theme;
    let (x, right, y) = (area.x, area.right, area.y);
    match row {
        None | Some(Row::Blank) => {}
        Some(Row::Heading { title, elsewhere }) => {
            let style = if *elsewhere { theme.muted } else { Style::new() };
            canvas.text(x, right, y, title, theme.strong().patch(style));
        }
        Some(Row::Command(HelpLine { keys, doc, why_not: None })) => {
            canvas.text(x, x + DOC - 1, y, keys, theme.strong());
            canvas.text(x + DOC, right, y, doc, Style::new());
        }
        Some(Row::Command(HelpLine { keys, doc, why_not: Some(why) })) => {
            canvas.text(x, x + DOC - 1, y, keys, theme.muted);
            // A reason that does not fit whole stands in the palette.
            let both = format!("{doc} · {why}");
            let fits = width(&both) <= right.saturating_sub(x + DOC);
            canvas.text(x + DOC, right, y, if fits { &both } else { doc }, theme.muted);
        }
        Some(Row::Sign { sign, doc }) => {
            let style = match *sign {
                "■" | "×" => theme.fail,
                "▲" => theme.caution,
                "▌" | "▓▓▓░░" => theme.accent,
                _ => Style::new(),
            };
            if let Some(time) = sign.strip_prefix("254") {
                let end = canvas.pill(x, right, y);
                canvas.text(end, x + DOC, y, time, theme.strong());
            } else {
                canvas.text(x, x + DOC - 1, y, sign, style);
            }
            canvas.text(x + DOC, right, y, doc, theme.muted);
        }
    }
}

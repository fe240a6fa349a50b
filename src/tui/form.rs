//! The payload as a form: a row for each field with its name, its value and what it may be; what is
//! wrong stands below it.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, follow, width};
use crate::screen::form::Form;
use crate::screen::{Mode, Model};
use swarmscope_peer::crawler::field::{Field, Kind};

/// Cells for the name of a field, and for its value.
const NAME: u16 = 11;
const VALUE: u16 = 34;

/// Rows that a form takes, with what is wrong in it.
#[must_use]
pub fn rows(form: &Form, fields: &[Field]) -> u16 {
    let wrong = (0..fields.len()).filter(|at| form.wrong(fields, *at).is_some()).count();
    u16::try_from(fields.len() + wrong).unwrap_or(u16::MAX)
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: &Area, form: &Form, fields: &[Field]) {
    let typing = matches!(model.mode, Mode::Form);
    let all_fit = rows(form, fields) <= area.height;
    let seen = usize::from(if all_fit { area.height } else { area.height.div_ceil(2) });
    let top = follow(0, form.at, seen.max(1), fields.len());
    let mut y = area.y;
    for (at, field) in fields.iter().enumerate().skip(top) {
        if y >= area.bottom() {
            return;
        }
        let here = typing && at == form.at;
        one(canvas, area, y, field, form, at, here);
        y += 1;
        if let Some(what) = form.wrong(fields, at).filter(|_| y < area.bottom()) {
            let x = canvas.text(
                area.x + NAME,
                area.right,
                y,
                "▲ ",
                canvas.theme.caution.patch(canvas.theme.strong()),
            );
            canvas.text(x, area.right, y, &what, Style::new());
            y += 1;
        }
    }
}

fn one(
    canvas: &mut Canvas,
    area: &Area,
    y: u16,
    field: &Field,
    form: &Form,
    at: usize,
    here: bool,
) {
    let theme = canvas.theme;
    let Some(input) = form.inputs.get(at) else { return };
    let name = if here { theme.strong() } else { theme.muted };
    canvas.text(area.x, area.x + NAME - 1, y, &field.name, name);
    let x = area.x + NAME;
    let end = (x + VALUE).min(area.right);
    if let Kind::Choice(choices) = field.kind {
        let end =
            canvas.text(x, end, y, input.text(), if here { theme.strong() } else { Style::new() });
        let place = choices.iter().position(|(name, _)| *name == input.text());
        let doc = place.map(|place| choices[place].1).unwrap_or_default();
        let note = format!("{doc}  ({} of {})", place.map_or(0, |place| place + 1), choices.len());
        let x = if here { canvas.text(end, area.right, y, " ←→", theme.accent) } else { end };
        canvas.text(x + 2, area.right, y, &note, theme.muted);
        return;
    }
    canvas.tint(x, end, y, theme.panel);
    // an infohash that is half typed is one already
    let hidden = canvas.mask.is_some() && matches!(field.kind, Kind::Bytes { .. });
    let dots = |text: &str| "·".repeat(text.chars().count());
    let (before, after) = input.halves();
    let (before, after) =
        if hidden { (dots(before), dots(after)) } else { (before.to_owned(), after.to_owned()) };
    let cursor = canvas.text(x, end - 1, y, &before, Style::new());
    canvas.text(cursor, end, y, &after, Style::new());
    if here {
        canvas.cursor = Some((cursor, y));
    }
    let note = field.kind.says();
    if end + 2 + width(&note) <= area.right {
        canvas.text(end + 2, area.right, y, &note, theme.muted);
    }
}

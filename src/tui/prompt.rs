//! A line that is typed in the row of the newest event: an address, what to find, the name of a
//! file.

use std::borrow::Cow;

use ratatui::style::Style;

use super::canvas::Canvas;
use crate::screen::input::Input;
use crate::screen::many::finding;
use crate::screen::reply::find;
use crate::screen::{Mode, Model};
use swarmscope_facts::format::{counted, thousands};

/// Cells of the note at the right.
const NOTE: u16 = 36;
/// From this width on there is a note.
const ROOMY: u16 = 76;

/// What stands in the row.
struct Prompt<'m> {
    label: Cow<'static, str>,
    input: &'m Input,
    note: String,
    error: Option<String>,
}

/// Draws the prompt that is open. Returns whether there is one.
pub fn draw(canvas: &mut Canvas, model: &Model, right: u16, y: u16) -> bool {
    let prompt = match &model.mode {
        Mode::Connect(input, error) => {
            let note = "host:port or permid@host:port".to_owned();
            Prompt { label: "connect to".into(), input, note, error: error.clone() }
        }
        Mode::Find => {
            let find = &model.find;
            let note = if find.is_on() {
                find.count()
            } else {
                "text, or hex:… in the hex view".to_owned()
            };
            Prompt { label: "find".into(), input: &find.query, note, error: find::wrong(model) }
        }
        Mode::LineFilter => {
            let (shown, all) = (
                model.conversation_rows().len(),
                model.conversation().map_or(0, |conversation| conversation.lines().len()),
            );
            let note = format!("{} of {}", thousands(shown as u64), counted(all, "line"));
            Prompt { label: "filter".into(), input: &model.line_filter, note, error: None }
        }
        Mode::ManyFind => {
            let (input, note) = (&model.many.find, finding::note(model));
            Prompt { label: "find".into(), input, note, error: None }
        }
        Mode::Save(saving) => {
            let note = "a path; readable by you only".to_owned();
            Prompt {
                label: saving.label().into(),
                input: &saving.input,
                note,
                error: saving.error.clone(),
            }
        }
        _ => return false,
    };
    write(canvas, &prompt, right, y);
    true
}

fn write(canvas: &mut Canvas, prompt: &Prompt, right: u16, y: u16) {
    let theme = canvas.theme;
    let x = canvas.text(1, right, y, &prompt.label, theme.strong()) + 1;
    let end = if prompt.error.is_some() || right < ROOMY { right } else { right - NOTE };
    canvas.tint(x, end, y, theme.panel);
    let (before, after) = prompt.input.halves();
    let cursor = canvas.text(x, end - 1, y, before, Style::new());
    let after_end = canvas.text(cursor, end, y, after, Style::new());
    canvas.cursor = Some((cursor, y));
    match &prompt.error {
        Some(error) => drop(canvas.text(after_end + 2, right, y, error, theme.caution)),
        None if end < right => drop(canvas.text(end + 2, right, y, &prompt.note, theme.muted)),
        None => {
            let x = after_end + 2;
            canvas.text(x, right, y, &prompt.note, theme.muted);
        }
    }
}

//! Text that is typed or pasted, where text is taken.

use super::commands::key_of;
use super::key::Key;
use super::log::Kind;
use super::model::{Mode, Model};

/// A key that is no command, where text is typed.
pub fn key_typed(model: &mut Model, key: Key) {
    let changed = match &mut model.mode {
        Mode::Filter => model.filter.key(key),
        Mode::Connect(input, error) => {
            *error = None;
            input.key(key)
        }
        Mode::Palette(palette) => palette.key(key),
        Mode::Message(picker) | Mode::Against(picker, _) => {
            let changed = picker.input.key(key);
            picker.at = if changed { 0 } else { picker.at };
            changed
        }
        Mode::Frequency => model.composer.frequency.key(key),
        Mode::Pace(form) => {
            form.error = None;
            form.field().key(key)
        }
        Mode::Payload => {
            let room = model.composer.insert(""); // full editors take deletions only
            let changed = (room || key.typed().is_none()) && model.composer.payload.input(key.event());
            model.composer.edited |= changed;
            changed
        }
        Mode::Main | Mode::Help { .. } | Mode::Log { .. } => false,
    };
    if changed && matches!(model.mode, Mode::Filter) {
        model.rebuild();
    }
}

/// Pasted text goes where text is typed, and is nothing elsewhere.
pub fn text_typed(model: &mut Model, text: &str) {
    match &mut model.mode {
        Mode::Filter => {
            model.filter.type_in(text);
            model.rebuild();
        }
        Mode::Connect(input, _) => drop(input.type_in(text)),
        Mode::Palette(palette) => palette.type_in(text),
        Mode::Message(picker) | Mode::Against(picker, _) => {
            picker.input.type_in(text);
            picker.at = 0;
        }
        Mode::Frequency => drop(model.composer.frequency.type_in(text)),
        Mode::Pace(form) => {
            form.error = None;
            form.field().type_in(text);
        }
        Mode::Payload => {
            if !model.composer.insert(text) {
                model.say(
                    Kind::NotDone,
                    "not pasted: the payload editor takes 256 KiB; `swarmscope request … @FILE` takes more",
                );
            }
        }
        Mode::Main | Mode::Help { .. } | Mode::Log { .. } => {
            let (request, filter) = (key_of(model, "request"), key_of(model, "filter"));
            model.say(
                Kind::Plain,
                format!("what is pasted goes into a text: {request} edits the request, {filter} the filter"),
            );
        }
    }
}

//! Text that is typed or pasted, where text is taken.

use crate::screen::keys::key::Key;
use crate::screen::list::filtering;
use crate::screen::log::Kind;
use crate::screen::many::finding;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::peer_screen::rows;
use crate::screen::reply::find;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::crawler::field::Field;
use swarmscope_wire::MessageId;

/// A key that is no command, where text is typed.
pub fn key_typed(model: &mut Model, key: Key) {
    match &mut model.mode {
        Mode::Filter => filtering::key(model, key),
        Mode::Connect(input, error) | Mode::FilterName(input, error) => {
            *error = None;
            input.key(key);
        }
        Mode::Note(input) | Mode::CaseNote(input, _) | Mode::SetAside(input, _) => {
            input.key(key);
        }
        Mode::Palette(palette) => drop(palette.key(key)),
        Mode::Help { search: Some(input), top, .. } => {
            *top = 0;
            input.key(key);
        }
        Mode::Message(picker) | Mode::Against(picker, _) => {
            let changed = picker.input.key(key);
            picker.at = if changed { 0 } else { picker.at };
        }
        Mode::Find => {
            if model.find.query.key(key) {
                find::typed(model);
            }
        }
        Mode::Save(saving) => {
            saving.typed();
            saving.input.key(key);
        }
        Mode::Frequency => drop(model.composer.frequency.key(key)),
        Mode::Pace(form) => {
            form.error = None;
            form.field().key(key);
        }
        Mode::Form => {
            let fields =
                fields(model.setup.registry_of(model.composer.network), model.composer.message);
            let changed = model.composer.form_mut().is_some_and(|form| form.key(fields, key));
            model.composer.edited |= changed;
        }
        Mode::Payload => {
            let room = model.composer.insert(""); // full editors take deletions only
            let changed =
                (room || key.typed().is_none()) && model.composer.payload_mut().input(key.event());
            model.composer.edited |= changed;
        }
        Mode::LogFilter => drop(model.log_filter.key(key)),
        Mode::CaseFilter => {
            if let Some(case) = &mut model.case {
                case.filter.key(key);
            }
        }
        Mode::LineFilter => {
            if model.line_filter.key(key) {
                rows::typed(model);
            }
        }
        Mode::ManyFind => {
            if model.many.find.key(key) {
                finding::typed(model);
            }
        }
        Mode::Main
        | Mode::Help { .. }
        | Mode::Log { .. }
        | Mode::Filters { .. }
        | Mode::Campaigns { .. }
        | Mode::Columns { .. } => {}
    }
}

/// Pasted text goes where text is typed, and is nothing elsewhere.
pub fn text_typed(model: &mut Model, text: &str) {
    match &mut model.mode {
        Mode::Filter => filtering::paste(model, text),
        Mode::Connect(input, _)
        | Mode::FilterName(input, _)
        | Mode::Note(input)
        | Mode::CaseNote(input, _)
        | Mode::SetAside(input, _)
        | Mode::Help { search: Some(input), .. } => drop(input.type_in(text)),
        Mode::Palette(palette) => palette.type_in(text),
        Mode::Message(picker) | Mode::Against(picker, _) => {
            picker.input.type_in(text);
            picker.at = 0;
        }
        Mode::Find => {
            model.find.query.type_in(text);
            find::typed(model);
        }
        Mode::Save(saving) => {
            saving.typed();
            saving.input.type_in(text);
        }
        Mode::Frequency => drop(model.composer.frequency.type_in(text)),
        Mode::Pace(form) => {
            form.error = None;
            form.field().type_in(text);
        }
        Mode::Form => {
            let fields =
                fields(model.setup.registry_of(model.composer.network), model.composer.message);
            let changed = model.composer.form_mut().is_some_and(|form| form.type_in(fields, text));
            model.composer.edited |= changed;
        }
        Mode::Payload => {
            if !model.composer.insert(text) {
                model.say(
                    Kind::NotDone,
                    "not pasted: the payload editor takes 256 KiB; `swarmscope request … @FILE` \
                     takes more",
                );
            }
        }
        Mode::LogFilter => drop(model.log_filter.type_in(text)),
        Mode::CaseFilter => {
            if let Some(case) = &mut model.case {
                case.filter.type_in(text);
            }
        }
        Mode::LineFilter => {
            model.line_filter.type_in(text);
            rows::typed(model);
        }
        Mode::ManyFind => {
            model.many.find.type_in(text);
            finding::typed(model);
        }
        Mode::Main
        | Mode::Help { .. }
        | Mode::Log { .. }
        | Mode::Filters { .. }
        | Mode::Campaigns { .. }
        | Mode::Columns { .. } => {
            let (request, filter) = (model.key_of("request"), model.key_of("filter"));
            model.log.nothing(
                model.now,
                &format!(
                    "paste needs a text field: {request} edits the request, {filter} the filter"
                ),
            );
        }
    }
}

/// The fields of the message in the composer.
fn fields(registry: &Registry, message: MessageId) -> &[Field] {
    registry.get(message).map(|probe| probe.fields()).unwrap_or_default()
}

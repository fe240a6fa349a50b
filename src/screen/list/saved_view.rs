//! The list of saved filters: applying one, saving the current one under a name, deleting one.

use crate::screen::actions::{Effects, none};
use crate::screen::input::Input;
use crate::screen::kept::KeptIn;
use crate::screen::list::filtering;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::words;

/// Opens the list on the filter in force.
pub fn open(model: &mut Model) -> Effects {
    let text = model.filter.text().trim();
    let at = model.kept.filters.iter().position(|(_, saved)| saved == text).unwrap_or(0);
    model.mode = Mode::Filters { at };
    none()
}

/// Name and text of the selected one.
#[must_use]
pub fn selected(model: &Model) -> Option<(&str, &str)> {
    let Mode::Filters { at } = model.mode else { return None };
    model.kept.filters.iter().nth(at)
}

/// # Errors
/// None is selected.
pub fn has_selected(model: &Model) -> Result<(), String> {
    selected(model).map(drop).ok_or_else(|| "no saved filters yet".to_owned())
}

/// # Errors
/// None is in force.
pub fn has_filter(model: &Model) -> Result<(), String> {
    if model.filter.text().trim().is_empty() { Err("no filter to save".to_owned()) } else { Ok(()) }
}

pub fn apply(model: &mut Model) -> Effects {
    let Some(text) = selected(model).map(|(_, text)| text.to_owned()) else { return none() };
    model.mode = Mode::Main;
    filtering::set(model, &text);
    none()
}

pub fn name(model: &mut Model) -> Effects {
    model.mode = Mode::FilterName(Input::default(), None);
    none()
}

pub fn save(model: &mut Model) -> Effects {
    let Mode::FilterName(input, _) = &model.mode else { return none() };
    let (name, text) = (input.text().trim().to_owned(), model.filter.text().to_owned());
    if let Err(why) = model.kept.filters.set(&name, &text) {
        if let Mode::FilterName(_, error) = &mut model.mode {
            *error = Some(why);
        }
        return none();
    }
    let at = model.kept.filters.iter().position(|(saved, _)| saved == name).unwrap_or(0);
    model.mode = Mode::Filters { at };
    model.say(Kind::Done, format!("filter saved as {}", words::clean(&name)));
    keep(model)
}

/// Back to the list.
pub fn leave_name(model: &mut Model) -> Effects {
    open(model)
}

pub fn delete(model: &mut Model) -> Effects {
    let Some(name) = selected(model).map(|(name, _)| name.to_owned()) else { return none() };
    model.kept.filters.remove(&name);
    if let Mode::Filters { at } = &mut model.mode {
        *at = (*at).min(model.kept.filters.len().saturating_sub(1));
    }
    model.say(Kind::Done, format!("filter {} deleted", words::clean(&name)));
    keep(model)
}

fn keep(model: &Model) -> Effects {
    vec![Effect::Keep(KeptIn::Filters, model.kept.filters.to_toml())]
}

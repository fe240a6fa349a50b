//! Every command in one table: its default keys, what it does in a line, where it applies, why it
//! is disabled. Keys, footer, help and the list of commands come from here; nothing else knows
//! keys.

mod arguments;
pub mod command;
pub mod context;
pub mod counting;
mod follow;
mod footer;
mod help;
mod meanings;
mod page;
mod table;

use crossterm::event::{KeyCode, KeyModifiers};

use super::actions as act;
use super::mode::{Mode, Pane};
use super::model::Model;
use super::msg::Effect;
use super::size::Class;
use super::which::Screen;
use crate::screen::keys::key::Key;
use crate::screen::keys::typing;
pub use command::{Argument, Command, Foot, Group, Table};
pub use context::Context;
pub use follow::{FollowUp, follow_ups, pending};
pub use footer::{Footing, footer};
pub use help::{HelpLine, HelpSection, help, here};
pub use meanings::{Meaning, meaning};
pub use page::{HelpRow, help_has_two_columns, help_rest, help_rows};
use swarmscope_facts::reply::View;
pub use table::{COMMANDS, TABLE};

/// What keys mean now, the nearest meaning first.
#[must_use]
pub fn contexts(model: &Model) -> Vec<Context> {
    contexts_in(model, &model.mode)
}

/// What keys mean in a mode that is not the present one, perhaps.
fn contexts_in(model: &Model, mode: &Mode) -> Vec<Context> {
    let replays = matches!(mode, Mode::Main) && model.showing.replay.is_some();
    let tours = matches!(mode, Mode::Main) && model.tour.is_some() && !replays;
    let mut contexts = match (replays, tours) {
        (true, _) => vec![Context::Replay],
        (_, true) => vec![Context::Tour],
        _ => Vec::new(),
    };
    contexts.extend(own_contexts(model, mode));
    contexts
}

fn own_contexts(model: &Model, mode: &Mode) -> Vec<Context> {
    use Context as C;
    match mode {
        Mode::Main if model.screen == Screen::Peer => {
            vec![C::PeerScreen, C::Rows, C::Moving, C::Any]
        }
        Mode::Main if model.screen == Screen::Many => {
            let now = if model.many.preview.is_some() { C::ManyPreview } else { C::ManyRun };
            vec![now, C::ManyScreen, C::Rows, C::Moving, C::Any]
        }
        Mode::Main if matches!(model.screen, Screen::Overview | Screen::Reach) => {
            vec![C::Figures, C::Moving, C::Any]
        }
        Mode::Main if model.screen == Screen::Signals => {
            vec![C::Signals, C::Rows, C::Moving, C::Any]
        }
        Mode::Main if model.screen == Screen::Case => vec![C::Case, C::Rows, C::Moving, C::Any],
        Mode::Main if model.screen == Screen::Map => vec![C::Map, C::Rows, C::Moving, C::Any],
        Mode::Main => {
            let one_pane = Class::of(model.size.0, model.size.1) <= Class::OnePane;
            let pane = match model.focus {
                Pane::Peers if one_pane && !model.inside => C::PeersAlone,
                Pane::Peers => C::Peers,
                Pane::Channels => C::Channels,
                Pane::Reply => C::Reply,
                Pane::Request => C::Request,
            };
            let table = pane == C::Reply && model.reading.shows() == View::Table;
            let mut all = if table { vec![C::Table] } else { Vec::new() };
            all.extend([pane, C::Rows, C::Main, C::Moving, C::Any]);
            all
        }
        Mode::Filter => vec![C::Filter, C::Any],
        Mode::Pace(_) => vec![C::Pace, C::Any],
        Mode::Connect(..) => vec![C::Connect, C::Any],
        Mode::Note(_) => vec![C::Note, C::Any],
        Mode::CaseNote(..) => vec![C::CaseNote, C::Any],
        Mode::CaseFilter => vec![C::CaseFilter, C::Any],
        Mode::SetAside(..) => vec![C::SetAside, C::Any],
        Mode::Filters { .. } => vec![C::Filters, C::Rows, C::Any],
        Mode::Campaigns { .. } => vec![C::Campaigns, C::Rows, C::Any],
        Mode::FilterName(..) => vec![C::FilterName, C::Any],
        Mode::Columns { .. } => vec![C::Columns, C::Rows, C::Any],
        Mode::Message(_) => vec![C::Message, C::Sheet, C::Any],
        Mode::Frequency => vec![C::Frequency, C::Sheet, C::Any],
        Mode::Payload => vec![C::Payload, C::Sheet, C::Any],
        Mode::Form => vec![C::Form, C::Sheet, C::Any],
        Mode::Help { search: Some(_), .. } => vec![C::HelpSearch, C::Rows, C::Any],
        Mode::Help { .. } => vec![C::Help, C::Rows, C::Any],
        Mode::Palette(_) => vec![C::Palette, C::Any],
        Mode::Against(..) => vec![C::Against, C::Any],
        Mode::Find => vec![C::Find, C::Any],
        Mode::Save(_) => vec![C::Save, C::Any],
        Mode::Log { .. } => vec![C::Log, C::Rows, C::Any],
        Mode::LogFilter => vec![C::LogFilter, C::Any],
        Mode::LineFilter => vec![C::LineFilter, C::Any],
        Mode::ManyFind => vec![C::ManyFind, C::Any],
    }
}

/// Commands for those who watch: the tour goes on leading after them.
const FOR_THE_AUDIENCE: [&str; 5] = ["presenter", "key-cast", "next theme", "mouse", "redraw"];

/// Whether a key only changes how the screen looks, or begins a sequence that may.
pub(super) fn is_for_the_audience(model: &Model, key: Key) -> bool {
    let keys: Vec<Key> = model.pending.iter().copied().chain([key]).collect();
    match meaning(model, &keys) {
        Meaning::Command(command) => FOR_THE_AUDIENCE.contains(&command.name),
        Meaning::Prefix => true,
        Meaning::Nothing => false,
    }
}

/// Takes a key: a command, the next key of a sequence, a digit of a count, or text where text is
/// typed.
pub fn dispatch(model: &mut Model, key: Key) -> Vec<Effect> {
    if counting::takes(model, key) {
        return Vec::new();
    }
    let mut keys = std::mem::take(&mut model.pending);
    keys.push(key);
    match (meaning(model, &keys), keys.as_slice()) {
        (Meaning::Command(command), _) => {
            cast(model, &keys, Some(command));
            let effects = execute(model, command);
            model.count = None;
            effects
        }
        (Meaning::Prefix, _) => {
            model.pending = keys;
            Vec::new()
        }
        (Meaning::Nothing, [_]) => {
            cast(model, &keys, None);
            model.count = None;
            typing::key_typed(model, key);
            Vec::new()
        }
        (Meaning::Nothing, _) => off_the_map(model, &keys, key),
    }
}

/// Shows keys to those who watch, with the command that they ran. What is typed to say where
/// somebody is stays hidden.
fn cast(model: &mut Model, keys: &[Key], command: Option<&Command>) {
    let text: Vec<String> = keys.iter().map(Key::to_string).collect();
    match command {
        Some(command) => model.showing.cast.command(model.now, text.join(" "), command.name),
        None if model.setup.naming.privacy && matches!(model.mode, Mode::Connect(..)) => {
            model.showing.cast.typed(model.now, "·");
        }
        None => {
            let typed =
                keys.iter().map(|key| key.typed().map_or_else(|| key.to_string(), String::from));
            model.showing.cast.typed(model.now, &typed.collect::<String>());
        }
    }
}

/// A sequence that nothing begins with: control keys are taken for themselves (ctrl-c always
/// quits), esc and backspace just leave.
fn off_the_map(model: &mut Model, keys: &[Key], last: Key) -> Vec<Effect> {
    if last.modifiers.contains(KeyModifiers::CONTROL) {
        return dispatch(model, last);
    }
    if !matches!(last.code, KeyCode::Esc | KeyCode::Backspace) {
        let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
        model.log.nothing(model.now, &format!("no command is bound to {}", keys.join(" ")));
    }
    Vec::new()
}

/// Runs a command, or says why not.
pub(super) fn execute(model: &mut Model, command: &'static Command) -> Vec<Effect> {
    match (command.ready)(model) {
        Ok(()) => {
            used(model, command);
            if !matches!(
                command.name,
                "send" | "send now" | "send this" | "forget" | "commands" | "run"
            ) {
                model.warned = None; // something else is meant now
            }
            (command.run)(model)
        }
        Err(why) => {
            act::not_done(model, command.name, &why);
            Vec::new()
        }
    }
}

/// The most commands that are remembered as used: half of the shortest list.
const RECENT: usize = 5;

/// Remembers that a command was used: the list of commands begins with those.
pub(super) fn used(model: &mut Model, command: &'static Command) {
    model.kept.hints.used(command.name);
    let is_listed = crate::screen::palette::listed(model.table()).any(|it| it.name == command.name);
    if is_listed && command.group != Group::Move && command.name != "commands" {
        model.recent.retain(|name| *name != command.name);
        model.recent.insert(0, command.name);
        model.recent.truncate(RECENT);
    }
}

/// Runs the command of this name if it applies here, or says why not.
pub fn run(model: &mut Model, name: &str) -> Vec<Effect> {
    let contexts = contexts(model);
    let here =
        |command: &&Command| command.contexts.iter().any(|context| contexts.contains(context));
    let command = model.commands().iter().filter(here).find(|command| command.name == name);
    command.map_or_else(Vec::new, |command| execute(model, command))
}

/// Pasted text.
pub fn typed(model: &mut Model, text: &str) {
    typing::text_typed(model, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_command_has_its_own_name_a_key_and_a_doc() {
        let mut names = HashSet::new();
        for command in COMMANDS {
            assert!(names.insert(command.name), "{} stands twice", command.name);
            assert!(
                !command.doc.is_empty() && !command.contexts.is_empty() && !command.keys.is_empty()
            );
            assert!(
                command.doc.chars().count() <= 30,
                "{}: the help has 30 cells for it",
                command.name
            );
        }
    }
}

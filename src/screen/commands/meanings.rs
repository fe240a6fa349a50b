//! What keys mean: the nearest context that knows them decides.

use super::contexts_in;
use crate::screen::commands::command::Command;
use crate::screen::keys::key::Key;
use crate::screen::keys::keymap::Sequence;
use crate::screen::mode::Mode;
use crate::screen::model::Model;

/// What the keys pressed so far mean.
#[derive(Debug)]
pub enum Meaning {
    Command(&'static Command),
    /// The beginning of longer sequences.
    Prefix,
    Nothing,
}

/// All sequences that mean something in a mode. Whoever asks for many keys makes it once: a footer
/// asks for about thirty in each frame.
pub(super) struct Meanings<'m> {
    /// How near the context is, nearest first; in each, as the table has them.
    known: Vec<(usize, &'static Command, &'m Sequence)>,
}

impl<'m> Meanings<'m> {
    pub(super) fn now(model: &'m Model) -> Self {
        Self::of(model, &model.mode)
    }

    pub(super) fn of(model: &'m Model, mode: &Mode) -> Self {
        let contexts = contexts_in(model, mode);
        let mut known = Vec::new();
        for command in model.commands() {
            let places = (0..contexts.len()).filter(|at| command.contexts.contains(&contexts[*at]));
            for at in places {
                known.extend(working_in(model, mode, command).map(|keys| (at, command, keys)));
            }
        }
        known.sort_by_key(|(at, ..)| *at);
        Self { known }
    }

    /// What these keys, pressed one after the other, mean.
    pub(super) fn get(&self, keys: &[Key]) -> Meaning {
        for here in self.known.chunk_by(|one, next| one.0 == next.0) {
            if let Some((_, command, _)) = here.iter().find(|(.., known)| known.keys() == keys) {
                return Meaning::Command(command);
            }
            if here.iter().any(|(.., known)| known.begins_with(keys)) {
                return Meaning::Prefix;
            }
        }
        Meaning::Nothing
    }

    /// Whether these keys run this command.
    pub(super) fn run(&self, keys: &Sequence, command: &Command) -> bool {
        matches!(self.get(keys.keys()), Meaning::Command(found) if found.name == command.name)
    }
}

/// What these keys, pressed one after the other, mean now.
#[must_use]
pub fn meaning(model: &Model, keys: &[Key]) -> Meaning {
    Meanings::now(model).get(keys)
}

/// The keys of a command that work now: where text is typed, characters are text.
pub(super) fn working<'m>(
    model: &'m Model,
    command: &Command,
) -> impl Iterator<Item = &'m Sequence> + use<'m> {
    working_in(model, &model.mode, command)
}

fn working_in<'m>(
    model: &'m Model,
    mode: &Mode,
    command: &Command,
) -> impl Iterator<Item = &'m Sequence> + use<'m> {
    let types = mode.types();
    let keys = model.setup.keymap.of(command).iter();
    keys.filter(move |keys| !types || keys.first().typed().is_none())
}

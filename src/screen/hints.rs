//! What to try first: three hints on the first screens of somebody's first run, until they are followed or sent away.
//! That they were shown is kept, so that nobody sees them twice.

use super::commands::{COMMANDS, Command, key_of};
use super::model::Model;
use super::which::Screen;

/// How many there are at the same time, and in all.
const MANY: usize = 3;
/// Commands that are worth a hint, what matters most first, and what they are said to do.
const WORTH: [(&str, &str); 6] = [
    ("connect", "connect to a peer"),
    ("send", "ask the selected peer"),
    ("help", "all keys"),
    ("filter", "filter the list"),
    ("inspect", "look into the peer"),
    ("commands", "all commands"),
];

/// Which hints are still to be given.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hints {
    /// This is a first run, and nobody has sent them away.
    open: bool,
    /// Commands that were hinted at and have been used.
    followed: Vec<&'static str>,
    /// It is not written down yet that they were shown.
    unwritten: bool,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    pub key: String,
    pub text: &'static str,
}

impl Hints {
    /// For somebody who has never seen them.
    #[must_use]
    pub const fn first() -> Self {
        Self { open: true, followed: Vec::new(), unwritten: true }
    }

    /// Whether any are shown.
    #[must_use]
    pub const fn are_open(&self) -> bool {
        self.open
    }

    /// Sends them away for good.
    pub fn dismiss(&mut self) {
        self.open = false;
    }

    /// A command has been used: whoever has followed three needs no more.
    pub(super) fn used(&mut self, command: &'static Command) {
        let worth = WORTH.iter().any(|(name, _)| *name == command.name);
        if self.open && worth && !self.followed.contains(&command.name) {
            self.followed.push(command.name);
            self.open = self.followed.len() < MANY;
        }
    }

    /// What to write, once: that they were shown, and nothing else.
    pub(super) fn take_unwritten(&mut self) -> Option<String> {
        std::mem::take(&mut self.unwritten)
            .then(|| "# The first hints were shown. Without this file they come again.\nshown = true\n".to_owned())
    }
}

/// The hints that are of use now: of what can be done, has a key, and was not done before.
#[must_use]
pub fn hints(model: &Model) -> Vec<Hint> {
    let hints = &model.kept.hints;
    // on the other screens the same keys do other things
    if !hints.open || model.screen != Screen::Main {
        return Vec::new();
    }
    let left = MANY - hints.followed.len();
    let of_use = |(name, text): &(&'static str, &'static str)| {
        let command = COMMANDS.iter().find(|command| command.name == *name)?;
        let wanted = *name != "connect" || model.facts.peers().is_empty();
        let wanted = wanted && (*name != "filter" || model.facts.peers().len() > 1);
        let can = wanted && !hints.followed.contains(name) && (command.ready)(model).is_ok();
        let key = key_of(model, name);
        (can && !key.is_empty()).then_some(Hint { key, text })
    };
    WORTH.iter().filter_map(of_use).take(left).collect()
}

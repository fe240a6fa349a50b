//! What is typed into the list of commands.

use crate::screen::input::Input;
use crate::screen::keys::key::Key;

/// What is typed into the list, and which line is selected.
#[derive(Clone, Default, Debug)]
pub struct Palette {
    pub input: Input,
    /// The selected line among those found.
    pub at: usize,
    /// What was typed before a candidate was put in its place: candidates are searched by it.
    pub(in crate::screen) stem: Option<String>,
    /// What the command had against its argument.
    pub wrong: Option<Misfit>,
}

/// Why an argument can't be taken, and from which byte of it on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    pub at: usize,
    pub what: String,
}

impl From<String> for Misfit {
    fn from(what: String) -> Self {
        Self { at: 0, what }
    }
}

impl Palette {
    /// Takes an editing key.
    pub fn key(&mut self, key: Key) -> bool {
        let changed = self.input.key(key);
        if changed {
            self.changed();
        }
        changed
    }

    pub fn type_in(&mut self, text: &str) {
        if self.input.type_in(text) {
            self.changed();
        }
    }

    pub(in crate::screen) fn changed(&mut self) {
        (self.at, self.stem, self.wrong) = (0, None, None);
    }

    /// Whether the selected candidate stands in the line.
    #[must_use]
    pub const fn has_chosen(&self) -> bool {
        self.stem.is_some()
    }
}

//! Colours as a handful of tokens, from a TOML file or one of the two built in; by bold, dim, underline and reverse alone
//! where colour is not wanted.

use std::path::Path;

/// What every token looks like on this terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {}

/// A theme that can't be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("no theme is called {name:?}: there are {known}")]
    Unknown { name: String, known: String },
}

impl Theme {
    /// The theme of this name (`dark`, `light`, `mono`, or `NAME.toml` in `directory`), as far as this terminal can show
    /// it: `NO_COLOR` gives no colour, a terminal without `COLORTERM=truecolor` the 16 colours. No name: `dark`.
    ///
    /// # Errors
    /// A name that is none of these, or a file that does not say what a theme says.
    pub fn load(name: Option<&str>, directory: Option<&Path>) -> Result<Self, ThemeError> {
        let _ = (name, directory);
        todo!()
    }
}

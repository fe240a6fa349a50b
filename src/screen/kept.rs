//! What is kept from one run to the next: saved filters, the choice of columns, notes on peers, the
//! theme. Here as texts; files are read and written by those who start and run the screen.

use super::hints::given::Hints;
use lines::{at_line, parse};

pub mod lines;

use crate::screen::list::columns::Columns;
use crate::screen::list::notes;
use crate::screen::list::saved::Saved;
use swarmscope_facts::Notes;

/// All of it, as it was when the program started.
#[derive(Clone, Default, Debug)]
pub struct Kept {
    pub columns: Columns,
    pub filters: Saved,
    pub notes: Notes,
    pub hints: Hints,
    /// The name of the theme that was chosen last, while a screen was up.
    pub theme: Option<String>,
    /// What could not be read, for the operator.
    pub notices: Vec<String>,
}

/// The file that something is kept in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeptIn {
    Columns,
    Filters,
    Notes,
    /// That the first hints were shown.
    Hints,
    /// The theme that was chosen last.
    Theme,
}

impl KeptIn {
    pub const ALL: [Self; 5] =
        [Self::Columns, Self::Filters, Self::Notes, Self::Hints, Self::Theme];

    /// The file's name.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Columns => "columns.toml",
            Self::Filters => "filters.toml",
            Self::Notes => "notes.toml",
            Self::Hints => "hints.toml",
            Self::Theme => "theme.toml",
        }
    }
}

impl Kept {
    /// Reads the text of one of the files.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn read(&mut self, from: KeptIn, text: &str) -> Result<(), String> {
        match from {
            KeptIn::Columns => self.columns = Columns::from_toml(text)?,
            KeptIn::Filters => self.filters = Saved::from_toml(text)?,
            KeptIn::Notes => self.notes = notes::from_toml(text)?,
            KeptIn::Hints => {} // that it is there says all
            KeptIn::Theme => self.theme = theme(text)?,
        }
        Ok(())
    }
}

impl Kept {
    /// One of the files is not there.
    pub fn missing(&mut self, of: KeptIn) {
        if of == KeptIn::Hints {
            self.hints = Hints::first();
        }
    }
}

/// The text that keeps the name of a theme.
#[must_use]
pub fn theme_text(name: &str) -> String {
    format!(
        "# The theme that was chosen last. A theme in config.toml, or --theme, goes before it.\nname = \"{name}\"\n"
    )
}

fn theme(text: &str) -> Result<Option<String>, String> {
    let table = parse(text)?;
    let name = table
        .get("name")
        .map(|name| name.as_str().ok_or_else(|| at_line(text, "name", "takes a name in quotes")));
    Ok(name.transpose()?.map(str::to_owned))
}

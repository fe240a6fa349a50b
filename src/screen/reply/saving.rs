//! A file that is to be written, while its name is typed.

use crate::screen::input::Input;

/// What is saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The payload as it came.
    Payload,
    /// The decoded reply, as `request --json` has it.
    Json,
    /// What became of everybody that a request to many went to: a table where the name ends in
    /// `.csv`, else JSON lines.
    Outcomes,
}

impl What {
    /// How it is called in a prompt.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "save the payload to",
            Self::Json => "save the JSON to",
            Self::Outcomes => "save the outcomes to",
        }
    }
}

/// Where the file's name is typed.
#[derive(Clone, Debug)]
pub struct Saving {
    pub what: What,
    pub input: Input,
    /// Why it was not saved.
    pub error: Option<String>,
    /// The file is there: the same name again is to overwrite it.
    pub overwrite: bool,
}

impl Saving {
    /// What is typed has changed.
    pub fn typed(&mut self) {
        self.error = None;
        self.overwrite = false;
    }
}

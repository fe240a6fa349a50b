//! A file that is to be written, while its name is typed.

use std::path::Path;

use crate::screen::input::Input;
use swarmscope_wire::text::clean;

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
    /// What a file of this name can't be: its ending says what one will find in it.
    ///
    /// # Errors
    /// The ending is of something that is not written here.
    pub fn fits(self, name: &str) -> Result<(), String> {
        let known: &[&str] = match self {
            Self::Payload => return Ok(()), // any bytes
            Self::Json => &["json"],
            Self::Outcomes => &["ndjson", "jsonl", "csv"],
        };
        match ending(name) {
            Some(ending) if !known.contains(&ending.as_str()) => {
                Err(format!(".{} is not supported: use .{}", clean(&ending), known.join(", .")))
            }
            _ => Ok(()),
        }
    }

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

/// What a file's name ends in, small.
#[must_use]
pub fn ending(name: &str) -> Option<String> {
    Some(Path::new(name.trim()).extension()?.to_string_lossy().to_lowercase())
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

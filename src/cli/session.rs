//! What the screen may do by itself: record everything, press keys from a file, show a recording.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use swarmscope_peer::files;

use clap::Args;

use super::{CliError, directories};
use crate::screen::keys::script::Script;
use crate::screen::session::recording::{self, Recording, RecordingError};
use crate::tui::recorder::Target;

/// The most bytes of a script: nobody types more.
const MOST_SCRIPT: u64 = 1 << 20;

/// What `tui` and `demo` have in common.
#[derive(Args, Debug)]
pub struct SessionOptions {
    /// Record the session to a new file, for `swarmscope tui --replay`
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_RECORD")]
    pub record: Option<PathBuf>,
    /// Press the keys listed in this file
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_SCRIPT")]
    pub script: Option<PathBuf>,
}

impl SessionOptions {
    /// The script, read.
    ///
    /// # Errors
    /// The file can't be read, or a line of it means nothing.
    pub fn script(&self) -> Result<Option<Script>, CliError> {
        self.script.as_deref().map(read_script).transpose()
    }

    /// The file to record to, made.
    ///
    /// # Errors
    /// It is there already, or can't be made.
    pub fn target(&self) -> Result<Option<Target>, CliError> {
        let create = |path: &PathBuf| {
            Target::create(path).map_err(|error| {
                CliError::file(path, error).with_hint("choose a new file in an existing directory")
            })
        };
        self.record.as_ref().map(create).transpose()
    }
}

fn read_script(path: &Path) -> Result<Script, CliError> {
    use std::io::Read as _;
    let mut text = String::new();
    let read =
        files::open(path).and_then(|file| file.take(MOST_SCRIPT + 1).read_to_string(&mut text));
    read.map_err(|error| {
        CliError::file(path, error).with_hint("--script expects a text file of keys and waits")
    })?;
    if text.len() as u64 > MOST_SCRIPT {
        return Err(CliError::file(path, "more than 1 MiB")
            .with_hint("--script expects a text file of keys and waits"));
    }
    Script::parse(&text).map_err(|error| {
        CliError::usage(
            format!("{}: {error}", path.display()),
            "a line holds key names as in the help, or type, paste, wait, until, limit, pace or \
             quit with its argument",
        )
    })
}

/// Reads a recording.
///
/// # Errors
/// The file can't be read, or is no recording.
pub fn read_recording(path: &Path) -> Result<Recording, CliError> {
    let file = files::open(path).map_err(|error| CliError::file(path, error))?;
    recording::read(BufReader::new(file)).map_err(|error| {
        let hint = match error {
            RecordingError::Io(_) => "check the file and try again",
            _ => "--replay expects a file written by --record or t r",
        };
        CliError::file(path, error).with_hint(hint)
    })
}

/// Where recordings go that are started while the screen is up.
pub fn recordings() -> Option<PathBuf> {
    directories::recordings().ok()
}

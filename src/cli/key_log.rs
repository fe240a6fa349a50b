//! SSLKEYLOGFILE: the variable by which programs are told to write the secrets of their TLS
//! sessions to a file.

use std::path::PathBuf;

use super::{CliError, output};
use swarmscope_peer::overlay::KeyLog;

const HINT: &str = "SSLKEYLOGFILE names the file that TLS keys are written to: choose a writable path, or unset it";

/// The file that the environment names, opened, if it names one.
///
/// # Errors
/// It can't be opened for writing.
pub fn from_environment() -> Result<Option<KeyLog>, CliError> {
    let path = std::env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let open = |path: PathBuf| {
        KeyLog::append(&path).map_err(|error| CliError::file(&path, error).with_hint(HINT))
    };
    path.map(open).transpose()
}

/// What the operator has to know while keys are written.
pub fn words(log: &KeyLog) -> String {
    format!(
        "TLS keys are written to {} (SSLKEYLOGFILE): anyone who reads it can decrypt these connections",
        log.path().display()
    )
}

/// Says so on standard error.
pub fn warn(log: Option<&KeyLog>) {
    if let Some(log) = log {
        output::say(format_args!("warning: {}", words(log)));
    }
}

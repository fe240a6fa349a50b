//! The log: on standard error, and never while the screen is up.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

mod file;

pub use file::{Rotating, parts};

use super::{CliError, standard_error};

/// What the log shows where SWARMSCOPE_LOG says nothing.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// One-shot commands: what a person must know.
    Warnings,
    /// What runs until it is stopped: who asked what. Whoever does not read it holds up nobody.
    Information,
}

/// Starts logging for this process. A filter that can't be read is itself a line in the log.
pub fn start(level: Level) {
    let (filter, wrong) = filter(level);
    let colour = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt().with_ansi(colour).with_target(false);
    // where standard error can't be written, telling of it there panics
    let log = log.log_internal_errors(false).with_env_filter(filter);
    let started = match level {
        Level::Warnings => log.with_writer(io::stderr).try_init(),
        Level::Information => log.with_writer(standard_error::queued).try_init(),
    };
    told(started.is_ok(), wrong);
}

/// Starts logging into this file, as JSON lines; without one to standard error.
///
/// # Errors
/// The file can't be written.
pub fn start_in(level: Level, path: Option<&Path>) -> Result<(), CliError> {
    let Some(path) = path else {
        start(level);
        return Ok(());
    };
    let file = file::Rotating::open(path).map_err(|error| CliError::file(path, error))?;
    let (filter, wrong) = filter(level);
    let log = tracing_subscriber::fmt().with_writer(Mutex::new(file)).log_internal_errors(false);
    let log = log.with_ansi(false).event_format(file::JsonLines);
    told(log.with_env_filter(filter).try_init().is_ok(), wrong);
    Ok(())
}

fn told(started: bool, wrong: Option<String>) {
    if let Some(wrong) = wrong {
        tracing::warn!("{wrong}");
    }
    if !started {
        tracing::debug!("the log is already running");
    }
}

/// What is shown, and what is wrong with what the operator wants.
fn filter(level: Level) -> (EnvFilter, Option<String>) {
    let default = match level {
        // the STUN codec warns of each malformed datagram, and anybody can send those
        Level::Warnings => "warn,stun_types=off",
        Level::Information => "warn,swarmscope=info,stun_types=off",
    };
    let wanted = std::env::var("SWARMSCOPE_LOG").ok().filter(|text| !text.is_empty());
    match wanted.as_deref().map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        None => (EnvFilter::new(default), None),
        Some(Err(error)) => {
            let wrong = format!("SWARMSCOPE_LOG is not a valid filter ({error}); using {default}");
            (EnvFilter::new(default), Some(wrong))
        }
    }
}

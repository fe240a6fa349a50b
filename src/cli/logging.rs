//! The log: on standard error, and never while the screen is up.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// What the log shows where SWARMSCOPE_LOG says nothing.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// One-shot commands: what a person must know.
    Warnings,
    /// What runs until it is stopped: who asked what.
    Information,
}

/// Starts logging for this process. A filter that can't be read is itself a line in the log.
pub fn start(level: Level) {
    let default = match level {
        // the STUN codec warns of each malformed datagram, and anybody can send those
        Level::Warnings => "warn,stun_types=off",
        Level::Information => "warn,swarmscope=info,stun_types=off",
    };
    let wanted = std::env::var("SWARMSCOPE_LOG").ok().filter(|text| !text.is_empty());
    let parsed = wanted.as_deref().map(EnvFilter::try_new);
    let filter = match &parsed {
        Some(Ok(filter)) => filter.clone(),
        _ => EnvFilter::new(default),
    };
    let colour = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log =
        tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(colour).with_target(false);
    // where standard error can't be written, telling of it there panics
    let log = log.log_internal_errors(false);
    let started = log.with_env_filter(filter).try_init();
    if let Some(Err(error)) = parsed {
        tracing::warn!("SWARMSCOPE_LOG is not a valid filter ({error}); using {default}");
    }
    if started.is_err() {
        tracing::debug!("the log is already running");
    }
}

//! Errors of commands: a text that says what failed, on what and what to do next, and an exit code.

use std::fmt;
use std::io;
use std::path::Path;

use super::environment::{self, Variable};
use super::output::say;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::text::clean;

/// The exit code of wrong usage.
pub const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug)]
pub enum CliError {
    /// The command line is wrong.
    Usage { what: String, hint: String },
    /// Something failed while it ran. The hint is the cause's, unless there is a better one; when
    /// the peer accepts again is told where a request had gone out.
    Failure { failure: Failure, hint: Option<&'static str>, acceptance: Option<Acceptance> },
}

impl CliError {
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// A file or device of this machine failed, or holds what it should not. It is said in one line:
    /// a file's own words make no hints.
    pub fn file(path: &Path, what: impl fmt::Display) -> Self {
        Self::io(clean(&format!("{}: {what}", path.display())))
    }

    pub fn io(detail: impl Into<String>) -> Self {
        Failure::new(Cause::Io, By::Us, detail).into()
    }

    /// As it is, with what to do next in place of the cause's own hint.
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        match self {
            Self::Failure { failure, acceptance, .. } => {
                Self::Failure { failure, hint: Some(hint), acceptance }
            }
            usage @ Self::Usage { .. } => usage,
        }
    }

    /// The exit code of cli.md.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => USAGE,
            Self::Failure { failure, .. } => failure.cause.exit(),
        }
    }

    /// Prints it on standard error with the variables it is about, and gives the exit code.
    #[must_use]
    pub fn report(&self, variables: &[Variable]) -> u8 {
        say(format_args!("error: {self}"));
        for note in environment::notes(variables, &self.to_string()) {
            say(note);
        }
        match self {
            Self::Usage { hint, .. } => say(format_args!("hint: {hint}")),
            Self::Failure { failure, hint, .. } => {
                let hint = hint.unwrap_or(failure.cause.hint());
                say(format_args!("code: {}\nhint: {hint}", failure.cause.code()));
            }
        }
        self.exit_code()
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { what, .. } => f.write_str(what),
            // what failed is said by the detail; that it is of this machine, by the code
            Self::Failure { failure, .. }
                if failure.cause == Cause::Io && !failure.detail.is_empty() =>
            {
                f.write_str(&failure.detail)
            }
            Self::Failure { failure, .. } => failure.fmt(f),
        }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Failure { failure, hint: None, acceptance: None }
    }
}

impl From<io::Error> for CliError {
    /// What goes wrong with standard output; files are named by [`CliError::file`].
    fn from(error: io::Error) -> Self {
        Self::io(format!("standard output: {error}"))
            .with_hint("the reader closed the pipe, or the disk is full")
    }
}

/// Prints the option parser's message (help and version go to standard output), and gives the exit
/// code.
pub fn report_clap(error: &clap::Error, variables: &[Variable]) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
    match error.print() {
        // a reader that goes away before the end of a help has what it wanted
        Err(failed) if !error.use_stderr() && failed.kind() != io::ErrorKind::BrokenPipe => {
            return CliError::from(failed).report(variables);
        }
        _ => {}
    }
    if error.use_stderr() {
        for note in environment::notes(variables, &error.to_string()) {
            say(note);
        }
    }
    code
}

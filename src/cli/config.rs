//! `config.toml` in the configuration directory: every option can have a line there. `swarmscope
//! config` prints all of them.
//!
//! The option parser's own list is walked, so an option has its line as soon as it is there. A line
//! becomes the option's default; what the command line says goes before the environment, and that
//! before the file. A name at the top of the file holds for every command that has such an option,
//! one under `[request]` for `swarmscope request` alone.

mod apply;
mod print;

use clap::{Arg, Command};
use toml::Spanned;
use toml::de::DeValue;

use super::{CliError, directories, output};
use swarmscope_peer::limits::{Limit, Limits};
use swarmscope_probes::config_file::{ConfigFile, Fault};

/// What to do about a file that can't be used.
const HINT: &str = "fix that line or comment it out; `swarmscope config` prints a template";

/// The section of limits, which are no options.
const LIMITS: &str = "limits";

/// What to do about one that can't be read at all.
const UNREADABLE: &str =
    "make it a readable text file, or move it away; without it, defaults apply";

/// The command line with the file's lines as defaults; as it was, and why, where the file can't be
/// used.
pub fn apply(command: Command) -> (Command, Option<CliError>) {
    // Without a home directory there is no file; what needs one will say so.
    let Ok(path) = directories::config_file() else { return (command, None) };
    let read = ConfigFile::read(&path).map_err(|fault| vec![fault]).and_then(|file| match file {
        Some(file) => apply::read(&command, &file),
        None => Ok(apply::Lines::default()),
    });
    match read {
        Ok(lines) => (apply::with_defaults(command, &lines), None),
        Err(faults) => (command, Some(refused(&faults))),
    }
}

fn refused(faults: &[Fault]) -> CliError {
    let hint = if faults.iter().any(|fault| fault.line.is_some()) { HINT } else { UNREADABLE };
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    CliError::usage(faults.join("\n"), hint)
}

/// The limits that the file sets, and these for the rest.
///
/// # Errors
/// The file can't be used.
pub fn limits(usual: &Limits) -> Result<Limits, CliError> {
    let Ok(path) = directories::config_file() else { return Ok(*usual) };
    match ConfigFile::read(&path).map_err(|fault| refused(&[fault]))? {
        Some(file) => limits_of(&file, usual),
        None => Ok(*usual),
    }
}

fn limits_of(file: &ConfigFile, usual: &Limits) -> Result<Limits, CliError> {
    let mut limits = *usual;
    // what is wrong with it was said before any command began
    let (table, _) = file.table();
    let Some(DeValue::Table(section)) = table.get(LIMITS).map(Spanned::get_ref) else {
        return Ok(limits);
    };
    for limit in Limit::ALL {
        if let Some(value) = section.get(limit.key()) {
            let set = apply::number(limit, value.get_ref(), &mut limits);
            set.map_err(|what| CliError::usage(what, HINT))?;
        }
    }
    Ok(limits)
}

/// Prints the file with all its lines, each behind a `#`.
///
/// # Errors
/// Standard output can't be written.
pub fn run(command: &Command) -> Result<u8, CliError> {
    output::write_text(&print::default_file(command))?;
    Ok(0)
}

/// The name of an option's line, where it may have one: whatever has an environment variable.
fn name(option: &Arg) -> Option<&str> {
    option.get_long().filter(|_| option.get_env().is_some())
}

#[cfg(test)]
mod tests;

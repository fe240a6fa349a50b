//! `swarmscope completions`: completion for shells. The shell's script calls the program back, so
//! that every shell completes the same: options, paths, and the names of messages, themes and
//! scenarios as they are at that moment.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory as _, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::{Cli, CliError, directories, output, probes};
use crate::demo::Scenario;
use crate::tui::theme;
use swarmscope_wire::MessageId;

/// The shell's script sets it when it calls the program.
const VARIABLE: &str = "SWARMSCOPE_COMPLETE";
const PROGRAM: &str = "swarmscope";

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell to print completions for
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    const fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Elvish => &Elvish,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
            Self::Zsh => &Zsh,
        }
    }
}

/// Prints the shell's script.
///
/// # Errors
/// Standard output can't be written.
pub fn run(args: &CompletionsArgs) -> Result<u8, CliError> {
    let mut script = Vec::new();
    args.shell.completer().write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    output::write_text(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Whether a shell's script called, and then its answer on standard output.
pub fn answered(args: &[OsString]) -> bool {
    let env = CompleteEnv::with_factory(|| with_names(Cli::command())).var(VARIABLE);
    // What can't be completed is left to the shell; an error in the middle of a line helps nobody.
    env.try_complete(args, std::env::current_dir().ok().as_deref())
        .unwrap_or(std::env::var_os(VARIABLE).is_some())
}

/// The command line with the names that arguments take.
fn with_names(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let names = match argument.get_id().as_str() {
            "theme" => themes(),
            "scenario" => scenarios(),
            "message" => messages(),
            _ => Vec::new(),
        };
        if names.is_empty() {
            argument
        } else {
            argument.value_parser(PossibleValuesParser::new(names))
        }
    });
    command.mut_subcommands(with_names)
}

fn themes() -> Vec<String> {
    theme::names(directories::themes().ok().as_deref())
}

fn scenarios() -> Vec<String> {
    Scenario::ALL.iter().map(|scenario| scenario.name().to_owned()).collect()
}

/// The names of the protocol, and of probes of one's own where they can be read.
fn messages() -> Vec<String> {
    let Ok(registry) = probes::registry() else { return Vec::new() };
    let mut ids: Vec<MessageId> = MessageId::NAMED.iter().map(|(id, _)| *id).collect();
    ids.extend(registry.iter().map(|probe| probe.id()));
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| registry.label(id).to_lowercase()).collect()
}

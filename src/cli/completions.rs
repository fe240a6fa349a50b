//! `swarmscope completions`: what a shell needs to complete options, sub-commands, and names that can be known before.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::{CliError, directories, output, probes};
use crate::demo::Scenario;
use crate::tui::theme;
use swarmscope_wire::MessageId;

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

/// Prints the shell's script.
///
/// # Errors
/// Standard output can't be written.
pub fn run(args: &CompletionsArgs, command: &Command) -> Result<u8, CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut completed(command), "swarmscope", &mut script);
    output::write_text(&script)?;
    Ok(0)
}

/// The command line as it is shown: without what is hidden, and with the names that arguments take.
fn completed(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned().map(with_names);
    let bare = Command::new("swarmscope").version(env!("CARGO_PKG_VERSION"));
    bare.args(command.get_arguments().cloned()).subcommands(shown)
}

fn with_names(command: Command) -> Command {
    command.mut_args(|argument| {
        let names = match argument.get_id().as_str() {
            "theme" => themes(),
            "scenario" => scenarios(),
            "message" => messages(),
            _ => Vec::new(),
        };
        if names.is_empty() { argument } else { argument.value_parser(PossibleValuesParser::new(names)) }
    })
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn script(shell: Shell) -> String {
        let mut script = Vec::new();
        generate(shell, &mut completed(&Cli::command()), "swarmscope", &mut script);
        String::from_utf8(script).expect("text")
    }

    #[test]
    fn names_that_can_be_known_are_completed_and_what_is_hidden_is_not() {
        let bash = script(Shell::Bash);
        for names in ["tour nat worm refusals parts", "dark light high-contrast sixteen mono", "natcheck"] {
            assert!(bash.contains(names), "{names}");
        }
        assert!(!bash.contains("swarmscope__nat"), "a command that is hidden");
        for shell in [Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            assert!(script(shell).contains("refusals"), "{shell}");
        }
    }
}

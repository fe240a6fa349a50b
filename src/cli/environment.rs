//! Options from the environment: an empty variable counts as unset, and an error names the
//! variables that caused it.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// Shorter values occur in any text by chance.
const TELLING: usize = 3;

/// The command line without the variables that are empty.
pub fn without_empty(command: Command) -> Command {
    let is_empty = |option: &Arg| {
        option.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let bare =
        |option: Arg| if is_empty(&option) { option.env(None::<&'static str>) } else { option };
    command.mut_args(bare).mut_subcommands(without_empty)
}

/// An option that takes its value from the environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    option: String,
    name: String,
    value: String,
}

impl Variable {
    /// Whether an error of this text is about it.
    fn is_named_in(&self, text: &str) -> bool {
        let named =
            text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == self.option);
        named || (self.value.len() >= TELLING && text.contains(&self.value))
    }
}

/// The variables in effect: those of the command's options that the command line does not set
/// itself.
pub fn in_effect(
    command: &Command,
    args: &[OsString],
    lookup: impl Fn(&OsStr) -> Option<OsString>,
) -> Vec<Variable> {
    let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).collect();
    let mut command = command;
    for word in &words {
        match command.find_subcommand(word.as_ref()) {
            Some(found) => command = found,
            None => break,
        }
    }
    let is_given = |option: &str| words.iter().any(|word| word.split('=').next() == Some(option));
    let variable = |option: &Arg| {
        let (long, name) = (format!("--{}", option.get_long()?), option.get_env()?);
        let value = lookup(name).filter(|value| !value.is_empty() && !is_given(&long))?;
        let [name, value] = [name, &value].map(|text| text.to_string_lossy().into_owned());
        Some(Variable { option: long, name, value })
    };
    command.get_arguments().filter_map(variable).collect()
}

/// A line for each variable that an error of this text is about.
pub fn notes(variables: &[Variable], text: &str) -> Vec<String> {
    let named = variables.iter().filter(|variable| variable.is_named_in(text));
    named
        .map(|it| format!("note: {} is set by the environment variable {}", it.option, it.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn effective(line: &str) -> Vec<Variable> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let set =
            [("SWARMSCOPE_TIMEOUT", "soon"), ("SWARMSCOPE_OUT", "x"), ("SWARMSCOPE_LISTEN", "")];
        in_effect(&Cli::command(), &args, |name| {
            set.iter().find(|(it, _)| name == *it).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn only_variables_of_the_command_that_the_command_line_leaves_to_them_are_in_effect() {
        let names =
            |line| effective(line).into_iter().map(|variable| variable.name).collect::<Vec<_>>();
        assert_eq!(names("swarmscope request a b"), ["SWARMSCOPE_TIMEOUT", "SWARMSCOPE_OUT"]);
        assert_eq!(names("swarmscope request a b --timeout=5"), ["SWARMSCOPE_OUT"]);
        assert_eq!(names("swarmscope key new"), ["SWARMSCOPE_OUT"]);
        assert!(names("swarmscope peer").is_empty());
    }

    #[test]
    fn an_error_names_the_variable_that_it_is_about() {
        let variables = effective("swarmscope request a b");
        let note = "note: --timeout is set by the environment variable SWARMSCOPE_TIMEOUT";
        assert_eq!(notes(&variables, "invalid value 'soon' for '--timeout <S>'"), [note]);
        assert_eq!(notes(&variables, "soon: no such file"), [note]);
        assert!(notes(&variables, "the port is missing: x").is_empty());
    }
}

//! The commented default file.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::apply::{has_lines, is_list, is_switch};
use super::{LIMITS, name};
use crate::cli::directories;
use swarmscope_peer::limits::{Limit, Limits, Unit};

/// Where comments are wrapped.
const WIDTH: usize = 100;

const HEAD: &str = "\
Every line is optional. Remove the # to set it.

The command line takes precedence over the environment, and the environment over this file. An option at the top applies to \
every command that has it; one in a section applies to that command and takes precedence. File names are relative to this \
file's directory; ~/ is your home directory.";

/// All lines that can stand in the file, as comments.
pub fn default_file(command: &Command) -> String {
    let path = directories::config_file()
        .map_or_else(|_| "config.toml".to_owned(), |path| path.display().to_string());
    let mut text = String::new();
    comment(&mut text, &format!("{path}: the configuration of swarmscope"));
    text.push_str("#\n");
    comment(&mut text, HEAD);
    let commands: Vec<&Command> =
        command.get_subcommands().filter(|command| has_lines(command)).collect();
    let shared = shared(&commands);
    for (option, users) in &shared {
        line(&mut text, option, &format!("{}; {}", variable(option), users.join(", ")));
    }
    for command in commands {
        section(&mut text, command, command.get_name(), &shared);
    }
    limits(&mut text);
    text
}

/// What others may take: no options, because nobody sets them for one run.
fn limits(text: &mut String) {
    let _ = write!(text, "\n\n[{LIMITS}]\n");
    comment(text, "What others may take of a process; the same for all commands");
    for limit in Limit::ALL {
        text.push('\n');
        let unit = match limit.unit() {
            Unit::Bytes => "bytes",
            Unit::Count(things) => things,
            Unit::PerSecond(_) => "connections a second",
        };
        comment(text, &format!("{}; {} ({unit})", limit.what(), limit.scope().words()));
        comment(text, &format!("When it is reached: {}", limit.reached()));
        let _ = writeln!(text, "#{} = {}", limit.key(), limit.of(&Limits::default()));
    }
}

/// Options that mean the same for several commands, with the commands' names.
fn shared<'a>(commands: &[&'a Command]) -> Vec<(&'a Arg, Vec<&'a str>)> {
    let mut found: Vec<(&Arg, Vec<&str>)> = Vec::new();
    for &command in commands {
        for option in lines_of(command) {
            match found.iter_mut().find(|(other, _)| is_same(other, option)) {
                Some((_, users)) => users.push(command.get_name()),
                None => found.push((option, vec![command.get_name()])),
            }
        }
    }
    found.retain(|(_, users)| users.len() > 1);
    found
}

fn section(text: &mut String, command: &Command, place: &str, shared: &[(&Arg, Vec<&str>)]) {
    let own: Vec<&Arg> = lines_of(command)
        .filter(|option| !shared.iter().any(|(other, _)| is_same(other, option)))
        .collect();
    if !own.is_empty() {
        let _ = write!(text, "\n\n[{place}]\n");
        comment(text, &command.get_about().map(ToString::to_string).unwrap_or_default());
    }
    for option in own {
        line(text, option, &variable(option));
    }
    for command in command.get_subcommands().filter(|command| has_lines(command)) {
        section(text, command, &format!("{place}.{}", command.get_name()), shared);
    }
}

fn lines_of(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|option| name(option).is_some() && !option.is_hide_set())
}

fn is_same(one: &Arg, other: &Arg) -> bool {
    name(one) == name(other)
        && one.get_help().map(ToString::to_string) == other.get_help().map(ToString::to_string)
}

fn variable(option: &Arg) -> String {
    option.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An option's line, behind a `#`: its default, or what to write.
fn line(text: &mut String, option: &Arg, note: &str) {
    text.push('\n');
    comment(text, &option.get_help().map(ToString::to_string).unwrap_or_default());
    comment(text, &format!("({note})"));
    let defaults: Vec<_> =
        option.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let word = option
        .get_value_names()
        .and_then(|names| names.first())
        .map(ToString::to_string)
        .unwrap_or_default();
    let value = match (defaults.first(), is_list(option)) {
        _ if is_switch(option) => "false".to_owned(),
        (Some(number), _) if number.parse::<i64>().is_ok() => number.to_string(),
        (Some(default), _) => format!("{default:?}"),
        (None, true) => format!("[{word:?}]"),
        (None, false) => format!("{word:?}"),
    };
    let _ = writeln!(text, "#{} = {value}", name(option).unwrap_or_default());
}

/// Words behind `# `, wrapped.
fn comment(text: &mut String, words: &str) {
    for paragraph in words.lines() {
        let mut column = 0;
        text.push('#');
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count() + 1;
            if column > 0 && column + length > WIDTH {
                text.push_str("\n#");
                column = 0;
            }
            column += length;
            text.push(' ');
            text.push_str(word);
        }
        text.push('\n');
    }
}

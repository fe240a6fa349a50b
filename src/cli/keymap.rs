//! `swarmscope keymap`: the keys in force, the operator's own marked; and where the screen gets
//! them from.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::options::JsonOption;
use super::{CliError, directories, output};
use crate::screen::Keymap;
use crate::screen::commands::{COMMANDS, Command, Group, TABLE};
use crate::screen::keys::keymap;
use swarmscope_probes::config_file::ConfigFile;
use swarmscope_wire::text;

const HINT: &str = "correct these lines (the others apply); `swarmscope keymap` lists all commands";

#[derive(Args, Debug)]
pub struct KeymapArgs {
    #[command(flatten)]
    json: JsonOption,
}

/// The keys of the table, with those of `keymap.toml` in their place.
pub fn load() -> Keymap {
    // Without a home directory there is no such file.
    let Ok(path) = directories::keymap() else { return Keymap::default() };
    match ConfigFile::read(&path) {
        Ok(None) => Keymap::default(),
        Ok(Some(file)) => keymap::read(&file),
        Err(fault) => Keymap::default().with_fault(fault),
    }
}

/// Prints the keys, and what is wrong in the operator's own.
///
/// # Errors
/// `keymap.toml` has lines that can't be used; everything else has been printed then.
pub fn run(args: &KeymapArgs) -> Result<u8, CliError> {
    let keymap = load();
    let text = if args.json.json { json(&keymap)? } else { table(&keymap) };
    output::write_text(&text)?;
    if keymap.faults().is_empty() {
        return Ok(0);
    }
    let faults: Vec<_> = keymap.faults().iter().map(ToString::to_string).collect();
    Err(CliError::usage(faults.join("\n"), HINT))
}

/// A command, for programs.
#[derive(Serialize)]
struct Line<'a> {
    command: &'a str,
    keys: Vec<String>,
    default_keys: &'a [&'a str],
    own: bool,
    places: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<&'a str>,
    doc: &'a str,
}

fn json(keymap: &Keymap) -> Result<String, CliError> {
    let mut text = String::new();
    for command in COMMANDS {
        let line = Line {
            command: command.name,
            keys: keymap.of(command).iter().map(ToString::to_string).collect(),
            default_keys: command.keys,
            own: keymap.is_changed(command.name),
            places: places(command),
            argument: TABLE.argument(command).map(|argument| argument.name),
            doc: command.doc,
        };
        let line = text::json(&line).map_err(|error| CliError::io(error.to_string()))?;
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

fn places(command: &Command) -> Vec<&'static str> {
    command.contexts.iter().map(|context| context.place()).collect()
}

/// `*  space, m    mark    mark a peer    list`, by heading.
fn table(keymap: &Keymap) -> String {
    let rows: Vec<(Group, [String; 5])> =
        COMMANDS.iter().map(|command| (command.group, row(keymap, command))).collect();
    let width =
        |column: usize| rows.iter().map(|(_, row)| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "{}{}", if text.is_empty() { "" } else { "\n" }, group.title());
        for (_, [own, keys, name, doc, places]) in rows.iter().filter(|(of, _)| *of == group) {
            let cells = [own, keys, name, doc]
                .into_iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(text, "{line}  {places}");
        }
    }
    if rows.iter().any(|(_, row)| !row[0].is_empty()) {
        let _ = writeln!(text, "\n*  changed in {}", shown_path());
    }
    text
}

fn row(keymap: &Keymap, command: &Command) -> [String; 5] {
    let keys: Vec<String> = keymap.of(command).iter().map(ToString::to_string).collect();
    let own = if keymap.is_changed(command.name) { "*" } else { "" };
    let keys = if keys.is_empty() { "–".to_owned() } else { keys.join(", ") };
    [
        own.to_owned(),
        keys,
        command.name.to_owned(),
        command.own_doc(&TABLE).to_owned(),
        places(command).join(", "),
    ]
}

fn shown_path() -> String {
    directories::keymap()
        .map_or_else(|_| "keymap.toml".to_owned(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_row_and_an_object() {
        let keymap = Keymap::default();
        let (table, json) = (table(&keymap), json(&keymap).unwrap());
        assert_eq!(json.lines().count(), COMMANDS.len());
        for command in COMMANDS {
            assert!(table.contains(command.name), "{}", command.name);
        }
        assert!(!table.contains('*'));
        for line in json.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["keys"].as_array().is_some_and(|keys| !keys.is_empty()), "{line}");
            assert_eq!(line["own"], false);
        }
    }

    #[test]
    fn an_operators_own_keys_are_marked() {
        let file =
            ConfigFile { path: "x".into(), text: "sort = [\"f5\", \"alt-s\"]\nview = []\n".into() };
        let keymap = keymap::read(&file);
        let table = table(&keymap);
        let row = |name: &str| {
            table.lines().find(|line| line.contains(&format!("  {name} "))).unwrap().to_owned()
        };
        assert!(row("sort").starts_with("*  f5, alt-s"), "{table}");
        assert!(row("view").starts_with("*  – "), "{table}");
        assert!(row("filter").starts_with("   / "), "{table}");
    }
}

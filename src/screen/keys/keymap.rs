//! Which keys mean which command: the table's defaults, and what the operator changed.

mod file;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use crate::screen::commands::command::{Command, Table};
use crate::screen::commands::context::Context;
use crate::screen::keys::key::Key;
pub use file::read;
use swarmscope_probes::config_file::Fault;

/// Keys that are pressed one after the other; most commands have one alone, `y c` has a prefix.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sequence(Vec<Key>);

impl Sequence {
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// The first key.
    ///
    /// # Panics
    /// Never: a sequence is read from at least one key.
    #[must_use]
    pub fn first(&self) -> Key {
        self.0[0]
    }

    /// Whether these keys are a beginning of it, not the whole.
    #[must_use]
    pub fn begins_with(&self, keys: &[Key]) -> bool {
        self.0.len() > keys.len() && self.0.starts_with(keys)
    }

    /// Whether both can't mean something in the same place.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }
}

impl FromStr for Sequence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let keys: Vec<Key> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err("no key given".to_owned()) } else { Ok(Self(keys)) }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            write!(f, "{}{key}", if i > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

/// The keys in force.
#[derive(Clone, Debug)]
pub struct Keymap {
    table: &'static Table,
    by_command: HashMap<&'static str, Vec<Sequence>>,
    /// Commands whose keys are the operator's own.
    changed: HashSet<&'static str>,
    faults: Vec<Fault>,
}

impl Keymap {
    /// The commands of a table with their own keys.
    ///
    /// # Panics
    /// The table names a key that is none: a mistake in the program, which a test would find.
    #[must_use]
    pub fn of_table(table: &'static Table) -> Self {
        let parse = |text: &&str| {
            text.parse().unwrap_or_else(|error| panic!("the table of commands: {error}"))
        };
        let of =
            |command: &'static Command| (command.name, command.keys.iter().map(parse).collect());
        let by_command = table.commands.iter().map(of).collect();
        Self { table, by_command, changed: HashSet::new(), faults: Vec::new() }
    }

    /// The commands that it is of.
    #[must_use]
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// A command's keys.
    #[must_use]
    pub fn of(&self, command: &Command) -> &[Sequence] {
        self.by_command.get(command.name).map_or(&[], Vec::as_slice)
    }

    /// Gives a command other keys.
    pub fn set(&mut self, command: &'static Command, keys: Vec<Sequence>) {
        self.by_command.insert(command.name, keys);
    }

    /// A command's first keys as people write them; empty where it has none.
    #[must_use]
    pub fn first(&self, command: &Command) -> String {
        self.of(command).first().map(Sequence::to_string).unwrap_or_default()
    }

    /// Whether the operator gave a command other keys.
    #[must_use]
    pub fn is_changed(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// What is wrong in the operator's key map, and therefore not in force.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The same, with something more that is wrong.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Keys that mean two things in one context, or one thing and the beginning of another.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut seen: HashMap<Context, Vec<(&Sequence, &'static str)>> = HashMap::new();
        let mut conflicts = Vec::new();
        for command in self.table.commands {
            for (context, keys) in
                command.contexts.iter().flat_map(|c| self.of(command).iter().map(move |k| (*c, k)))
            {
                let here = seen.entry(context).or_default();
                let found = here.iter().filter(|(other, _)| other.clashes(keys));
                conflicts.extend(found.map(|(_, name)| Conflict {
                    context,
                    keys: keys.clone(),
                    commands: [*name, command.name],
                }));
                here.push((keys, command.name));
            }
        }
        conflicts
    }
}

/// Two commands that want the same keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    pub context: Context,
    pub keys: Sequence,
    pub commands: [&'static str; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        assert_eq!(Keymap::default().conflicts(), []);
    }

    #[test]
    fn a_command_and_a_prefix_on_one_key_are_a_conflict() {
        let mut keymap = Keymap::default();
        keymap.by_command.insert("view", vec!["y".parse().unwrap()]);
        let conflicts = keymap.conflicts();
        assert!(
            conflicts.iter().any(|conflict| conflict.commands.contains(&"copy command")),
            "{conflicts:?}"
        );
    }

    #[test]
    fn sequences_read_as_they_are_written() {
        for text in ["y c", "ctrl-s", "g", "space", "t d"] {
            assert_eq!(text.parse::<Sequence>().unwrap().to_string(), text);
        }
        assert!("".parse::<Sequence>().is_err());
        assert!("y hyper-x".parse::<Sequence>().is_err());
    }
}

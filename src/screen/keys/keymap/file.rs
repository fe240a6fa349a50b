//! The operator's own keys: `keymap.toml`, one line a command.
//!
//! ```toml
//! "filter" = "ctrl-f"            # instead of /
//! "mark" = ["space", "m m"]      # several; m m: one key after the other
//! "disconnect" = []              # no key; it stays in the list of commands
//! ```
//!
//! Commands without a line keep their keys. A line that can't be used is told with its number and
//! left out; the others hold. Nobody can lose quit and help by it.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::DeValue;

use super::{Conflict, Keymap, Sequence};
use crate::screen::commands::command::{Command, Table};
use crate::screen::commands::context::Context;
use crate::screen::keys::key::Key;
use swarmscope_probes::config_file::{ConfigFile, meant};

/// What can be left out of a key map by nobody.
const KEPT: [&str; 2] = ["quit", "help"];
/// What always means the same, whatever else is broken.
const FIXED: &str = "interrupt";
/// What lies behind the rows of a list: a key of the rows never gets there.
const BEHIND_ROWS: [Context; 3] = [Context::Main, Context::Moving, Context::Any];

/// A command's line.
struct Line {
    command: &'static Command,
    at: std::ops::Range<usize>,
    keys: Vec<Sequence>,
}

/// The table's keys with those of the file in their place, as far as that is possible;
/// [`Keymap::faults`] tells the rest.
#[must_use]
pub fn read(file: &ConfigFile) -> Keymap {
    let (table, mut faults) = file.table();
    let mut lines: Vec<Line> = Vec::new();
    let commands = Keymap::default().table();
    for (key, value) in &table {
        match line(commands, key, value) {
            Ok(line) => lines.push(line),
            Err((at, what)) => faults.push(file.fault(&at, what)),
        }
    }
    // A refused line brings the command's own keys back, which can be taken in turn by another
    // line.
    loop {
        let keymap = with(&lines);
        let Some((index, what)) = first_refused(&keymap, &lines) else { break };
        let line = lines.remove(index);
        faults.push(file.fault(&line.at, what));
    }
    faults.sort_by_key(|fault| fault.line);
    Keymap { faults, ..with(&lines) }
}

fn with(lines: &[Line]) -> Keymap {
    let mut keymap = Keymap::default();
    for line in lines {
        keymap.by_command.insert(line.command.name, line.keys.clone());
        keymap.changed.insert(line.command.name);
    }
    keymap
}

type Wrong = (std::ops::Range<usize>, String);

fn line(
    table: &Table,
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue>,
) -> Result<Line, Wrong> {
    let name = key.as_ref().as_ref();
    let Some(command) = table.named(name) else {
        let hint = match meant(name, table.commands.iter().map(|command| command.name)) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => "`swarmscope keymap` lists their names".to_owned(),
        };
        return Err((key.span(), format!("no command {name:?}: {hint}")));
    };
    let mut keys: Vec<Sequence> = Vec::new();
    for (at, text) in texts(value)? {
        let sequence = text.parse().map_err(|error| {
            (
                at,
                format!("{name:?}: {error}; write keys like a, A, ctrl-a, f5, esc, space, or one after the other: y c"),
            )
        })?;
        if !keys.contains(&sequence) {
            keys.push(sequence);
        }
    }
    if name == FIXED {
        return Err((
            key.span(),
            format!("{name:?} stays on {}, so that there is always a way out", command.keys[0]),
        ));
    }
    if keys.is_empty() && KEPT.contains(&name) {
        return Err((
            key.span(),
            format!("{name:?} needs a key: write one, or leave the line out"),
        ));
    }
    if let Some(what) = never(command, &keys) {
        return Err((value.span(), format!("{name:?}: {what}")));
    }
    Ok(Line { command, at: key.span(), keys })
}

/// A text, or a list of them.
fn texts<'v>(value: &'v Spanned<DeValue>) -> Result<Vec<(std::ops::Range<usize>, &'v str)>, Wrong> {
    let text = |value: &'v Spanned<DeValue>| match value.get_ref() {
        DeValue::String(text) => Ok((value.span(), text.as_ref())),
        _ => Err((
            value.span(),
            "write a key in quotes, or a list of them: [\"m\", \"ctrl-m\"]".to_owned(),
        )),
    };
    match value.get_ref() {
        DeValue::Array(list) => list.iter().map(text).collect(),
        _ => text(value).map(|text| vec![text]),
    }
}

/// Why a key could never mean this command.
fn never(command: &Command, keys: &[Sequence]) -> Option<String> {
    let only_typed = command.contexts.iter().all(|context| context.types());
    let typed = keys.iter().find(|keys| only_typed && keys.first().typed().is_some());
    let reserved = keys.iter().find(|keys| keys.keys().contains(&Key::ctrl('c')));
    match (typed, reserved) {
        (_, Some(keys)) => {
            Some(format!("{keys} holds ctrl-c, which always quits: take another key"))
        }
        (Some(keys), _) => Some(format!(
            "{keys} is text where this command is: take a key like ctrl-x, alt-x or f5"
        )),
        (None, None) => None,
    }
}

/// The first line that can't be in force beside the others, and why.
fn first_refused(keymap: &Keymap, lines: &[Line]) -> Option<(usize, String)> {
    let at: HashMap<&str, usize> =
        lines.iter().enumerate().map(|(i, line)| (line.command.name, i)).collect();
    for Conflict { commands: [one, other], .. } in keymap.conflicts() {
        let Some(&index) = at.get(other).or(at.get(one)) else { continue };
        let line = &lines[index];
        let name = if line.command.name == other { one } else { other };
        let Some((own, theirs)) = clashing(keymap, line, name) else { continue };
        let whose =
            if at.contains_key(name) { "" } else { ", by default; a line can give it another key" };
        let what = if own == theirs {
            format!("{own} is taken by {name:?}{whose}")
        } else {
            format!(
                "{own} beside {theirs} for {name:?}: a key can't be a command and begin another"
            )
        };
        return Some((index, format!("{:?}: {what}: take another key", line.command.name)));
    }
    lines.iter().enumerate().find_map(|(index, line)| {
        let (keys, other) = covered(keymap, line)?;
        Some((
            index,
            format!(
                "{:?}: {keys} is {:?} wherever this command is: take another key",
                line.command.name, other.name
            ),
        ))
    })
}

/// A key of the line and one of the other command that can't be there at the same time.
fn clashing<'m>(
    keymap: &'m Keymap,
    line: &'m Line,
    other: &str,
) -> Option<(&'m Sequence, &'m Sequence)> {
    let theirs = keymap.by_command.get(other)?;
    line.keys.iter().find_map(|own| Some((own, theirs.iter().find(|theirs| own.clashes(theirs))?)))
}

/// A key of the line that another command takes first.
fn covered(keymap: &Keymap, line: &Line) -> Option<(Sequence, &'static Command)> {
    let within = |command: &Command, contexts: &[Context]| {
        command.contexts.iter().all(|it| contexts.contains(it))
    };
    for keys in &line.keys {
        let taken_by = |command: &&Command| {
            let rows =
                command.contexts.contains(&Context::Rows) && within(line.command, &BEHIND_ROWS);
            let kept = KEPT.contains(&command.name)
                && command.name != line.command.name
                && moves(line.command);
            (rows || kept) && keymap.of(command).iter().any(|other| other.clashes(keys))
        };
        if let Some(command) = keymap.table.commands.iter().find(taken_by) {
            return Some((keys.clone(), command));
        }
    }
    None
}

/// Whether a command is there while one moves about, where quit and help must be, too.
fn moves(command: &Command) -> bool {
    use Context as C;
    const MOVING: [Context; 11] = [
        C::Moving,
        C::Main,
        C::PeerScreen,
        C::ManyScreen,
        C::Peers,
        C::PeersAlone,
        C::Channels,
        C::Reply,
        C::Table,
        C::Request,
        C::Rows,
    ];
    command.contexts.iter().any(|context| MOVING.contains(context))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap(text: &str) -> Keymap {
        read(&ConfigFile { path: "keymap.toml".into(), text: text.into() })
    }

    fn keys(keymap: &Keymap, name: &str) -> Vec<String> {
        let command = Keymap::default().table().named(name).unwrap();
        keymap.of(command).iter().map(ToString::to_string).collect()
    }

    /// What is told of a file, and that nothing else of it holds.
    fn refused(text: &str) -> Vec<String> {
        keymap(text).faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_replace_the_keys_of_their_commands_and_of_no_others() {
        let map = keymap(
            "filter = \"ctrl-g ctrl-f\"\n\"hide addresses\" = [\"H\", \"alt-m h\"]\ndisconnect = \
             []\n",
        );
        assert_eq!(
            map.faults().iter().map(ToString::to_string).collect::<Vec<_>>(),
            Vec::<String>::new().as_slice()
        );
        assert_eq!(keys(&map, "hide addresses"), ["H", "alt-m h"]);
        assert_eq!(keys(&map, "disconnect"), [""; 0]);
        assert_eq!(keys(&map, "sort"), ["o"]);
        assert!(map.is_changed("disconnect") && !map.is_changed("sort"));
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_line_and_the_rest_holds() {
        let text = "fliter = \"F\"\nsort = \"hyper-x\"\nlog = 5\n\"connect\" = \"K\"\ndisconnect = [\"X\", 1]\nquit = []\n\
                    interrupt = \"ctrl-x\"\nview = \"ctrl-c\"\nchoose = \"z\"\nnonsense-of-mine = []\n";
        let map = keymap(text);
        let found: Vec<String> = map.faults().iter().map(ToString::to_string).collect();
        for (fault, start) in found.iter().zip([
            "keymap.toml:1: no command \"fliter\": did you mean \"filter\"?",
            "keymap.toml:2: \"sort\": \"hyper-x\" is not a key; write keys like",
            "keymap.toml:3: write a key in quotes",
            "keymap.toml:5: write a key in quotes",
            "keymap.toml:6: \"quit\" needs a key",
            "keymap.toml:7: \"interrupt\" stays on ctrl-c",
            "keymap.toml:8: \"view\": ctrl-c holds ctrl-c, which always quits",
            "keymap.toml:9: \"choose\": z is text where this command is",
            "keymap.toml:10: no command \"nonsense-of-mine\": `swarmscope keymap` lists",
        ]) {
            assert!(fault.starts_with(start), "{start}\n{found:#?}");
        }
        assert_eq!(found.len(), 9, "{found:#?}");
        assert_eq!(
            (keys(&map, "connect"), keys(&map, "quit")),
            (vec!["K".to_owned()], ["q", "Z Z", "Z Q"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn keys_that_clash_are_refused() {
        for (text, what) in [
            ("sort = \"c\"", "keymap.toml:1: \"sort\": c is taken by \"connect\", by default"),
            ("sort = \"y\"", "\"sort\": y beside y c for \"copy command\": a key can't be"),
            ("sort = \"c c\"", "\"sort\": c c beside c for \"connect\""),
            ("sort = \"F5\"", "\"sort\": \"F5\" is not a key"),
            ("sort = \"X\"\nconnect = \"X\"", "X is taken by"),
            ("sort = \"j\"", "\"sort\": j is \"down\" wherever this command is"),
            ("sort = \"q\"", "\"sort\": q is \"quit\" wherever"),
            ("read = \"q\"", "\"read\": q is \"quit\" wherever"),
            ("help = \"q\"", "q is taken by"),
        ] {
            let found = refused(text);
            assert!(found.len() == 1 && found[0].contains(what), "{text}: {found:?}");
        }
        assert_eq!(
            refused("sort = \"c\"\nconnect = \"K\""),
            [""; 0],
            "a key that its command gives up is free"
        );
        assert_eq!(refused("quit = \"Q\"\nsort = \"q\""), [""; 0]);
    }

    #[test]
    fn a_file_that_is_no_toml_changes_nothing() {
        let map = keymap("sort = [\n\u{0}");
        assert!(!map.faults().is_empty());
        assert_eq!(keys(&map, "sort"), ["o"]);
    }

    #[test]
    fn whatever_a_file_says_there_is_a_way_out() {
        let everything_on = |keys: &str| {
            Keymap::default()
                .table()
                .commands
                .iter()
                .map(|c| format!("{:?} = {keys}", c.name))
                .collect::<Vec<_>>()
                .join("\n")
        };
        for key in ["q", "?", "ctrl-c", "esc", "enter", "x y", "f1"] {
            let map = keymap(&everything_on(&format!("{key:?}")));
            assert_eq!(map.conflicts(), []);
            assert!(!keys(&map, "quit").is_empty() && !keys(&map, "help").is_empty());
            assert_eq!(keys(&map, "interrupt"), ["ctrl-c"]);
        }
        let map = keymap(&everything_on("[]"));
        assert_eq!(
            (keys(&map, "quit"), keys(&map, "interrupt")),
            (["q", "Z Z", "Z Q"].map(str::to_owned).to_vec(), vec!["ctrl-c".to_owned()])
        );
    }
}

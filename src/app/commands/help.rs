//! Every command by heading, with its keys.

use super::{COMMANDS, Command, Context, Group};
use crate::app::keymap::{Keymap, Sequence};
use crate::app::model::Model;

/// Cells that the help has for keys.
const KEYS: usize = 14;

/// One line of the help: the keys of commands that say the same, and what they do or why not now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpLine {
    pub keys: String,
    pub doc: &'static str,
    pub why_not: Option<String>,
}

/// The help for the main screen, by heading.
#[must_use]
pub fn help(model: &Model) -> Vec<(Group, Vec<HelpLine>)> {
    let main = [
        Context::Moving,
        Context::Main,
        Context::Rows,
        Context::Peers,
        Context::PeersAlone,
        Context::Channels,
        Context::Reply,
    ];
    let mut groups = Vec::new();
    for group in [Group::Move, Group::Peers, Group::Request, Group::Reply, Group::More] {
        let mut lines: Vec<(Vec<&Command>, &'static str)> = Vec::new();
        let here = |command: &&Command| {
            command.group == group && command.contexts.iter().any(|context| main.contains(context))
        };
        for command in COMMANDS.iter().filter(here) {
            match lines.iter_mut().find(|(_, doc)| *doc == command.doc) {
                Some((same, _)) => same.push(command),
                None => lines.push((vec![command], command.doc)),
            }
        }
        let line = |(commands, doc): (Vec<&Command>, &'static str)| HelpLine {
            keys: interleaved(&model.setup.keymap, &commands),
            doc,
            why_not: commands[0].ready_reason(model),
        };
        groups.push((group, lines.into_iter().map(line).collect()));
    }
    groups
}

/// `↑ ↓  j k`: the first keys of all, then the second.
fn interleaved(keymap: &Keymap, commands: &[&Command]) -> String {
    let most = commands.iter().map(|command| keymap.of(command).len()).max().unwrap_or(0).min(2);
    let rounds = (0..most).map(|round| {
        let keys: Vec<String> =
            commands.iter().filter_map(|c| keymap.of(c).get(round)).map(Sequence::to_string).collect();
        keys.join(" ")
    });
    let rounds: Vec<String> = rounds.collect();
    let all = rounds.join("  ");
    if all.chars().count() <= KEYS { all } else { rounds.into_iter().next().unwrap_or_default() }
}

//! The last row: what can be done now.

use crossterm::event::KeyCode;

use super::meanings::{Meanings, working};
use super::{Command, Foot, contexts};
use crate::screen::keys::key::Key;
use crate::screen::keys::keymap::Sequence;
use crate::screen::model::Model;
use swarmscope_facts::format::thousands;

/// An entry of the footer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Footing {
    /// The key to press for it; a click presses it.
    pub press: Key,
    pub key: String,
    /// `send`, `send to 412`.
    pub verb: String,
}

/// What the footer shows: the entries from the left, in the order in which they stay, and those
/// reserved at the right.
#[must_use]
pub fn footer(model: &Model) -> (Vec<Footing>, Vec<Footing>) {
    if !model.pending.is_empty() {
        return (
            vec![entry(Key::named(KeyCode::Esc), "leave")],
            vec![entry(Key::ctrl('c'), "quit")],
        );
    }
    if let Some(count) = model.count {
        let (up, down) = (model.key_of("up"), model.key_of("down"));
        let moves = Footing {
            press: Key::named(KeyCode::Down),
            key: format!("{count} {up}{down}"),
            verb: "move by so many".to_owned(),
        };
        return (
            vec![moves, entry(Key::named(KeyCode::Esc), "leave")],
            vec![entry(Key::ctrl('c'), "quit")],
        );
    }
    let (contexts, known) = (contexts(model), Meanings::now(model));
    let mut ranked: Vec<(u8, bool, Footing)> = Vec::new();
    for command in model.commands() {
        let here = command.contexts.iter().any(|context| contexts.contains(context));
        let Some(foot) = command.foot.filter(|_| here && (command.ready)(model).is_ok()) else {
            continue;
        };
        // a nearer place may have taken a key
        let is_its = |keys: &&Sequence| known.run(keys, command);
        let Some(keys) = working(model, command).find(is_its) else { continue };
        let footing = match keys.keys() {
            &[press] => {
                Footing { press, key: with_partner(model, command, keys), verb: verb(model, &foot) }
            }
            [first, ..] => prefix(*first, foot.verb),
            [] => continue,
        };
        let same = |(.., other): &(u8, bool, Footing)| {
            other.verb == footing.verb || other.key == footing.key
        };
        if ranked.iter().any(same) {
            continue; // `enter send` says what `ctrl-s send` would say
        }
        ranked.push((foot.rank, foot.right, footing));
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    let (right, left): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, right, _)| *right);
    let entries =
        |list: Vec<(u8, bool, Footing)>| list.into_iter().map(|(.., footing)| footing).collect();
    (entries(left), entries(right))
}

fn entry(press: Key, verb: &str) -> Footing {
    Footing { press, key: press.to_string(), verb: verb.to_owned() }
}

fn verb(model: &Model, foot: &Foot) -> String {
    match (foot.to)(model) {
        0 => foot.verb.to_owned(),
        peers => format!("{} to {}", foot.verb, thousands(peers as u64)),
    }
}

/// `y… copy` for all that begins with y: what follows is shown as soon as it is pressed.
fn prefix(first: Key, verb: &str) -> Footing {
    Footing {
        press: first,
        key: format!("{first}…"),
        verb: verb.split(' ').next().unwrap_or(verb).to_owned(),
    }
}

/// `↑↓`, `J K`: a key and that of the command that does the same the other way, where both are one
/// sign.
fn with_partner(model: &Model, command: &Command, keys: &Sequence) -> String {
    let sign = keys.to_string();
    let is_partner = |other: &&Command| {
        other.doc == command.doc && other.name != command.name && other.contexts == command.contexts
    };
    let other = model.commands().iter().find(is_partner);
    match other.map(|other| model.setup.keymap.first(other)) {
        Some(other) if !other.is_ascii() && !sign.is_ascii() => sign + &other,
        Some(other) if [&sign, &other].into_iter().all(|sign| sign.len() == 1) => {
            format!("{sign} {other}")
        }
        _ => sign,
    }
}

//! Every command with its keys: what can be done where one is, first; then what can be done
//! elsewhere.

use super::meanings::Meanings;
use super::{Command, Context, Group, contexts_in};
use crate::screen::keys::keymap::Sequence;
use crate::screen::mode::Mode;
use crate::screen::model::Model;

/// Cells that the help has for keys.
const KEYS: usize = 14;
/// Keys that people bring along and that are no commands: what becomes of them, where.
const BROUGHT_ALONG: [(Group, Context, &str, &str); 2] = [
    (Group::Move, Context::Rows, "75j 75G", "a count; 1 to 6 are screens"),
    (Group::Time, Context::Moving, "z z", "freeze and resume: no change"),
];

/// One line of the help: the keys of commands that say the same, and what they do or why not now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpLine {
    pub keys: String,
    pub doc: &'static str,
    pub why_not: Option<String>,
}

/// Lines under a heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpSection {
    pub title: String,
    pub lines: Vec<HelpLine>,
    /// Not for where one is.
    pub elsewhere: bool,
}

/// Where the help was asked for: `main screen, list`.
#[must_use]
pub fn here(model: &Model) -> String {
    let contexts = contexts_in(model, before(model));
    let screen = contexts.iter().find(|it| matches!(it, Context::Main | Context::Sheet));
    let near = contexts.iter().find(|it| !it.is_wide());
    let places: Vec<&str> = screen.into_iter().chain(near).map(|it| it.place()).collect();
    if places.first() == places.last() {
        places.first().copied().unwrap_or_default().to_owned()
    } else {
        places.join(", ")
    }
}

/// The help, by heading; only lines that have all the words that are searched for.
#[must_use]
pub fn help(model: &Model) -> Vec<HelpSection> {
    let mut told: Vec<&'static str> = Vec::new();
    let contexts = contexts_in(model, before(model));
    let (wide, near): (Vec<Context>, Vec<Context>) =
        contexts.iter().partition(|context| context.is_wide());
    let mut sections = Vec::new();
    for context in near {
        let here = |command: &Command| command.contexts.contains(&context);
        sections.push(section(model, context.place(), true, &mut told, here));
    }
    for group in Group::ALL {
        let here = |command: &Command| {
            command.group == group && command.contexts.iter().any(|it| wide.contains(it))
        };
        let mut section = section(model, group.title(), true, &mut told, here);
        section.lines.extend(brought_along(model, group, &contexts));
        sections.push(section);
    }
    for context in places(model) {
        let there = |command: &Command| command.contexts.contains(&context);
        sections.push(section(model, context.place(), false, &mut told, there));
    }
    sections.retain(|section| !section.lines.is_empty());
    sections
}

fn brought_along(model: &Model, group: Group, contexts: &[Context]) -> Vec<HelpLine> {
    let words = searched(model);
    let of_it = BROUGHT_ALONG.iter().filter(|(of, context, ..)| {
        *of == group && contexts.contains(context) && !before(model).types()
    });
    let found = of_it.filter(|(.., keys, doc)| {
        let text = format!("{keys} {doc} {}", group.title()).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    });
    found.map(|(.., keys, doc)| HelpLine { keys: (*keys).to_owned(), doc, why_not: None }).collect()
}

/// All places but those that are everywhere, in the order of the table; a tour's only while there
/// is one.
fn places(model: &Model) -> Vec<Context> {
    let mut places = Vec::new();
    let is_there = |context: &&Context| **context != Context::Tour || model.tour.is_some();
    for context in model.commands().iter().flat_map(|of| of.contexts).filter(is_there) {
        if !places.contains(context) {
            places.push(*context);
        }
    }
    places
}

/// What lies under the help.
fn before(model: &Model) -> &Mode {
    match &model.mode {
        Mode::Help { before, .. } => before,
        mode => mode,
    }
}

fn section(
    model: &Model,
    title: &str,
    here: bool,
    told: &mut Vec<&'static str>,
    belongs: impl Fn(&Command) -> bool,
) -> HelpSection {
    let mut lines: Vec<(Vec<&Command>, &'static str)> = Vec::new();
    for command in model.commands() {
        if !belongs(command)
            || told.contains(&command.name)
            || keys_of(model, command, here).is_empty()
        {
            continue;
        }
        told.push(command.name);
        match lines.iter_mut().find(|(_, doc)| *doc == command.doc) {
            Some((same, _)) => same.push(command),
            None => lines.push((vec![command], command.doc)),
        }
    }
    let words = searched(model);
    let line = |(commands, doc): (Vec<&Command>, &'static str)| {
        let keys: Vec<_> = commands.iter().map(|of| keys_of(model, of, here)).collect();
        let keys = interleaved(&keys);
        let names: Vec<&str> = commands.iter().map(|command| command.name).collect();
        let text = format!("{keys} {doc} {} {title}", names.join(" ")).to_lowercase();
        let found = words.iter().all(|word| text.contains(word.as_str()));
        let why_not = if here { commands[0].ready_reason(model) } else { None };
        found.then_some(HelpLine { keys, doc, why_not })
    };
    let lines = lines.into_iter().filter_map(line).collect();
    HelpSection { title: title.to_uppercase(), lines, elsewhere: !here }
}

/// The words that are searched for, small.
#[must_use]
pub fn searched(model: &Model) -> Vec<String> {
    match &model.mode {
        Mode::Help { search: Some(input), .. } => {
            input.text().to_lowercase().split_whitespace().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// A command's keys; of what can be done here, only those that do it here: characters are text in
/// the composer, and a nearer place may have taken a key.
fn keys_of<'m>(model: &'m Model, command: &Command, here: bool) -> Vec<&'m Sequence> {
    let known = here.then(|| Meanings::of(model, before(model)));
    let does_it = |keys: &&Sequence| known.as_ref().is_none_or(|known| known.run(keys, command));
    let types = before(model).types();
    let is_text = |keys: &&Sequence| types && keys.first().typed().is_some();
    let keys = model.setup.keymap.of(command).iter();
    keys.filter(|keys| !here || !is_text(keys) && does_it(keys)).collect()
}

/// `↑ ↓  k j`: the first keys of all, then the second.
fn interleaved(commands: &[Vec<&Sequence>]) -> String {
    let most = commands.iter().map(Vec::len).max().unwrap_or(0).min(2);
    let rounds = (0..most).map(|round| {
        let keys: Vec<String> =
            commands.iter().filter_map(|keys| keys.get(round)).map(ToString::to_string).collect();
        keys.join(" ")
    });
    let rounds: Vec<String> = rounds.collect();
    let all = rounds.join("  ");
    if all.chars().count() <= KEYS { all } else { rounds.into_iter().next().unwrap_or_default() }
}

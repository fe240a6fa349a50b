//! The list of commands: what is typed finds commands; behind a command's name and a blank it is
//! the command's argument.

use super::commands::command::{Argument, Command, Group, Table};
use super::commands::context::Context;
use super::commands::{execute, used};
use line::{Misfit, Palette};

pub mod line;

use super::input::Input;
use super::mode::Mode;
use super::model::Model;
use super::msg::Effect;
use super::search::{Hit, search};

/// A line of the list.
#[derive(Clone, Debug)]
pub enum Entry {
    Command(&'static Command),
    /// A whole argument that may be meant.
    Candidate(String),
}

/// A line, and which of its characters were found.
#[derive(Clone, Debug)]
pub struct Found {
    pub entry: Entry,
    pub marks: Vec<u32>,
}

/// A command, and what is typed behind it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'t> {
    pub command: &'static Command,
    pub argument: &'static Argument,
    /// Without blanks around it; may be empty.
    pub text: &'t str,
    /// Where it begins in the line, in bytes.
    pub at: usize,
}

/// The command that a line names with an argument to come. The whole name of a command is none:
/// `send now` sends no message `now`.
#[must_use]
pub fn said<'t>(table: &Table, line: &'t str) -> Option<Said<'t>> {
    let of = |command: &'static Command| {
        let argument = table.argument(command)?;
        let rest = line.strip_prefix(argument.word)?;
        let text = rest.strip_prefix(' ')?.trim_start();
        Some(Said { command, argument, text: text.trim_end(), at: line.len() - text.len() })
    };
    let said = listed(table).filter_map(of).max_by_key(|said| said.argument.word.len())?;
    (said.text.is_empty() || whole(table, line).is_none()).then_some(said)
}

/// The command of which a line is the whole name, or the word that is typed for it.
fn whole(table: &Table, line: &str) -> Option<&'static Command> {
    let is = |name: &str| name.eq_ignore_ascii_case(line.trim());
    let by_word = |command: &&Command| table.argument(command).is_some_and(|it| is(it.word));
    listed(table).find(|command| is(command.name)).or_else(|| listed(table).find(by_word))
}

/// The commands that can stand in the list: all that do something while one moves about, but the
/// arrows and their like.
pub fn listed(table: &Table) -> impl Iterator<Item = &'static Command> + use<> {
    const LISTED: [Context; 11] = [
        Context::Moving,
        Context::Replay,
        Context::PeerScreen,
        Context::ManyScreen,
        Context::Main,
        Context::Peers,
        Context::Channels,
        Context::Reply,
        Context::Table,
        Context::Signals,
        Context::Case,
    ];
    table
        .commands
        .iter()
        .filter(|command| command.contexts.iter().any(|context| LISTED.contains(context)))
}

/// Those of them that are of use now: while no replay is running, its commands would only be in the
/// way.
pub fn offered(model: &Model) -> impl Iterator<Item = &'static Command> {
    let replays = model.showing.replay.is_some();
    listed(model.table()).filter(move |command| replays || command.contexts != [Context::Replay])
}

/// The lines that the list shows: candidates for an argument, or commands; with the characters that
/// match.
#[must_use]
pub fn found(model: &Model) -> Vec<Found> {
    let Mode::Palette(palette) = &model.mode else { return Vec::new() };
    let line = palette.stem.as_deref().unwrap_or(palette.input.text());
    if let Some(said) = said(model.table(), line) {
        let candidates = (said.argument.candidates)(model, said.text);
        let hits = search(said.text, candidates.iter().map(String::as_str));
        let entry = |index: usize| Entry::Candidate(candidates[index].clone());
        return hits
            .into_iter()
            .map(|hit| Found { entry: entry(hit.index), marks: hit.marks })
            .collect();
    }
    if let Some(meant) = meant(line) {
        let entry = model.table().named(meant).map(Entry::Command);
        return entry.map(|entry| Found { entry, marks: Vec::new() }).into_iter().collect();
    }
    let listed = in_order(model, line);
    let mut hits = search(line, listed.iter().map(|command| command.name));
    if let Some(whole) = whole(model.table(), line) {
        let is_it = |hit: &Hit| listed[hit.index].name == whole.name;
        let index = listed.iter().position(|command| command.name == whole.name);
        let marks = hits.extract_if(.., |hit| is_it(hit)).next().map(|hit| hit.marks);
        hits.splice(..0, index.map(|index| Hit { index, marks: marks.unwrap_or_default() }));
    }
    hits.into_iter()
        .map(|hit| Found { entry: Entry::Command(listed[hit.index]), marks: hit.marks })
        .collect()
}

/// What people type for it elsewhere.
const ALIASES: [(&str, &str); 6] = [
    ("q", "quit"),
    ("q!", "quit"),
    ("qa", "quit"),
    ("qa!", "quit"),
    ("wq", "quit"),
    ("exit", "quit"),
];

fn meant(line: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(alias, _)| *alias == line.trim()).map(|(_, name)| *name)
}

/// Those that are offered; while nothing is typed, those used last come first, then what does
/// something, and what only moves comes last.
fn in_order(model: &Model, line: &str) -> Vec<&'static Command> {
    const ORDER: [Group; 6] =
        [Group::Request, Group::Peers, Group::Reply, Group::Time, Group::More, Group::Move];
    let mut all: Vec<&'static Command> = offered(model).collect();
    if line.is_empty() {
        all.sort_by_key(|command| {
            let used = model.recent.iter().position(|name| *name == command.name);
            let group = ORDER.iter().position(|group| *group == command.group);
            (used.unwrap_or(usize::MAX), group)
        });
    }
    all
}

/// Moves among the lines; a candidate that is moved to is put into the line.
pub fn step(model: &mut Model, by: isize) {
    let found = found(model);
    let Mode::Palette(palette) = &mut model.mode else { return };
    let last = found.len().saturating_sub(1);
    let table = model.setup.keymap.table();
    let first_time = palette.stem.is_none() && said(table, palette.input.text()).is_some();
    palette.at =
        if first_time && by > 0 { 0 } else { palette.at.saturating_add_signed(by).min(last) };
    if let Some(Found { entry: Entry::Candidate(candidate), .. }) = found.get(palette.at) {
        put(table, palette, &candidate.clone());
    }
}

fn put(table: &Table, palette: &mut Palette, candidate: &str) {
    let Some(said) = said(table, palette.input.text()) else { return };
    let line = format!("{}{candidate}", &palette.input.text()[..said.at]);
    palette.stem.get_or_insert_with(|| palette.input.text().to_owned());
    (palette.input, palette.wrong) = (Input::new(line), None);
}

/// Completes: the name of the selected command, or the next candidate, from the last to the first.
pub fn complete(model: &mut Model) -> Vec<Effect> {
    turn(model, 1)
}

/// Completes the other way round.
pub fn complete_back(model: &mut Model) -> Vec<Effect> {
    turn(model, -1)
}

fn turn(model: &mut Model, by: isize) -> Vec<Effect> {
    let (found, table) = (found(model), model.table());
    let Mode::Palette(palette) = &mut model.mode else { return Vec::new() };
    if let Some(Found { entry: Entry::Command(command), .. }) = found.get(palette.at) {
        let line = table
            .argument(command)
            .map_or_else(|| command.name.to_owned(), |argument| format!("{} ", argument.word));
        palette.input = Input::new(line);
        palette.changed();
        return Vec::new();
    }
    let count = isize::try_from(found.len()).unwrap_or(isize::MAX);
    let at = isize::try_from(palette.at).unwrap_or(0) + if palette.has_chosen() { by } else { 0 };
    palette.at = usize::try_from(at.rem_euclid(count.max(1))).unwrap_or(0);
    if let Some(Found { entry: Entry::Candidate(candidate), .. }) = found.get(palette.at) {
        put(table, palette, &candidate.clone());
    }
    Vec::new()
}

/// Whether there is something to run.
///
/// # Errors
/// Why not.
pub fn can_run(model: &Model) -> Result<(), String> {
    let Mode::Palette(palette) = &model.mode else {
        return Err("command list closed".to_owned());
    };
    let nothing = said(model.table(), palette.input.text()).is_none() && found(model).is_empty();
    if nothing { Err("no such command".to_owned()) } else { Ok(()) }
}

/// Runs what is typed, or the selected command. What can't be taken is said under the line, which
/// stays open.
pub fn run(model: &mut Model) -> Vec<Effect> {
    let found = found(model);
    let Mode::Palette(palette) = std::mem::take(&mut model.mode) else { return Vec::new() };
    match (said(model.table(), palette.input.text()), found.get(palette.at)) {
        (Some(said), _) if said.text.is_empty() => execute(model, said.command),
        (Some(said), _) => match (said.argument.run)(model, said.text) {
            Ok(effects) => {
                used(model, said.command);
                effects
            }
            Err(misfit) => {
                let wrong = Misfit { at: said.at + misfit.at.min(said.text.len()), ..misfit };
                model.mode = Mode::Palette(Palette { wrong: Some(wrong), ..palette.clone() });
                Vec::new()
            }
        },
        (None, Some(Found { entry: Entry::Command(command), .. })) => execute(model, command),
        (None, _) => Vec::new(),
    }
}

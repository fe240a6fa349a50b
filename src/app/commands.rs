//! Every command in one table: its default keys, what it does in a line, where it applies, why it doesn't just now. Keys,
//! footer, help and the list of commands come from here; nothing else knows keys.

mod table;

use crossterm::event::{KeyCode, KeyModifiers};

use super::actions as act;
use super::key::Key;
use super::keymap::{Keymap, Sequence};
use super::log::Kind;
use super::model::{Mode, Model, Pane};
use super::msg::Effect;
use super::screen::Screen;
use super::search::search;
use super::size::Class;
use super::typing;
pub use table::COMMANDS;

/// Where a command applies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    Any,
    /// Moving about on any screen: no prompt, composer or overlay is open.
    Moving,
    /// Moving about on the main screen.
    Main,
    /// Moving about on the screen of one peer.
    PeerScreen,
    /// Moving about on the screen of a request to many.
    ManyScreen,
    /// The list, beside the other pane.
    Peers,
    /// The list, alone on the screen.
    PeersAlone,
    Channels,
    Reply,
    Request,
    /// Anything with a selected row or a scroll position.
    Rows,
    /// The composer.
    Sheet,
    Message,
    Frequency,
    Payload,
    Filter,
    Connect,
    Help,
    Palette,
    Log,
}

/// A heading of the help.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    Move,
    Peers,
    Request,
    Reply,
    More,
}

impl Group {
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Peers => "PEERS",
            Self::Request => "REQUEST",
            Self::Reply => "REPLY",
            Self::More => "MORE",
        }
    }
}

/// How a command stands in the footer.
#[derive(Clone, Copy, Debug)]
pub struct Foot {
    /// Lower comes first and stays longest.
    pub rank: u8,
    pub verb: &'static str,
    /// At the right end, where it never falls off.
    pub right: bool,
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// How the list of commands calls it.
    pub name: &'static str,
    /// One line: what it does.
    pub doc: &'static str,
    pub group: Group,
    /// Its keys unless the operator's key map says otherwise.
    pub keys: &'static [&'static str],
    pub contexts: &'static [Context],
    pub foot: Option<Foot>,
    /// Whether it can be done now; if not, why.
    pub ready: fn(&Model) -> Result<(), String>,
    pub run: fn(&mut Model) -> Vec<Effect>,
}

/// What keys mean now, the nearest meaning first.
#[must_use]
pub fn contexts(model: &Model) -> Vec<Context> {
    use Context as C;
    match &model.mode {
        Mode::Main if model.screen == Screen::Peer => vec![C::PeerScreen, C::Rows, C::Moving, C::Any],
        Mode::Main if model.screen == Screen::Many => vec![C::ManyScreen, C::Rows, C::Moving, C::Any],
        Mode::Main => {
            let one_pane = Class::of(model.size.0, model.size.1) <= Class::OnePane;
            let pane = match model.focus {
                Pane::Peers if one_pane && !model.inside => C::PeersAlone,
                Pane::Peers => C::Peers,
                Pane::Channels => C::Channels,
                Pane::Reply => C::Reply,
                Pane::Request => C::Request,
            };
            vec![pane, C::Rows, C::Main, C::Moving, C::Any]
        }
        Mode::Filter => vec![C::Filter, C::Any],
        Mode::Connect(..) => vec![C::Connect, C::Any],
        Mode::Message(_) => vec![C::Message, C::Sheet, C::Any],
        Mode::Frequency => vec![C::Frequency, C::Sheet, C::Any],
        Mode::Payload => vec![C::Payload, C::Sheet, C::Any],
        Mode::Help { .. } => vec![C::Help, C::Rows, C::Any],
        Mode::Palette(_) => vec![C::Palette, C::Any],
        Mode::Log { .. } => vec![C::Log, C::Rows, C::Any],
    }
}

/// The keys of a command that work now: where text is typed, characters are text.
fn working<'m>(model: &'m Model, command: &Command) -> impl Iterator<Item = &'m Sequence> {
    let types = model.mode.types();
    model.setup.keymap.of(command).iter().filter(move |keys| !types || keys.first().typed().is_none())
}

/// What the keys pressed so far mean.
#[derive(Debug)]
pub enum Meaning {
    Command(&'static Command),
    /// The beginning of longer sequences.
    Prefix,
    Nothing,
}

/// What these keys, pressed one after the other, mean now. The nearest context that knows them decides.
#[must_use]
pub fn meaning(model: &Model, keys: &[Key]) -> Meaning {
    for context in contexts(model) {
        let here = || COMMANDS.iter().filter(|command| command.contexts.contains(&context));
        if let Some(command) = here().find(|command| working(model, command).any(|known| known.keys() == keys)) {
            return Meaning::Command(command);
        }
        if here().any(|command| working(model, command).any(|known| known.begins_with(keys))) {
            return Meaning::Prefix;
        }
    }
    Meaning::Nothing
}

/// Takes a key: a command, the next key of a sequence, or text where text is typed.
pub fn dispatch(model: &mut Model, key: Key) -> Vec<Effect> {
    let mut keys = std::mem::take(&mut model.pending);
    keys.push(key);
    match (meaning(model, &keys), keys.as_slice()) {
        (Meaning::Command(command), _) => execute(model, command),
        (Meaning::Prefix, _) => {
            model.pending = keys;
            Vec::new()
        }
        (Meaning::Nothing, [_]) => {
            typing::key_typed(model, key);
            Vec::new()
        }
        (Meaning::Nothing, _) => off_the_map(model, &keys, key),
    }
}

/// A sequence that nothing begins with: control keys are taken for themselves (ctrl-c always quits), esc just leaves.
fn off_the_map(model: &mut Model, keys: &[Key], last: Key) -> Vec<Effect> {
    if last.modifiers.contains(KeyModifiers::CONTROL) {
        return dispatch(model, last);
    }
    if last.code != KeyCode::Esc {
        let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
        model.say(Kind::Plain, format!("no command is on {}", keys.join(" ")));
    }
    Vec::new()
}

/// Runs a command, or says why not.
fn execute(model: &mut Model, command: &Command) -> Vec<Effect> {
    match (command.ready)(model) {
        Ok(()) => (command.run)(model),
        Err(why) => {
            act::not_done(model, command.name, &why);
            Vec::new()
        }
    }
}

/// Pasted text.
pub fn typed(model: &mut Model, text: &str) {
    typing::text_typed(model, text);
}

/// The keys that a text may name for a command: those in force, as people write them; empty where there are none.
///
/// # Panics
/// No command has this name: a mistake in the program.
#[must_use]
pub fn key_of(model: &Model, name: &str) -> String {
    let command = COMMANDS.iter().find(|command| command.name == name);
    model.setup.keymap.first(command.unwrap_or_else(|| panic!("no command is called {name:?}")))
}

/// An entry of the footer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Footing {
    pub key: String,
    pub verb: &'static str,
}

/// What the footer shows: the entries from the left, in the order in which they stay, and those reserved at the right.
#[must_use]
pub fn footer(model: &Model) -> (Vec<Footing>, Vec<Footing>) {
    let contexts = contexts(model);
    let mut ranked: Vec<(u8, bool, Footing)> = Vec::new();
    for command in COMMANDS {
        let here = command.contexts.iter().any(|context| contexts.contains(context));
        let Some(foot) = command.foot.filter(|_| here && (command.ready)(model).is_ok()) else { continue };
        let Some(keys) = working(model, command).next() else { continue };
        if ranked.iter().any(|(.., footing)| footing.verb == foot.verb) {
            continue; // `enter send` says what `ctrl-s send` would say
        }
        ranked.push((foot.rank, foot.right, Footing { key: with_partner(model, command, keys), verb: foot.verb }));
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    let (right, left): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, right, _)| *right);
    let entries = |list: Vec<(u8, bool, Footing)>| list.into_iter().map(|(.., footing)| footing).collect();
    (entries(left), entries(right))
}

/// `↑↓`: a key and that of the command that does the same the other way, where both are one sign.
fn with_partner(model: &Model, command: &Command, keys: &Sequence) -> String {
    let sign = keys.to_string();
    let other = COMMANDS.iter().find(|other| other.doc == command.doc && other.name != command.name);
    match other.map(|other| model.setup.keymap.first(other)).filter(|other| !other.is_ascii() && !sign.is_ascii()) {
        Some(other) => sign + &other,
        None => sign,
    }
}

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

impl Command {
    /// Why it can't be done now.
    #[must_use]
    pub fn ready_reason(&self, model: &Model) -> Option<String> {
        (self.ready)(model).err()
    }
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

/// The commands that the palette lists: those of the main screen that its query finds, with the characters that match.
#[must_use]
pub fn found(model: &Model) -> Vec<(&'static Command, Vec<u32>)> {
    let Mode::Palette(picker) = &model.mode else { return Vec::new() };
    let listed: Vec<&'static Command> = listed().collect();
    let hits = search(picker.input.text(), listed.iter().map(|command| command.name));
    hits.into_iter().map(|hit| (listed[hit.index], hit.marks)).collect()
}

/// The commands that can stand in the palette: all of the main screen but the arrows and their like.
pub fn listed() -> impl Iterator<Item = &'static Command> {
    const LISTED: [Context; 7] = [
        Context::Moving,
        Context::PeerScreen,
        Context::ManyScreen,
        Context::Main,
        Context::Peers,
        Context::Channels,
        Context::Reply,
    ];
    COMMANDS.iter().filter(|command| command.contexts.iter().any(|context| LISTED.contains(context)))
}

fn run_selected(model: &mut Model) -> Vec<Effect> {
    let Mode::Palette(picker) = &model.mode else { return Vec::new() };
    let Some(command) = found(model).get(picker.at).map(|(command, _)| *command) else { return Vec::new() };
    model.mode = Mode::Main;
    execute(model, command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_command_has_its_own_name_a_key_and_a_doc() {
        let mut names = HashSet::new();
        for command in COMMANDS {
            assert!(names.insert(command.name), "{} stands twice", command.name);
            assert!(!command.doc.is_empty() && !command.contexts.is_empty() && !command.keys.is_empty());
            assert!(command.doc.chars().count() <= 30, "{}: the help has 30 cells for it", command.name);
        }
    }
}

//! Every command in one table: its keys, what it does in a line, where it applies, why it doesn't just now. Keys, footer,
//! help and the list of commands come from here; nothing else knows keys.

use std::collections::HashMap;

use crossterm::event::KeyCode;

use super::actions as act;
use super::conditions as when;
use super::key::Key;
use super::model::{Mode, Model, Pane};
use super::moving as go;
use super::msg::Effect;
use super::search::search;
use super::size::Class;
use super::typing;

/// Where a command applies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    Any,
    /// Moving about: no prompt, composer or overlay is open.
    Main,
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
    pub keys: &'static [Key],
    pub contexts: &'static [Context],
    pub foot: Option<Foot>,
    /// Whether it can be done now; if not, why.
    pub ready: fn(&Model) -> Result<(), String>,
    pub run: fn(&mut Model) -> Vec<Effect>,
}

const UP: Key = Key::named(KeyCode::Up);
const DOWN: Key = Key::named(KeyCode::Down);
const LEFT: Key = Key::named(KeyCode::Left);
const RIGHT: Key = Key::named(KeyCode::Right);
const PAGE_UP: Key = Key::named(KeyCode::PageUp);
const PAGE_DOWN: Key = Key::named(KeyCode::PageDown);
const HOME: Key = Key::named(KeyCode::Home);
const END: Key = Key::named(KeyCode::End);
const TAB: Key = Key::named(KeyCode::Tab);
const BACK_TAB: Key = Key::named(KeyCode::BackTab);
const ENTER: Key = Key::named(KeyCode::Enter);
const ESC: Key = Key::named(KeyCode::Esc);
const F1: Key = Key::named(KeyCode::F(1));

const fn key(c: char) -> Key {
    Key::char(c)
}

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn foot(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: false })
}

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn at_right(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: true })
}

/// One row of the table.
macro_rules! commands {
    ($($name:literal, $group:ident, [$($key:expr),*], [$($context:ident),*], $foot:expr, $ready:path, $run:path, $doc:literal;)*) => {
        &[$(Command {
            name: $name,
            doc: $doc,
            group: Group::$group,
            keys: &[$($key),*],
            contexts: &[$(Context::$context),*],
            foot: $foot,
            ready: $ready,
            run: $run,
        },)*]
    };
}

/// The table. Within one context a key stands once.
pub static COMMANDS: &[Command] = commands! {
    "up", Move, [UP, key('k')], [Rows, Message, Palette], foot(80, "move"), when::always, go::up, "move";
    "down", Move, [DOWN, key('j')], [Rows, Message, Palette], None, when::always, go::down, "move";
    "page up", Move, [PAGE_UP, Key::ctrl('b')], [Rows, Message, Palette], None, when::always, go::page_up, "page";
    "page down", Move, [PAGE_DOWN, Key::ctrl('f')], [Rows, Message, Palette], None, when::always, go::page_down, "page";
    "first", Move, [key('g'), HOME], [Rows], None, when::always, go::first, "first, last";
    "last", Move, [key('G'), END], [Rows], None, when::always, go::last, "first, last";
    "next pane", Move, [TAB, RIGHT, key('l')], [Main], foot(60, "pane"), when::always, go::next_pane, "next pane, back";
    "pane before", Move, [BACK_TAB, LEFT, key('h')], [Main], None, when::always, go::pane_before, "next pane, back";
    "open", Move, [ENTER], [PeersAlone], foot(10, "open"), when::has_peer, go::open, "open the peer";
    "back", Move, [ESC], [Main], None, when::can_go_back, go::back, "back; show all peers";

    "filter", Peers, [key('/')], [Main], foot(40, "filter"), when::always, act::filter, "filter by any words";
    "sort", Peers, [key('o')], [Main], None, when::always, act::sort, "sort by something else";
    "connect", Peers, [key('c')], [Main], foot(50, "connect"), when::always, act::connect, "connect to host:port";
    "disconnect", Peers, [key('D')], [Main], None, when::is_connected, act::disconnect, "close the connection";
    "hide addresses", Peers, [key('P')], [Main], None, when::always, act::hide_addresses, "hide or show addresses";

    "send", Request, [ENTER], [Peers], foot(10, "send"), when::can_send, act::send, "send to the selected peer";
    "send now", Request, [Key::ctrl('s')], [Main, Sheet], foot(15, "send"), when::can_send, act::send, "send, from anywhere";
    "request", Request, [key('r')], [Main], foot(20, "request"), when::always, act::choose_message, "choose message, frequency";
    "payload", Request, [key('p')], [Main], None, when::takes_payload, act::edit, "edit the payload";
    "edit and resend", Request, [key('e')], [Main], None, when::has_request, act::take_over, "take a sent request over";
    "cancel request", Request, [key('x')], [Main], None, when::is_in_flight, act::cancel, "cancel what is in flight";
    "copy command", Request, [key('y'), Key::ctrl('y')], [Main, Sheet], foot(70, "copy command"), when::has_target, act::copy_command, "copy as a command";

    "read", Reply, [ENTER], [Channels], foot(10, "read"), when::has_request, act::read, "read the reply";
    "unfold", Reply, [ENTER, key(' ')], [Reply], foot(10, "unfold"), when::can_unfold, act::unfold, "open or close a value";
    "view", Reply, [key('v')], [Main], foot(45, "view"), when::has_reply, act::view, "tree, text, hex";
    "copy value", Reply, [key('Y')], [Main], None, when::has_value, act::copy_value, "copy the selected value";

    "edit here", Request, [ENTER], [Request], foot(10, "edit"), when::always, act::choose_message, "choose message, frequency";
    "choose", Request, [ENTER], [Message], foot(10, "choose"), when::finds_message, act::choose, "choose this message";
    "next field", Request, [TAB], [Sheet], foot(20, "next field"), when::always, act::next_field, "next field, back";
    "field before", Request, [BACK_TAB], [Sheet], None, when::always, act::field_before, "next field, back";
    "clear payload", Request, [Key::ctrl('l')], [Payload], foot(50, "clear"), when::always, act::clear_payload, "empty the payload";
    "default payload", Request, [Key::ctrl('r')], [Payload], foot(55, "default"), when::always, act::default_payload, "the default payload";
    "send this", Request, [ENTER], [Frequency], foot(12, "send"), when::can_send, act::send, "send to the selected peer";
    "close composer", Request, [ESC], [Sheet], foot(30, "close"), when::always, act::close, "close, keep what is typed";

    "show these", Peers, [ENTER], [Filter], foot(10, "keep"), when::always, act::close, "keep the filter";
    "show all", Peers, [ESC], [Filter], foot(20, "show all"), when::always, act::clear_filter, "show all peers";
    "dial", Peers, [ENTER], [Connect], foot(10, "connect"), when::is_target, act::dial, "connect to it";
    "do not dial", Peers, [ESC], [Connect], foot(20, "close"), when::always, act::close, "close the prompt";

    "help", More, [key('?'), F1], [Main, Sheet, Log], at_right(1, "help"), when::always, act::help, "this help";
    "close help", More, [ESC, key('?'), F1], [Help], foot(10, "close"), when::always, act::close, "close";
    "commands", More, [key(':')], [Main], foot(55, "commands"), when::always, act::palette, "all commands";
    "run", More, [ENTER], [Palette], foot(10, "run"), when::finds_command, run_selected, "run this command";
    "close commands", More, [ESC], [Palette], foot(20, "close"), when::always, act::close, "close";
    "log", More, [key('L')], [Main], None, when::always, act::log, "log";
    "close log", More, [ESC, key('L')], [Log], foot(10, "close"), when::always, act::close, "close";
    "skip tour", More, [key('T')], [Main], foot(5, "skip tour"), when::on_tour, act::skip_tour, "skip the tour";
    "quit", More, [key('q')], [Main, Help, Log], at_right(2, "quit"), when::always, act::quit, "quit";
    "interrupt", More, [Key::ctrl('c')], [Any], at_right(3, "quit"), when::always, act::interrupt, "quit, exit code 130";
};

/// What keys mean now, the nearest meaning first.
#[must_use]
pub fn contexts(model: &Model) -> Vec<Context> {
    use Context as C;
    match &model.mode {
        Mode::Main => {
            let one_pane = Class::of(model.size.0, model.size.1) <= Class::OnePane;
            let pane = match model.focus {
                Pane::Peers if one_pane && !model.inside => C::PeersAlone,
                Pane::Peers => C::Peers,
                Pane::Channels => C::Channels,
                Pane::Reply => C::Reply,
                Pane::Request => C::Request,
            };
            vec![pane, C::Rows, C::Main, C::Any]
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
fn working(command: &Command, types: bool) -> impl Iterator<Item = Key> + '_ {
    command.keys.iter().copied().filter(move |key| !types || key.typed().is_none())
}

/// The command that a key means now.
#[must_use]
pub fn command_for(model: &Model, key: Key) -> Option<&'static Command> {
    let types = model.mode.types();
    contexts(model).into_iter().find_map(|context| {
        COMMANDS.iter().find(|command| {
            command.contexts.contains(&context) && working(command, types).any(|candidate| candidate == key)
        })
    })
}

/// Takes a key: a command, or text where text is typed.
pub fn dispatch(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(command) = command_for(model, key) {
        return execute(model, command);
    }
    typing::key_typed(model, key);
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

/// The key that a text may name for a command, as it is in the table.
///
/// # Panics
/// No command has this name: a mistake in the program.
#[must_use]
pub fn key_of(name: &str) -> String {
    let command = COMMANDS.iter().find(|command| command.name == name);
    command.unwrap_or_else(|| panic!("no command is called {name:?}")).first_key()
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
    let types = model.mode.types();
    let contexts = contexts(model);
    let mut ranked: Vec<(u8, bool, Footing)> = Vec::new();
    for command in COMMANDS {
        let here = command.contexts.iter().any(|context| contexts.contains(context));
        let Some(foot) = command.foot.filter(|_| here && (command.ready)(model).is_ok()) else { continue };
        let Some(key) = working(command, types).next() else { continue };
        if ranked.iter().any(|(.., footing)| footing.verb == foot.verb) {
            continue; // `enter send` says what `ctrl-s send` would say
        }
        ranked.push((foot.rank, foot.right, Footing { key: with_partner(command, key), verb: foot.verb }));
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    let (right, left): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, right, _)| *right);
    let entries = |list: Vec<(u8, bool, Footing)>| list.into_iter().map(|(.., footing)| footing).collect();
    (entries(left), entries(right))
}

/// `↑↓`: a key and that of the command that does the same the other way, where both are one sign.
fn with_partner(command: &Command, key: Key) -> String {
    let sign = key.to_string();
    let other = COMMANDS.iter().find(|other| other.doc == command.doc && other.name != command.name);
    match other.map(Command::first_key).filter(|other| !other.is_ascii() && !sign.is_ascii()) {
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
    let main = [Context::Main, Context::Rows, Context::Peers, Context::PeersAlone, Context::Channels, Context::Reply];
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
            keys: interleaved(&commands),
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

    /// Its keys, as shown in the list of commands.
    #[must_use]
    pub fn first_key(&self) -> String {
        self.keys.first().map(Key::to_string).unwrap_or_default()
    }
}

/// `↑ ↓  j k`: the first keys of all, then the second.
fn interleaved(commands: &[&Command]) -> String {
    let most = commands.iter().map(|command| command.keys.len()).max().unwrap_or(0).min(2);
    let rounds = (0..most).map(|round| {
        let keys: Vec<String> = commands.iter().filter_map(|c| c.keys.get(round)).map(Key::to_string).collect();
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
    const LISTED: [Context; 4] = [Context::Main, Context::Peers, Context::Channels, Context::Reply];
    COMMANDS.iter().filter(|command| command.contexts.iter().any(|context| LISTED.contains(context)))
}

fn run_selected(model: &mut Model) -> Vec<Effect> {
    let Mode::Palette(picker) = &model.mode else { return Vec::new() };
    let Some(command) = found(model).get(picker.at).map(|(command, _)| *command) else { return Vec::new() };
    model.mode = Mode::Main;
    execute(model, command)
}

/// Keys that mean two things in one context; empty, or the table is wrong.
#[must_use]
pub fn conflicts() -> Vec<(Context, Key, &'static str, &'static str)> {
    let mut seen: HashMap<(Context, Key), &'static str> = HashMap::new();
    let mut conflicts = Vec::new();
    for command in COMMANDS {
        for (context, key) in command.contexts.iter().flat_map(|c| command.keys.iter().map(move |k| (*c, *k))) {
            if let Some(other) = seen.insert((context, key), command.name) {
                conflicts.push((context, key, other, command.name));
            }
        }
    }
    conflicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        assert_eq!(conflicts(), []);
    }

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

//! The state that the screen shows.

use std::time::Instant;

use super::commands::command::{Command, Table};
use super::dialling::Dialling;
use super::figures::Debug;
use super::input::Input;
use super::kept::Kept;
use super::log::found::Found;
use super::log::{Kind, Log};
use super::many::Many;
use super::mode::{Mode, Pane};
use super::msg::TourStep;
use super::opened::OpenedFrom;
use super::picks::Picks;
use super::trend::Trend;
use super::which::{Colouring, Screen};
use crate::screen::asking::composer::Composer;
use crate::screen::asking::identity::Identity;
use crate::screen::asking::messages::find;
use crate::screen::asking::warned::Warned;
use crate::screen::case::Case;
use crate::screen::keys::key::Key;
use crate::screen::keys::keymap::Keymap;
use crate::screen::keys::spot::Mouse;
use crate::screen::list::range::Range;
use crate::screen::list::sieve::Sieve;
use crate::screen::peer_screen::cursor::Inspect;
use crate::screen::reply::comparison::Comparison;
use crate::screen::reply::finding::Find;
use crate::screen::session::showing::Showing;
use crate::screen::signals::Signals;
use swarmscope_facts::Now;
use swarmscope_facts::list::order::Order;
use swarmscope_facts::list::{Census, Tally};
use swarmscope_facts::messages::Known;
use swarmscope_facts::networks;
use swarmscope_facts::reply::reading::{Reading, View};
use swarmscope_facts::request::Request;
use swarmscope_facts::said::Saying;
use swarmscope_facts::{Facts, Naming, Peer};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Recipient;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::PeerKey;
use swarmscope_probes::config_file::Fault;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{MessageId, OverlayVersion};

/// What a model starts from.
#[derive(Clone)]
pub struct Setup {
    pub registry: Registry,
    /// What the status bar says beside the program's name: `demo: tour`; may be empty.
    pub title: String,
    /// Whether addresses and permids are hidden, and what stands for them.
    pub naming: Naming,
    /// Identity flags used when a request is copied as a command.
    pub identity: Identity,
    /// Which keys mean which command.
    pub keymap: Keymap,
    /// What was kept from earlier runs.
    pub kept: Kept,
}

impl Setup {
    /// What peers of this network can be asked.
    #[must_use]
    pub fn registry_of(&self, network: Network) -> &Registry {
        match network {
            Network::Overlay => &self.registry,
            other => networks::registry(other),
        }
    }
}

/// Everything that the screen knows. A copy of it is a place in time to which a replay can go back.
#[derive(Clone)]
pub struct Model {
    pub setup: Setup,
    /// When the newest message arrived.
    pub now: Now,
    /// When it began.
    pub(super) started: Now,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What is known.
    pub facts: Facts,
    /// Of which request of a peer the operator looks, where it is not the newest.
    pub(super) picks: Picks,
    pub order: Order,
    pub selected: Option<PeerKey>,
    /// Whether somebody or something chose it; until then it is the first row's, whoever that is.
    pub(super) chosen: bool,
    /// Whom the operator dials: selected as soon as it is listed, unless another key is pressed
    /// before.
    pub(super) awaited: Option<PeerKey>,
    /// A range of rows that is being marked.
    pub range: Option<Range>,
    /// Columns, saved filters, and notes on peers.
    pub kept: Kept,
    /// Whose note has changed since the list was last brought up to date.
    pub(super) noted: Option<PeerKey>,
    /// Peer counts by state.
    pub tally: Tally,
    /// How every peer stands: what overview and map show.
    pub census: Census,
    /// The last minute.
    pub trend: Trend,
    /// What the map shows of each peer.
    pub colouring: Colouring,
    /// How fast those that were heard of are dialled.
    pub dialling: Dialling,
    /// What the program takes, where that is shown.
    pub debug: Debug,
    pub focus: Pane,
    /// In a terminal with room for one pane: the peer is shown, not the list.
    pub inside: bool,
    /// What lies under overlays and prompts.
    pub screen: Screen,
    /// Where the reply with the focus was opened.
    pub(super) opened_from: Option<OpenedFrom>,
    /// The screen on which one pane has taken the room of all.
    pub(super) zoom: Option<Screen>,
    /// Requests to many.
    pub many: Many,
    /// What looks odd.
    pub signals: Signals,
    /// The case that is, or was, written to.
    pub case: Option<Case>,
    pub mode: Mode,
    /// Keys of a sequence that is not finished: `y`.
    pub pending: Vec<Key>,
    /// The number typed before a key that moves: `75j`.
    pub count: Option<usize>,
    /// The commands that were used last, newest first.
    pub(super) recent: Vec<&'static str>,
    pub mouse: Mouse,
    pub composer: Composer,
    /// The composers for peers of other networks than the selected one's.
    set_aside: Vec<Composer>,
    /// What the operator was warned of before it was done.
    pub(super) warned: Option<Warned>,
    /// The composer as it would be with the message that the picker points at, where that is
    /// another one.
    candidate: Option<Box<Composer>>,
    pub filter: Input,
    /// The filter in force, and what can be said about the one that is typed.
    pub sieve: Sieve,
    pub log: Log,
    /// Where the screen of one peer stands.
    pub inspect: Inspect,
    /// Words that the lines shown of the conversation have.
    pub line_filter: Input,
    /// Words that the lines shown in the log have.
    pub log_filter: Input,
    /// The lines that have them.
    pub(super) log_found: Found,
    pub reading: Reading,
    /// The reply that is read, beside another one.
    pub(super) comparison: Comparison,
    /// What is looked for in it.
    pub find: Find,
    pub tour: Option<TourStep>,
    /// Somebody has pressed a key: from then on nothing moves the selection but keys.
    pub touched: bool,
    /// The themes that there are to choose from.
    pub themes: Vec<String>,
    /// Whether it is frozen, recorded, replayed: how it is shown.
    pub showing: Showing,
}

impl Model {
    #[must_use]
    pub fn new(setup: Setup, now: Now) -> Self {
        let composer = Composer::new(&setup.registry, MessageId::NATCHECK);
        let mut kept = setup.kept.clone();
        kept.columns.know(&setup.registry);
        let mut model = Self {
            setup,
            now,
            size: (80, 24),
            facts: Facts::default(),
            picks: Picks::default(),
            noted: None,
            order: Order::sorted_by(kept.columns.sort),
            started: now,
            selected: None,
            chosen: false,
            awaited: None,
            range: None,
            kept,
            tally: Tally::default(),
            census: Census::default(),
            trend: Trend::default(),
            colouring: Colouring::default(),
            dialling: Dialling::default(),
            debug: Debug::default(),
            focus: Pane::default(),
            inside: false,
            screen: Screen::default(),
            opened_from: None,
            zoom: None,
            many: Many::default(),
            signals: Signals::default(),
            case: None,
            mode: Mode::default(),
            pending: Vec::new(),
            count: None,
            recent: Vec::new(),
            mouse: Mouse::default(),
            composer,
            set_aside: Vec::new(),
            warned: None,
            candidate: None,
            filter: Input::default(),
            sieve: Sieve::default(),
            log: Log::default(),
            inspect: Inspect::default(),
            line_filter: Input::default(),
            log_filter: Input::default(),
            log_found: Found::default(),
            reading: Reading::default(),
            comparison: Comparison::default(),
            find: Find::default(),
            tour: None,
            touched: false,
            themes: Vec::new(),
            showing: Showing::default(),
        };
        model.compose();
        for notice in std::mem::take(&mut model.kept.notices) {
            model.say(Kind::NotDone, notice);
        }
        let faults: Vec<_> = model.setup.keymap.faults().iter().map(Fault::brief).collect();
        for fault in faults {
            model.say(Kind::NotDone, fault);
        }
        model
    }

    /// When the session began.
    #[must_use]
    pub const fn started(&self) -> Now {
        self.started
    }

    /// What can be asked of the selected peer, and of all peers of its network.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.setup.registry_of(self.composer.network)
    }

    /// The selected peer.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.selected.as_ref().and_then(|key| self.facts.peer(key))
    }

    /// The selected request of the selected peer.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        self.request_of(self.peer()?)
    }

    /// The request of a peer that is looked at: the one picked, else the newest.
    #[must_use]
    pub fn request_of<'p>(&self, peer: &'p Peer) -> Option<&'p Request> {
        self.picks.request_of(peer)
    }

    /// What facts are put into words with.
    #[must_use]
    pub const fn saying(&self) -> Saying<'_> {
        Saying { facts: &self.facts, registry: &self.setup.registry, naming: &self.setup.naming }
    }

    /// The commands that there are.
    #[must_use]
    pub const fn table(&self) -> &'static Table {
        self.setup.keymap.table()
    }

    /// The commands that there are, in the order of their table.
    #[must_use]
    pub const fn commands(&self) -> &'static [Command] {
        self.table().commands
    }

    /// The keys that a text may name for a command: those in force, as people write them; empty
    /// where there are none.
    ///
    /// # Panics
    /// No command has this name: a mistake in the program.
    #[must_use]
    pub fn key_of(&self, name: &str) -> String {
        let command = self.table().named(name);
        self.setup.keymap.first(command.unwrap_or_else(|| panic!("no command {name:?}")))
    }

    /// How peers and addresses are named.
    #[must_use]
    pub const fn naming(&self) -> &Naming {
        &self.setup.naming
    }

    /// Where the selected peer stands in the list.
    #[must_use]
    pub fn selected_row(&self) -> Option<usize> {
        self.order.row(self.facts.peers().index(self.selected.as_ref()?)?)
    }

    /// The peer of a row.
    #[must_use]
    pub fn peer_at(&self, row: usize) -> Option<&Peer> {
        self.facts.peers().at(self.order.place(row)?)
    }

    /// The messages that the picker's query finds.
    #[must_use]
    pub fn found(&self) -> Vec<(Known, Vec<u32>)> {
        match &self.mode {
            Mode::Message(picker) => find(self.registry(), picker.input.text()),
            _ => Vec::new(),
        }
    }

    /// The composer as it would be with the message that the picker points at; else as it is.
    #[must_use]
    pub fn candidate(&self) -> &Composer {
        self.candidate
            .as_deref()
            .filter(|_| matches!(self.mode, Mode::Message(_)))
            .unwrap_or(&self.composer)
    }

    /// Puts the payload together that would go out, where it has changed: once, and not whenever it
    /// is drawn.
    pub(super) fn compose(&mut self) {
        let network = self.composer.network;
        let registry = self.setup.registry_of(network);
        self.composer.make(registry);
        let pointed_at = match &self.mode {
            Mode::Message(picker) => self.found().get(picker.at).map(|(known, _)| known.id),
            _ => None,
        };
        let Some(message) = pointed_at.filter(|message| *message != self.composer.message) else {
            self.candidate = None;
            return;
        };
        let to = self.recipient();
        let kept = self.candidate.take().filter(|candidate| candidate.message == message);
        let mut candidate =
            kept.unwrap_or_else(|| Box::new(Composer::new(registry, message).of(network)));
        candidate.follow(registry, to);
        candidate.make(registry);
        self.candidate = Some(candidate);
    }

    /// How the program calls a peer in a line: `9f3a…c1`, or the address while nothing else is
    /// known.
    #[must_use]
    pub fn name_of(&self, key: &PeerKey) -> String {
        self.naming().peer(key)
    }

    /// `host:port` by which the selected peer can be dialled.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        self.peer()?.target()
    }

    /// The last line at which the text or the bytes of the reply may begin.
    #[must_use]
    pub fn lines(&self) -> usize {
        if self.reading.view == View::Diff {
            return self.compared().map_or(0, |(_, diff)| diff.lines.len().saturating_sub(1));
        }
        let payload =
            self.request().and_then(Request::reply).and_then(|reply| reply.payload.as_ref());
        payload.map_or(0, |payload| payload.len() / 8)
    }

    /// For whom the composer's default payload is made: the selected peer.
    #[must_use]
    pub(super) fn recipient(&self) -> Recipient {
        let peer = self.peer();
        let version = peer.and_then(|peer| peer.version).unwrap_or(OverlayVersion::CURRENT);
        Recipient { permid: peer.and_then(Peer::permid), version }
    }

    /// When time has to pass next, besides once a second; `None` where nothing waits for it.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        if self.is_busy() {
            return Some(self.now.instant); // the rest of the peers, as soon as nothing else is to be done
        }
        self.many.next_wake()
    }

    /// Adds a line to the log about this program itself.
    pub(super) fn say(&mut self, kind: Kind, text: impl Into<String>) {
        self.log.add(self.now, kind, None, text.into(), None);
    }

    /// Selects a peer, and what follows from that.
    pub(super) fn select(&mut self, key: Option<PeerKey>) {
        self.chosen = true;
        self.turn_to(key);
    }

    /// Selects for want of a choice.
    pub(super) fn turn_to(&mut self, key: Option<PeerKey>) {
        self.selected = key;
        self.follow();
    }

    /// Picks a message, or a question of the selected peer's network.
    pub(super) fn choose(&mut self, message: MessageId) {
        let to = self.recipient();
        let registry = self.setup.registry_of(self.composer.network);
        self.composer.choose(registry, message, to);
    }

    /// Each network has a composer of its own, which stays as it was left.
    fn compose_for(&mut self, network: Network) {
        if self.composer.network == network {
            return;
        }
        let known = self.set_aside.iter().position(|composer| composer.network == network);
        let next = if let Some(at) = known {
            self.set_aside.swap_remove(at)
        } else {
            let registry = self.setup.registry_of(network);
            Composer::new(registry, networks::first(network)).of(network)
        };
        self.set_aside.push(std::mem::replace(&mut self.composer, next));
        if self.mode.composes() {
            self.mode = Mode::Main; // what is typed stays in the composer that was left
        }
    }

    /// Brings what depends on the selection up to date: the composer's default payload, the reply
    /// that is read.
    pub(super) fn follow(&mut self) {
        let network = self.peer().map_or(self.composer.network, Peer::network);
        self.compose_for(network);
        let to = self.recipient();
        self.composer.follow(self.setup.registry_of(network), to);
        let peer = self.selected.as_ref().and_then(|key| self.facts.peer(key));
        let request = peer.and_then(|peer| self.picks.request_of(peer));
        self.reading.turn_to(request.map(|request| request.ticket), request.and_then(tree_of));
        self.tabulate();
        self.compare();
        if self.find.is_on() {
            self.find_again();
        }
    }
}

/// The tree that a request's reply was read as.
#[must_use]
pub fn tree_of(request: &Request) -> Option<&Node> {
    Some(&request.reply()?.decoding.as_ref()?.decoded.tree)
}

impl Model {
    /// The reply before the selected one, to the same question: its number and tree.
    #[must_use]
    pub fn previous(&self) -> Option<(u32, &Node)> {
        let (peer, shown) = (self.peer()?, self.request()?);
        let older = peer
            .requests
            .iter()
            .rev()
            .filter(|r| r.message == shown.message && r.number < shown.number);
        older
            .filter(|request| !request.was_254())
            .find_map(|request| Some((request.number, tree_of(request)?)))
    }
}

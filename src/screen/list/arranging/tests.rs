//! What is kept up by news must be what a look at everybody would find.

use std::time::{Duration, Instant, UNIX_EPOCH};
use swarmscope_facts::Naming;

use proptest::prelude::*;

use crate::screen::asking::identity::Identity;
use crate::screen::input::Input;
use crate::screen::{Key as Pressed, Model, Msg, Setup, update};
use swarmscope_facts::Now;
use swarmscope_facts::list::By;
use swarmscope_facts::list::Column;
use swarmscope_facts::list::order::AT_ONCE;
use swarmscope_facts::list::sorting::{Key, compare};
use swarmscope_facts::peer::{Peer, State};
use swarmscope_peer::node::{Direction, Event, Origin, PeerKey, Reply, Source, Ticket, Transport};
use swarmscope_probes::{Statistics, registry};
use swarmscope_wire::failure::{By as Who, Cause, Failure};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, Permid};

const COLUMNS: [Column; 14] = [
    Column::State,
    Column::Permid,
    Column::Version,
    Column::Transport,
    Column::Address,
    Column::RoundTrip,
    Column::Label,
    Column::Reply,
    Column::Next,
    Column::NextOf(MessageId::NATCHECK),
    Column::Nat,
    Column::Note,
    Column::Error,
    Column::Signals,
];

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Connected(u8, u8, u16),
    Dialled(u8),
    Discovered(u8),
    Failed(u8),
    Gone(u8),
    Answered(u8, u8),
    Label(u8, u8),
    Note(u8, u8),
    Message(MessageId),
    Frequency(&'static str),
    Privacy,
    Filter(&'static str),
    Sort(Option<usize>, bool),
    Key(char),
    Later(u64),
}

fn steps() -> impl Strategy<Value = Step> {
    let filters = [
        "",
        "state:up",
        "v:17",
        "marked:yes",
        "rtt:>2ms or label:a",
        "-error:254",
        "9",
        "next:now",
        "next:>30s",
        "10.0",
        "((",
    ];
    let messages = vec![MessageId::NATCHECK, MessageId::DATABASE_QUERY, MessageId(41)];
    prop_oneof![
        4 => (0..12_u8, 0..12_u8, 0..5_u16).prop_map(|(n, was, rtt)| Step::Connected(n, was, rtt)),
        1 => (0..12_u8).prop_map(Step::Dialled),
        1 => (0..12_u8).prop_map(Step::Discovered),
        2 => (0..12_u8).prop_map(Step::Failed),
        2 => (0..12_u8).prop_map(Step::Gone),
        2 => (0..12_u8, prop::sample::select(vec![0, 1, 254])).prop_map(|(n, error)| Step::Answered(n, error)),
        1 => (0..12_u8, 0..3_u8).prop_map(|(n, label)| Step::Label(n, label)),
        1 => (0..12_u8, 0..3_u8).prop_map(|(n, note)| Step::Note(n, note)),
        1 => prop::sample::select(messages).prop_map(Step::Message),
        1 => prop::sample::select(vec!["5", "60", "3600", ""]).prop_map(Step::Frequency),
        1 => Just(Step::Privacy),
        1 => prop::sample::select(filters.to_vec()).prop_map(Step::Filter),
        1 => (proptest::option::of(0..COLUMNS.len()), any::<bool>()).prop_map(|(by, reversed)| Step::Sort(by, reversed)),
        2 => prop::sample::select(vec!['j', 'k', ' ', 'a', 'I', 'u', 'V', 'G']).prop_map(Step::Key),
        2 => prop::sample::select(vec![0, 100, 300, 1000, 5000]).prop_map(Step::Later),
    ]
}

fn permid(n: u8) -> Permid {
    if n.is_multiple_of(2) { Permid::Ed25519([n; 32]) } else { Permid::Sect233k1([n; 60]) }
}

fn key(n: u8) -> PeerKey {
    PeerKey::Permid(permid(n))
}

/// The name of a peer that is dialled before its permid is known.
fn dialled(n: u8) -> PeerKey {
    PeerKey::Address(format!("peer{n}:7760"))
}

struct Play {
    model: Model,
    now: Now,
    tickets: u64,
}

impl Play {
    #[allow(clippy::disallowed_methods)] // an origin for virtual time
    fn new() -> Self {
        let now =
            Now { instant: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(1_000_000) };
        let setup = Setup {
            registry: registry(Statistics::empty()),
            title: String::new(),
            naming: Naming { privacy: false, mask: Mask::new([7; 32]) },
            identity: Identity::default(),
            keymap: crate::screen::Keymap::default(),
            kept: crate::screen::kept::Kept::default(),
        };
        Self { model: Model::new(setup, now), now, tickets: 0 }
    }

    fn tell(&mut self, msg: Msg) {
        update(&mut self.model, self.now, msg);
    }

    fn node(&mut self, event: Event) {
        self.tell(Msg::Node(event));
    }

    fn play(&mut self, step: &Step) {
        let failure = || Failure::new(Cause::TcpRefused, Who::Network, "");
        match *step {
            Step::Connected(n, was, rtt) => {
                let version = OverlayVersion(if n.is_multiple_of(2) { 18 } else { 17 });
                let transport =
                    if n.is_multiple_of(2) { Transport::Tls } else { Transport::Legacy };
                self.node(Event::Connected {
                    permid: permid(n),
                    was: (was.is_multiple_of(3)).then(|| dialled(was)),
                    address: ([10, 0, 0, n % 4], 7760).into(),
                    listening_port: 7760,
                    version,
                    transport,
                    direction: Direction::Outgoing,
                    rtt: Duration::from_millis(rtt.into()),
                });
            }
            Step::Dialled(n) => {
                let (address, version, source) = (None, None, Source::Operator);
                self.node(Event::Discovered { peer: dialled(n), address, version, source });
            }
            Step::Discovered(n) => {
                let (address, version, source) = (None, None, Source::Bootstrap);
                self.node(Event::Discovered { peer: key(n), address, version, source });
            }
            Step::Failed(n) => {
                self.node(Event::ConnectFailed {
                    peer: key(n),
                    failure: failure(),
                    attempt: 1,
                    gives_up_at: 3,
                    again_in: None,
                });
            }
            Step::Gone(n) => {
                self.node(Event::Disconnected { permid: permid(n), failure: failure() });
            }
            Step::Answered(n, error) => {
                self.tickets += 1;
                self.node(Event::Sent {
                    ticket: Ticket(self.tickets),
                    permid: permid(n),
                    message: MessageId::NATCHECK,
                    channel: ChannelId(n),
                    frequency: Frequency(60),
                    payload: bytes::Bytes::new(),
                    origin: Origin::Operator,
                });
                if error != 1 {
                    self.node(Event::Reply(Reply {
                        ticket: Ticket(self.tickets),
                        permid: permid(n),
                        message: MessageId::NATCHECK,
                        channel: ChannelId(n),
                        error: ErrorByte(error),
                        payload: bytes::Bytes::from_static(b"x"),
                        parts: 1,
                        elapsed: Duration::from_millis(1),
                        dialled_back: false,
                    }));
                }
            }
            Step::Label(n, label) => {
                let label = ["", "alpha", "beta which is longer than sixteen"][usize::from(label)]
                    .to_owned();
                self.tell(Msg::Label { permid: permid(n), label });
            }
            Step::Note(n, note) => {
                if self.model.facts.peers().get(&key(n)).is_some() {
                    self.model.select(Some(key(n)));
                    let note = ["", "slow", "zealous, and longer than sixteen"][usize::from(note)];
                    self.model.mode = crate::screen::Mode::Note(Input::new(note));
                    self.tell(Msg::Key(Pressed::named(crossterm::event::KeyCode::Enter)));
                }
            }
            Step::Message(message) => {
                let registry = self.model.setup.registry.clone();
                self.model.composer.choose(&registry, message, OverlayVersion::CURRENT.into());
            }
            Step::Frequency(text) => self.model.composer.frequency = Input::new(text),
            Step::Privacy => drop(crate::screen::actions::hide_addresses(&mut self.model)),
            Step::Filter(text) => crate::screen::list::filtering::set(&mut self.model, text),
            Step::Sort(by, reversed) => {
                self.model.order.sort.reversed = !reversed;
                let by = by.map_or(By::NewestEvent, |at| By::Column(COLUMNS[at]));
                crate::screen::list::column_view::sort_by(&mut self.model, by);
                if reversed {
                    crate::screen::list::column_view::reverse(&mut self.model);
                }
            }
            Step::Key(c) => self.tell(Msg::Key(Pressed::char(c))),
            Step::Later(ms) => {
                let later = Duration::from_millis(ms);
                self.now = Now { instant: self.now.instant + later, wall: self.now.wall + later };
                self.tell(Msg::Tick);
            }
        }
        self.tell(Msg::Wake);
        self.counts();
    }

    /// Counts hold at every moment.
    fn counts(&self) {
        let (model, rows) = (&self.model, self.model.order.rows());
        let of = |is: fn(&State) -> bool| {
            model.facts.peers().iter().filter(|peer| is(&peer.state)).count()
        };
        let tally = &model.tally;
        assert_eq!(tally.connected, of(|state| matches!(state, State::Connected { .. })));
        assert_eq!(
            tally.waiting,
            of(|state| matches!(state, State::Heard | State::Connecting { .. }))
        );
        assert_eq!(tally.gone, of(|state| matches!(state, State::Gone { .. })));
        assert_eq!(tally.failed, of(|state| matches!(state, State::Failed { .. })));
        let in_flight = model
            .facts
            .peers()
            .iter()
            .flat_map(|peer| &peer.requests)
            .filter(|request| request.in_flight());
        assert_eq!(tally.in_flight, in_flight.count());
        let frequency = model.composer.frequency_or_default();
        let not_yet = |peer: &&Peer| {
            let message = model.composer.message;
            let cell = swarmscope_facts::list::next::cell(
                &model.present(),
                peer,
                message,
                OverlayVersion(0),
                frequency,
            );
            matches!(cell, swarmscope_facts::list::next::Cell::NotYet { .. })
        };
        assert_eq!(tally.not_yet(), Some(model.facts.peers().iter().filter(not_yet).count()));
        let mut seen = rows.to_vec();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), rows.len(), "nobody has two rows");
        for (row, index) in rows.iter().map(|index| *index as usize).enumerate() {
            assert!(model.facts.peers().at(index).is_some(), "rows lead to peers");
            assert_eq!(model.order.row(index), Some(row));
        }
        let marked = rows.iter().filter(|index| {
            model.facts.peers().is_marked(&model.facts.peers().at(**index as usize).unwrap().key)
        });
        assert_eq!(model.order.marked_shown(), marked.count());
        assert!(rows.is_empty() || model.selected_row().is_some(), "something is selected");
    }

    /// Once nobody moves, the list is what filtering and sorting everybody gives.
    fn settled(&mut self) {
        self.play(&Step::Later(5000));
        if self.model.range.is_some() {
            self.play(&Step::Key('V'));
            self.play(&Step::Later(5000));
        }
        let (model, facts) = (&self.model, self.model.present());
        let shown = |index: &usize| {
            model
                .facts
                .peers()
                .at(*index)
                .is_some_and(|peer| model.sieve.filter().shows(&facts, peer))
        };
        let mut expected: Vec<(usize, Key)> = (0..model.facts.peers().places())
            .filter(shown)
            .map(|index| {
                (
                    index,
                    Key::of(model.order.sort.by, &facts, model.facts.peers().at(index).unwrap()),
                )
            })
            .collect();
        expected.sort_by(|(a, key_a), (b, key_b)| {
            compare(model.order.sort, &facts, (*a, key_a), (*b, key_b))
        });
        let expected: Vec<u32> =
            expected.into_iter().map(|(index, _)| u32::try_from(index).unwrap()).collect();
        assert_eq!(model.order.rows(), expected, "{} / {}", model.order.sort, model.filter.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_news_keeps_up_is_what_a_look_at_everybody_finds(steps in prop::collection::vec(steps(), 0..60)) {
        let mut play = Play::new();
        for step in &steps {
            play.play(step);
        }
        play.settled();
    }
}

#[test]
fn news_moves_rows_at_most_four_times_a_second() {
    let mut play = Play::new();
    for n in 0..4 {
        play.play(&Step::Connected(n, 1, 3));
    }
    play.play(&Step::Later(1000));
    let rows = play.model.order.rows().to_vec();
    play.now.instant += Duration::from_millis(300);
    play.play(&Step::Gone(0));
    assert_eq!(play.model.order.rows()[0], 0, "the last time was long ago");
    play.now.instant += Duration::from_millis(100);
    play.play(&Step::Gone(1));
    assert_eq!(play.model.order.rows()[0], 0, "it has just moved");
    play.now.instant += Duration::from_millis(200);
    play.play(&Step::Gone(2));
    assert_eq!(play.model.order.rows()[..2], [2, 1]);
    assert_eq!(rows.len(), 4);
}

#[test]
fn who_is_missing_a_value_stands_last_in_both_directions() {
    let mut play = Play::new();
    play.play(&Step::Discovered(0));
    play.play(&Step::Connected(1, 1, 7));
    play.play(&Step::Connected(2, 1, 3));
    let round_trip = COLUMNS.iter().position(|column| *column == Column::RoundTrip);
    play.play(&Step::Sort(round_trip, false));
    assert_eq!(play.model.order.rows(), [2, 1, 0]);
    play.play(&Step::Sort(round_trip, true));
    assert_eq!(play.model.order.rows(), [1, 2, 0]);
}

/// Four peers, sorted by when they accept the composer's message; somebody moves among them.
fn by_next() -> Play {
    let mut play = Play::new();
    for n in 0..4 {
        play.play(&Step::Connected(n, 1, 3));
    }
    play.play(&Step::Answered(0, 0)); // of frequency 60: those of 2 and 3 are accepted at once
    play.play(&Step::Answered(1, 0));
    play.play(&Step::Sort(COLUMNS.iter().position(|column| *column == Column::Next), false));
    assert_eq!(play.model.order.rows(), [3, 2, 1, 0]);
    play.play(&Step::Key('j'));
    play
}

#[test]
fn another_message_moves_rows_at_once_where_they_are_sorted_by_it() {
    let mut play = by_next();
    let selected = play.model.selected.clone();
    play.play(&Step::Message(MessageId::DATABASE_QUERY));
    assert_eq!(
        play.model.order.rows(),
        [1, 0, 3, 2],
        "nobody was asked for it: the newest event first"
    );
    play.play(&Step::Message(MessageId::NATCHECK));
    assert_eq!(play.model.order.rows(), [3, 2, 1, 0]);
    assert_eq!(play.model.selected, selected, "the cursor goes with its peer");
}

#[test]
fn another_message_or_frequency_filters_at_once_where_the_filter_asks_for_it() {
    let mut play = by_next();
    play.play(&Step::Filter("next:now"));
    assert!(play.model.order.rows().is_empty(), "of two nothing is known");
    play.play(&Step::Frequency("5"));
    assert_eq!(play.model.order.rows().len(), 4, "a frequency of 5 s always passes");
    play.play(&Step::Frequency("3600"));
    assert!(play.model.order.rows().is_empty());
    play.play(&Step::Filter("next:none"));
    assert_eq!(play.model.order.rows(), [3, 2], "never asked");
    play.play(&Step::Message(MessageId::DATABASE_QUERY));
    assert_eq!(play.model.order.rows().len(), 4, "nobody was asked this one");
}

#[test]
fn hidden_addresses_sort_nothing() {
    let mut play = Play::new();
    for n in [3, 1, 2] {
        play.play(&Step::Connected(n, 1, 3));
    }
    play.play(&Step::Sort(COLUMNS.iter().position(|column| *column == Column::Address), false));
    assert_eq!(play.model.order.rows(), [1, 2, 0]);
    play.play(&Step::Privacy);
    assert_eq!(
        play.model.order.rows(),
        [2, 1, 0],
        "the newest event first: the order tells no address"
    );
    play.play(&Step::Privacy);
    assert_eq!(play.model.order.rows(), [1, 2, 0]);
}

#[test]
fn what_happens_while_everybody_is_sorted_is_in_the_order_when_that_ends() {
    let mut play = Play::new();
    let many = u32::try_from(2 * AT_ONCE + 5).unwrap();
    for n in 0..many {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
        let peer = PeerKey::Permid(Permid::Ed25519(bytes));
        let source = Source::Bootstrap;
        let heard = Event::Discovered { peer, address: None, version: None, source };
        play.model.facts.fold(play.now, heard);
    }
    play.tell(Msg::Tick);
    let by = |column| COLUMNS.iter().position(|other| *other == column);
    crate::screen::list::column_view::sort_by(&mut play.model, By::Column(Column::Permid));
    assert!(play.model.order.is_under_way(), "more than one message sorts");
    for step in
        [Step::Connected(2, 1, 9), Step::Label(4, 1), Step::Discovered(6), Step::Connected(8, 1, 5)]
    {
        play.play(&step);
    }
    while play.model.is_busy() {
        assert!(play.model.next_wake().is_some(), "it goes on by itself");
        play.tell(Msg::Wake);
    }
    play.settled();
    play.play(&Step::Sort(by(Column::RoundTrip), true));
    play.play(&Step::Filter("rtt:>1ms"));
    play.play(&Step::Sort(by(Column::RoundTrip), false));
    while play.model.is_busy() {
        play.tell(Msg::Wake);
    }
    assert_eq!(play.model.order.rows().len(), 2);
    play.settled();
}

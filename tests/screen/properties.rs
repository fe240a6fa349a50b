//! Whatever keys are pressed, whatever the node tells and however the terminal is resized: no
//! panic, no cell over an edge, and always something selected where there is something to select.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use swarmscope::screen::commands::{COMMANDS, Command};
use swarmscope::screen::keys::spot::Gesture;
use swarmscope::screen::msg::{Saved, Unsaved};
use swarmscope::screen::{Effect, Key, Model, Msg, Now, TourStep};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::spot;
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;
use swarmscope_facts::list::Tally;
use swarmscope_facts::list::order::Order;
use swarmscope_peer::node::{Direction, Event, Origin, PeerKey, Reply, Source, Ticket, Transport};
use swarmscope_wire::failure::{By, Cause, Delivered, Phase};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

use crate::fixture::{blank, drawn, failure, fold};
use crate::pictures::session;
use crate::views::SIZES;

fn keys() -> impl Strategy<Value = Key> {
    let named = prop::sample::select(vec![
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(1),
    ]);
    prop_oneof![
        named.prop_map(Key::named),
        any::<char>().prop_map(Key::char),
        prop::sample::select("scywkuaezdrtpnflbv".chars().collect::<Vec<_>>()).prop_map(Key::ctrl),
    ]
}

/// The keys of any command, one after the other.
fn sequences() -> impl Strategy<Value = Vec<Key>> {
    let of = |command: &Command| {
        command.keys.iter().map(|keys| crate::views::keys(keys)).collect::<Vec<_>>()
    };
    prop::sample::select(COMMANDS.iter().flat_map(of).collect::<Vec<_>>())
}

fn permids() -> impl Strategy<Value = Permid> {
    (0_u8..6, any::<bool>()).prop_map(|(n, old)| {
        if old { Permid::Sect233k1([n; 60]) } else { Permid::Ed25519([n; 32]) }
    })
}

fn peer_keys() -> impl Strategy<Value = PeerKey> {
    prop_oneof![permids().prop_map(PeerKey::Permid), "[a-c]:[0-9]{1,2}".prop_map(PeerKey::Address)]
}

fn causes() -> impl Strategy<Value = swarmscope_wire::failure::Failure> {
    (prop::sample::select(Cause::ALL), ".{0,40}")
        .prop_map(|(cause, detail)| failure(cause, By::Peer, Delivered::Maybe, &detail))
}

fn messages() -> impl Strategy<Value = MessageId> {
    prop_oneof![
        Just(MessageId::NATCHECK),
        Just(MessageId::DATABASE_QUERY),
        any::<u8>().prop_map(MessageId)
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let ticket = || (0_u64..8).prop_map(Ticket);
    let bytes = || prop::collection::vec(any::<u8>(), 0..200).prop_map(bytes::Bytes::from);
    let millis = || (0_u64..5_000_000).prop_map(Duration::from_millis);
    prop_oneof![
        (peer_keys(), 0_u16..20).prop_map(|(peer, version)| Event::Discovered {
            peer,
            address: Some(([10, 0, 0, 1], 7760).into()),
            version: Some(OverlayVersion(version)),
            source: Source::Bootstrap,
        }),
        peer_keys().prop_map(|peer| Event::Connecting {
            peer,
            phase: Phase::Tcp,
            detail: String::new()
        }),
        (permids(), proptest::option::of(peer_keys()), 7_u16..19, millis(), any::<u16>()).prop_map(
            |(permid, was, version, rtt, port)| Event::Connected {
                permid,
                was,
                address: ([255, 255, 255, 255], 65_535).into(),
                listening_port: port,
                version: OverlayVersion(version),
                transport: if version > 17 { Transport::Tls } else { Transport::Legacy },
                direction: if port == 0 { Direction::Incoming } else { Direction::Outgoing },
                rtt,
            }
        ),
        (peer_keys(), causes(), any::<u32>()).prop_map(|(peer, failure, attempt)| {
            Event::ConnectFailed { peer, failure, attempt, gives_up_at: 28, again_in: None }
        }),
        (permids(), causes()).prop_map(|(permid, failure)| Event::Disconnected { permid, failure }),
        (ticket(), permids(), messages(), any::<u8>(), any::<u16>(), bytes()).prop_map(
            |(ticket, permid, message, channel, frequency, payload)| Event::Sent {
                ticket,
                permid,
                message,
                channel: ChannelId(channel),
                frequency: Frequency(frequency),
                payload,
                origin: Origin::Tour,
            }
        ),
        (ticket(), permids(), any::<u32>(), any::<u8>(), bytes(), millis()).prop_map(
            |(ticket, permid, index, hint, payload, after)| Event::Part {
                ticket,
                permid,
                channel: ChannelId(0),
                index,
                parts_left: PartsLeft(hint),
                error: ErrorByte::SUCCESS,
                payload,
                after,
            }
        ),
        (ticket(), permids(), messages(), any::<u8>(), bytes(), millis()).prop_map(
            |(ticket, permid, message, error, payload, elapsed)| Event::Reply(Reply {
                ticket,
                permid,
                message,
                channel: ChannelId(0),
                error: ErrorByte(if error > 250 { error } else { 0 }),
                payload,
                parts: 1,
                elapsed,
                dialled_back: error % 2 == 0,
            })
        ),
        (ticket(), permids(), messages(), causes()).prop_map(
            |(ticket, permid, message, failure)| {
                Event::RequestFailed { ticket, permid, message, failure }
            }
        ),
        (ticket(), permids())
            .prop_map(|(ticket, permid)| Event::AwaitingDialBack { ticket, permid }),
        (permids(), any::<u64>(), any::<u8>())
            .prop_map(|(permid, times, id)| Event::FrameDropped { permid, id: FrameId(id), times }),
        ".{0,60}".prop_map(|text| Event::Notice { text }),
    ]
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // most steps are messages
enum Step {
    Keys(Vec<Key>),
    Msg(Msg),
    Point(Gesture, u16, u16),
    Later(u64),
    Size(u16, u16),
}

fn steps() -> impl Strategy<Value = Step> {
    let text = || prop_oneof![".{0,40}", "[a-z0-9:<>=./ \n]{0,12}"];
    let gestures = prop::sample::select(vec![Gesture::Press, Gesture::WheelUp, Gesture::WheelDown]);
    prop_oneof![
        6 => sequences().prop_map(Step::Keys),
        2 => keys().prop_map(|key| Step::Keys(vec![key])),
        6 => events().prop_map(|event| Step::Msg(Msg::Node(event))),
        1 => text().prop_map(|text| Step::Msg(Msg::Paste(text))),
        1 => (permids(), ".{0,20}").prop_map(|(permid, label)| Step::Msg(Msg::Label { permid, label })),
        1 => permids().prop_map(|permid| Step::Msg(Msg::Forgotten(PeerKey::Permid(permid)))),
        1 => (permids(), messages(), ".{0,90}").prop_map(|(permid, message, text)| {
            Step::Msg(Msg::Tour(TourStep { step: 1, of: 9, text, show: Some((permid, message)), ..TourStep::default() }))
        }),
        1 => text().prop_flat_map(|text| prop::sample::select(vec![
            Msg::Notice(text.clone()),
            Msg::Done(text.clone()),
            Msg::NotDone(text.clone()),
            Msg::Opened(Some(text.clone())),
            Msg::Edited(Ok(text.clone())),
            Msg::Edited(Err(text.clone())),
            Msg::Saved(Saved { path: text.clone(), outcome: Err(Unsaved::IsThere) }),
            Msg::Saved(Saved { path: text, outcome: Ok(7) }),
        ]).prop_map(Step::Msg)),
        2 => (gestures, 0_u16..300, 0_u16..100).prop_map(|(gesture, x, y)| Step::Point(gesture, x, y)),
        1 => (0_u64..100_000).prop_map(Step::Later),
        1 => (1_u16..300, 1_u16..100).prop_map(|(columns, rows)| Step::Size(columns, rows)),
        1 => prop::sample::select(SIZES.to_vec()).prop_map(|(columns, rows)| Step::Size(columns, rows)),
    ]
}

/// A message, and the tickets of the requests that it leads to: numbers that other events may use
/// too.
fn happens(model: &mut Model, now: Now, msg: Msg) {
    let part = match &msg {
        Msg::Node(Event::Part { permid, ticket, payload, .. }) => {
            Some((*permid, *ticket, payload.len()))
        }
        _ => None,
    };
    let before = part.and_then(|(permid, ticket, _)| bytes_of(model, permid, ticket));
    let reply = match &msg {
        Msg::Node(Event::Reply(Reply { permid, ticket, payload, .. })) => {
            Some((*permid, *ticket, payload.len()))
        }
        _ => None,
    };
    for effect in fold(model, now, msg) {
        if let Effect::Request(ask) = effect {
            let ticket = Ticket(u64::from(ask.to.to_der()[20]) % 8);
            fold(model, now, Msg::Asked(ask, ticket));
        }
    }
    if let (Some((permid, ticket, bytes)), Some(before)) = (part, before) {
        assert_eq!(bytes_of(model, permid, ticket), Some(before + bytes), "no part is lost");
    }
    if let Some((permid, ticket, bytes)) = reply
        && let Some(peer) = model.facts.peers().get(&PeerKey::Permid(permid))
    {
        let request = peer.requests.iter().find(|request| request.ticket == ticket);
        let found = request.and_then(|request| request.reply());
        assert_eq!(found.map(|reply| reply.bytes), Some(bytes), "no reply is lost");
    }
}

/// How many bytes of parts a request has, where it is known.
fn bytes_of(model: &Model, permid: Permid, ticket: Ticket) -> Option<usize> {
    let peer = model.facts.peers().get(&PeerKey::Permid(permid))?;
    Some(peer.requests.iter().find(|request| request.ticket == ticket)?.bytes)
}

fn play(mut model: Model, steps: Vec<Step>) {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let start = model.now;
    let (mut passed, mut size) = (0, (80, 24));
    let now_after = |passed: u64| {
        let after = Duration::from_millis(passed);
        Now { instant: start.instant + after, wall: start.wall + after }
    };
    for step in steps {
        let now = now_after(passed);
        match step {
            Step::Keys(keys) => {
                for key in keys {
                    happens(&mut model, now, Msg::Key(key));
                }
            }
            Step::Msg(msg) => happens(&mut model, now, msg),
            Step::Point(gesture, x, y) => {
                let what = spot(&model, &theme, Tops::default(), (x, y));
                happens(&mut model, now, Msg::Mouse(gesture, what));
            }
            Step::Later(ms) => {
                passed += ms;
                let now = now_after(passed);
                happens(&mut model, now, Msg::Wake);
                happens(&mut model, now, Msg::Tick);
            }
            Step::Size(columns, rows) => size = (columns, rows),
        }
        drawn(&mut model, size.0, size.1, &theme);
        holds(&model);
    }
    // nobody touches anything any more: in the end the list is in order
    for second in 1..=20 {
        happens(&mut model, now_after(passed + 1_000 * second), Msg::Tick);
    }
    holds(&model);
    settled(&model);
}

/// What is so at every moment.
fn holds(model: &Model) {
    let rows = model.order.rows();
    assert!(rows.is_empty() || model.selected_row().is_some(), "something is selected");
    assert!((0..rows.len()).all(|row| model.peer_at(row).is_some()), "rows lead to peers");
    let different: HashSet<u32> = rows.iter().copied().collect();
    assert_eq!(different.len(), rows.len(), "nobody stands in the list twice");
    let peers = model.facts.peers();
    assert_eq!(peers.marked().count(), peers.marks().len(), "who is marked is there");
    counts(model);
    if let Some(campaign) = &model.many.campaign {
        let (counts, pace) = (campaign.counts(), campaign.plan.pace);
        assert_eq!(counts.total(), campaign.rows().len(), "everybody has one outcome");
        assert!(counts.in_flight() <= pace.waiting, "no more wait than agreed");
    }
}

fn everybody(model: &Model) -> Vec<usize> {
    (0..model.facts.peers().places())
        .filter(|&index| model.facts.peers().at(index).is_some())
        .collect()
}

/// The counts of the status bar are those that one gets by counting.
fn counts(model: &Model) {
    let mut counted = Tally::default();
    counted.update(&model.present(), &everybody(model));
    let all =
        |t: &Tally| [t.connected, t.waiting, t.gone, t.refused, t.failed, t.signals, t.in_flight];
    assert_eq!(all(&model.tally), all(&counted), "counted anew");
}

/// The list is what one gets by filtering and sorting everybody.
fn settled(model: &Model) {
    if model.order.is_under_way() || model.range.is_some() {
        return;
    }
    let mut anew = Order::sorted_by(model.order.sort);
    let (facts, filter) = (model.present(), model.sieve.filter());
    anew.changed(&facts, filter, &everybody(model));
    anew.sort_all(&facts, filter);
    assert_eq!(
        model.order.rows(),
        anew.rows(),
        "sorted by {:?}, filter {:?}",
        model.order.sort,
        model.filter.text()
    );
}

/// Cases of random lives of the screen: a few in a usual run; for as long as
/// `SWARMSCOPE_SOAK_SECONDS` says in a long one. What fails is cut down to the fewest steps that
/// fail.
#[test]
#[allow(clippy::disallowed_methods)] // how long it may really take
fn a_screen_lives_through_whatever_happens() {
    let seconds = std::env::var("SWARMSCOPE_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let lives = (0..3_u8, prop::collection::vec(steps(), 0..80));
    let mut cases = 0;
    loop {
        let config =
            ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
        let outcome = TestRunner::new(config).run(&lives, |(start, steps)| {
            let model = match start {
                0 => blank(),
                1 => session(),
                _ => crate::crowd::odd_one_out(),
            };
            play(model, steps);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("after {cases} cases: {error}");
        }
        cases += 12;
        if Instant::now() >= until {
            break;
        }
    }
    println!("{cases} cases");
}

#[test]
fn every_size_can_be_drawn() {
    for (columns, rows) in [
        (1, 1),
        (2, 1),
        (1, 100),
        (300, 1),
        (300, 100),
        (39, 9),
        (40, 10),
        (41, 11),
        (79, 30),
        (101, 33),
    ] {
        play(session(), vec![Step::Size(columns, rows)]);
    }
}

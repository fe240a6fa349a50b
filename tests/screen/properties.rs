//! Whatever keys are pressed, whatever the node tells and however the terminal is resized: no panic, no cell over an edge, and
//! always something selected where there is something to select.

use std::time::Duration;

use crossterm::event::KeyCode;
use proptest::prelude::*;
use swarmscope::app::{Effect, Key, Model, Msg, Now, TourStep};
use swarmscope::failure::{By, Cause, Delivered, Phase};
use swarmscope::node::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope::wire::frame::FrameId;
use swarmscope::wire::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid};

use crate::fixture::{before, blank, drawn, failure, fold, session};

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
        prop::sample::select("jkghlGrpeyYvxcoDPLTzidRNuawWtSMVIOCF=fn/?:q bE".chars().collect::<Vec<_>>())
            .prop_map(Key::char),
        any::<char>().prop_map(Key::char),
        prop::sample::select("scywkuaezd".chars().collect::<Vec<_>>()).prop_map(Key::ctrl),
    ]
}

fn permids() -> impl Strategy<Value = Permid> {
    (0_u8..6, any::<bool>())
        .prop_map(|(n, old)| if old { Permid::Sect233k1([n; 60]) } else { Permid::Ed25519([n; 32]) })
}

fn peer_keys() -> impl Strategy<Value = PeerKey> {
    prop_oneof![permids().prop_map(PeerKey::Permid), "[a-c]:[0-9]{1,2}".prop_map(PeerKey::Address)]
}

fn causes() -> impl Strategy<Value = swarmscope::failure::Failure> {
    (prop::sample::select(Cause::ALL), ".{0,40}")
        .prop_map(|(cause, detail)| failure(cause, By::Peer, Delivered::Maybe, &detail))
}

fn messages() -> impl Strategy<Value = MessageId> {
    prop_oneof![Just(MessageId::NATCHECK), Just(MessageId::DATABASE_QUERY), any::<u8>().prop_map(MessageId)]
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
        peer_keys().prop_map(|peer| Event::Connecting { peer, phase: Phase::Tcp, detail: String::new() }),
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
        (peer_keys(), causes(), any::<u32>()).prop_map(|(peer, failure, attempt)| Event::ConnectFailed {
            peer,
            failure,
            attempt,
            gives_up_at: 28,
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
            |(ticket, permid, message, error, payload, elapsed)| Event::Reply {
                ticket,
                permid,
                message,
                channel: ChannelId(0),
                error: ErrorByte(if error > 250 { error } else { 0 }),
                payload,
                parts: 1,
                elapsed,
                dialled_back: error % 2 == 0,
            }
        ),
        (ticket(), permids(), messages(), causes()).prop_map(|(ticket, permid, message, failure)| {
            Event::RequestFailed { ticket, permid, message, failure }
        }),
        (ticket(), permids()).prop_map(|(ticket, permid)| Event::AwaitingDialBack { ticket, permid }),
        (permids(), any::<u64>(), any::<u8>()).prop_map(|(permid, times, id)| Event::FrameDropped {
            permid,
            id: FrameId(id),
            times
        }),
        ".{0,60}".prop_map(|text| Event::Notice { text }),
    ]
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // most steps are messages
enum Step {
    Msg(Msg),
    Later(u64),
    Size(u16, u16),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => keys().prop_map(|key| Step::Msg(Msg::Key(key))),
        4 => events().prop_map(|event| Step::Msg(Msg::Node(event))),
        1 => ".{0,30}".prop_map(|text| Step::Msg(Msg::Paste(text))),
        1 => (permids(), ".{0,20}").prop_map(|(permid, label)| Step::Msg(Msg::Label { permid, label })),
        1 => (permids(), messages(), ".{0,90}").prop_map(|(permid, message, text)| {
            Step::Msg(Msg::Tour(TourStep { step: 1, of: 9, text, show: Some((permid, message)) }))
        }),
        1 => (0_u64..100_000).prop_map(Step::Later),
        2 => (1_u16..230, 1_u16..80).prop_map(|(columns, rows)| Step::Size(columns, rows)),
    ]
}

/// A message, and the tickets of the requests that it leads to: numbers that other events may use too.
fn happens(model: &mut Model, now: Now, msg: Msg) {
    for effect in fold(model, now, msg) {
        if let Effect::Request(ask) = effect {
            let ticket = Ticket(u64::from(ask.to.to_der()[20]) % 8);
            fold(model, now, Msg::Asked(ask, ticket));
        }
    }
}

fn play(mut model: Model, steps: Vec<Step>) {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let start = before(0);
    let (mut passed, mut size) = (0, (80, 24));
    for step in steps {
        let after = Duration::from_millis(passed);
        let now = Now { instant: start.instant + after, wall: start.wall + after };
        match step {
            Step::Msg(msg) => happens(&mut model, now, msg),
            Step::Later(ms) => {
                passed += ms;
                happens(&mut model, now, Msg::Wake);
                happens(&mut model, now, Msg::Tick);
            }
            Step::Size(columns, rows) => size = (columns, rows),
        }
        drawn(&mut model, size.0, size.1, &theme);
        assert!(model.order.rows().is_empty() || model.selected_row().is_some(), "something is selected");
        assert!(model.order.rows().iter().all(|&row| model.peers.at(row).is_some()), "rows lead to peers");
        if let Some(campaign) = &model.many.campaign {
            let (counts, pace) = (campaign.counts(), campaign.plan.pace);
            assert_eq!(counts.total(), campaign.rows().len(), "everybody has one outcome");
            assert!(counts.in_flight() <= pace.waiting, "no more wait than agreed");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_breaks_an_empty_screen(steps in prop::collection::vec(steps(), 0..60)) {
        play(blank(), steps);
    }

    #[test]
    fn nothing_that_happens_breaks_a_full_screen(steps in prop::collection::vec(steps(), 0..40)) {
        play(session(), steps);
    }

    #[test]
    fn nothing_that_happens_breaks_a_request_to_many(steps in prop::collection::vec(steps(), 0..40)) {
        play(crate::many::odd_one_out(), steps);
    }

    #[test]
    fn every_size_can_be_drawn(columns in 1_u16..300, rows in 1_u16..100) {
        play(session(), vec![Step::Size(columns, rows)]);
    }
}

//! What operators do and what they see, message by message.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg, Pane};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::list::next::{Cell, cell};
use swarmscope_facts::peer::State;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::{Ask, Event, Origin, PeerKey, Reply, Source, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered, Phase};
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

use crate::fixture::{Script, before, blank, failure, fold, nat_reply, permid, press, type_text};
use crate::pictures::session;

pub const NATCHECK: MessageId = MessageId::NATCHECK;

pub fn key(permid: Permid) -> PeerKey {
    PeerKey::Permid(permid)
}

/// One connected peer of this version, selected.
pub fn with_peer(version: u16) -> (Model, Permid) {
    let (mut model, who) = (blank(), permid("9f3ac1", version));
    let mut script = Script::default();
    script.connected(60_000, who, version, 3, 40_213);
    script.tell(&mut model);
    (model, who)
}

pub fn asked(effects: &[Effect]) -> Option<Ask> {
    effects.iter().find_map(|effect| match effect {
        Effect::Request(ask) => Some(ask.clone()),
        _ => None,
    })
}

pub fn column(model: &Model, who: Permid) -> Cell {
    let peer = model.facts.peers().get(&key(who)).expect("known");
    cell(&model.present(), peer, model.composer.message, OverlayVersion(7), Frequency::DEFAULT)
}

pub fn answer(
    model: &mut Model,
    now_ms: u64,
    ticket: Ticket,
    who: Permid,
    error: ErrorByte,
    payload: Vec<u8>,
) {
    fold(
        model,
        before(now_ms),
        Msg::Node(Event::Reply(Reply {
            ticket,
            permid: who,
            message: model.composer.message,
            channel: ChannelId(1),
            error,
            payload: payload.into(),
            parts: 1,
            elapsed: Duration::from_millis(4),
            dialled_back: false,
        })),
    );
}

#[test]
fn a_request_from_the_key_to_the_decoded_reply_and_the_254_after_it() {
    let (mut model, who) = with_peer(18);
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "natc");
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert!(
        matches!(model.mode, Mode::Frequency),
        "NATCHECK takes no payload: the frequency is next"
    );
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    assert_eq!(
        (ask.to, ask.message, ask.payload.len(), ask.origin),
        (who, NATCHECK, 0, Origin::Operator)
    );
    assert_eq!(ask.timeout, Duration::from_secs(200), "as long as the probe says");

    fold(&mut model, before(0), Msg::Asked(ask.clone(), Ticket(1)));
    assert!(matches!(column(&model, who), Cell::Waiting(_)));
    answer(&mut model, 0, Ticket(1), who, ErrorByte::SUCCESS, nat_reply("Symmetric NAT", -1, 55));
    let peer = model.peer().expect("selected");
    assert_eq!(peer.nat.as_deref(), Some("Symmetric"));
    assert_eq!(model.reading.rows.len(), 7, "the decoded fields are there to read");
    assert!(matches!(column(&model, who), Cell::In(_)));

    fold(&mut model, before(0), Msg::Asked(ask, Ticket(2)));
    answer(&mut model, 0, Ticket(2), who, ErrorByte::FREQUENCY, b"frequency error".to_vec());
    let Cell::NotYet { left, exact: true } = column(&model, who) else {
        panic!("{:?}", column(&model, who))
    };
    assert_eq!(
        left,
        Duration::from_secs(3595),
        "five seconds before the frequency has passed (protocol.md §4)"
    );
}

#[test]
fn parts_are_counted_as_they_come() {
    let (mut model, who) = with_peer(18);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(1)));
    for (index, hint) in [(1, 3), (2, 2)] {
        let part = Event::Part {
            ticket: Ticket(1),
            permid: who,
            channel: ChannelId(1),
            index,
            parts_left: PartsLeft(hint),
            error: ErrorByte::SUCCESS,
            payload: vec![0; 32_768].into(),
            after: Duration::from_millis(100 * u64::from(index)),
        };
        fold(&mut model, before(0), Msg::Node(part));
    }
    assert_eq!(column(&model, who), Cell::Parts { have: 2, hint: PartsLeft(2) });
    assert_eq!(model.request().expect("selected").bytes, 65_536);
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_reason() {
    let (mut model, _) = with_peer(7);
    assert!(asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).is_none());
    let line = model.log.headline(model.now).expect("it is said").line;
    assert!(line.text.contains("NATCHECK needs version 9, this peer speaks 7"), "{}", line.text);

    let (mut model, _) = with_peer(18);
    press(&mut model, &[Key::char('r'), Key::named(KeyCode::Tab), Key::ctrl('u')]);
    type_text(&mut model, "70000");
    assert!(asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).is_none());
    assert!(model.log.headline(model.now).expect("it is said").line.text.contains("0 to 65535"));
}

#[test]
fn the_default_payload_follows_the_peers_version_until_it_is_edited() {
    let mut model = blank();
    let (old, new) = (permid("aaaa01", 7), permid("bbbb02", 18));
    let mut script = Script::default();
    script.connected(60_000, old, 7, 3, 40_001);
    script.connected(59_000, new, 18, 3, 40_002);
    script.tell(&mut model);
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "database");
    press(&mut model, &[Key::named(KeyCode::Enter), Key::named(KeyCode::Esc), Key::char('g')]);
    let first = model.composer.text();
    press(&mut model, &[Key::char('j')]);
    assert_ne!(model.composer.text(), first, "versions 7 and 18 are asked other things by default");
    press(&mut model, &[Key::char('p')]);
    type_text(&mut model, "x");
    let edited = model.composer.text();
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('k')]);
    assert_eq!(model.composer.text(), edited);
}

#[test]
fn rows_hold_still_while_somebody_moves_and_settle_afterwards() {
    let mut model = session();
    let at = |model: &Model| -> Vec<String> {
        let rows = (0..model.order.rows().len()).filter_map(|row| model.peer_at(row));
        rows.map(|peer| model.name_of(&peer.key)).collect()
    };
    let still = at(&model);
    press(&mut model, &[Key::char('j')]);
    let selected = model.selected.clone();
    let loud = permid("aa4715", 18);
    fold(
        &mut model,
        before(0),
        Msg::Node(Event::Disconnected {
            permid: loud,
            failure: failure(Cause::Reset, By::Network, Delivered::No, ""),
        }),
    );
    fold(&mut model, before(0), Msg::Tick);
    assert_eq!(at(&model), still, "a key was pressed a moment ago");
    let later = swarmscope_facts::Now {
        instant: before(0).instant + Duration::from_secs(5),
        wall: before(0).wall,
    };
    fold(&mut model, later, Msg::Tick);
    assert_eq!(at(&model)[0], "aa47…15");
    assert_eq!(model.selected, selected, "the selection is a peer, not a place");
}

#[test]
fn a_new_peer_has_a_row_at_once() {
    let mut model = session();
    press(&mut model, &[Key::char('j')]);
    let who = permid("abcdef", 18);
    fold(
        &mut model,
        before(0),
        Msg::Node(Event::Connecting { peer: key(who), phase: Phase::Tcp, detail: String::new() }),
    );
    let last = model.peer_at(model.order.rows().len() - 1).expect("rows");
    assert_eq!(last.key, key(who));
}

#[test]
fn an_address_becomes_its_permid_and_stays_selected() {
    let mut model = blank();
    press(&mut model, &[Key::char('c')]);
    type_text(&mut model, "localhost:7760");
    let effects = press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert!(
        matches!(&effects[..], [Effect::Connect(target)] if target.to_string() == "localhost:7760")
    );
    let address = PeerKey::Address("localhost:7760".into());
    let connecting =
        Event::Connecting { peer: address.clone(), phase: Phase::Tcp, detail: String::new() };
    fold(&mut model, before(0), Msg::Node(connecting));
    assert_eq!(model.selected, Some(address.clone()));
    let who = permid("9f3ac1", 18);
    let mut connected = Script::default();
    connected.connected(0, who, 18, 3, 7760);
    connected.tell(&mut model);
    // the node says what it was called before
    let again = Event::Connected {
        permid: who,
        was: Some(address),
        address: ([127, 0, 0, 1], 7760).into(),
        listening_port: 7760,
        version: OverlayVersion(18),
        transport: swarmscope_peer::node::Transport::Tls,
        direction: swarmscope_peer::node::Direction::Outgoing,
        rtt: Duration::from_millis(3),
    };
    fold(&mut model, before(0), Msg::Node(again));
    assert_eq!(model.selected, Some(key(who)));
    assert_eq!((model.facts.peers().len(), model.order.rows().len()), (1, 1));
}

#[test]
fn a_bad_address_is_told_in_the_prompt() {
    let mut model = blank();
    press(&mut model, &[Key::char('c')]);
    type_text(&mut model, "localhost");
    assert!(press(&mut model, &[Key::named(KeyCode::Enter)]).is_empty());
    assert!(
        matches!(&model.mode, Mode::Connect(_, Some(error)) if error.contains("port is missing"))
    );
    press(&mut model, &[Key::char(':')]);
    assert!(matches!(&model.mode, Mode::Connect(_, None)), "typing on takes the error away");
}

#[test]
fn a_refusal_is_an_inference_and_says_so() {
    let (mut model, who) = with_peer(18);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(1)));
    let closed = failure(Cause::ClosedWithoutReply, By::Peer, Delivered::Maybe, "");
    let failed = Event::RequestFailed {
        ticket: Ticket(1),
        permid: who,
        message: NATCHECK,
        failure: closed.clone(),
    };
    fold(&mut model, before(0), Msg::Node(failed));
    fold(&mut model, before(0), Msg::Node(Event::Disconnected { permid: who, failure: closed }));
    assert!(
        matches!(model.peer().expect("selected").state, State::Refused { .. }),
        "the end does not hide the refusal"
    );
    assert!(model.log.headline(model.now).expect("it is said").line.text.contains("likely"));
    let mut script = Script::default();
    script.connected(0, who, 18, 3, 40_213);
    script.tell(&mut model);
    assert_eq!(column(&model, who), Cell::Refused, "authenticated again, but it would close again");
    assert_eq!(
        model.facts.acceptance().acceptance(who, NATCHECK, Frequency::DEFAULT, model.now.instant),
        Acceptance::Unknown
    );
}

#[test]
fn the_filter_narrows_and_esc_shows_all_again() {
    let mut model = session();
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, "symm clear");
    assert_eq!(model.order.rows().len(), 2);
    assert!(model.selected_row().is_some(), "something that is shown is selected");
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert!(matches!(model.mode, Mode::Main));
    assert_eq!(model.order.rows().len(), 2);
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    assert_eq!(model.order.rows().len(), 37);
}

#[test]
fn a_sent_request_is_taken_over_to_change_it() {
    let mut model = session();
    // the selected channel is NATCHECK; the newest is the query
    press(&mut model, &[Key::named(KeyCode::Tab), Key::char('g'), Key::char('e')]);
    assert!(matches!(model.mode, Mode::Payload));
    assert_eq!(
        (model.composer.message, model.composer.text()),
        (MessageId::DATABASE_QUERY, crate::fixture::QUERY.into())
    );
}

#[test]
fn the_command_line_is_copied() {
    let mut model = session();
    let effects = press(&mut model, &[Key::char('y'), Key::char('c')]);
    let [Effect::Copy(command)] = &effects[..] else { panic!("{effects:?}") };
    assert!(
        command.starts_with("swarmscope request 127.0.0.1:40213 database 'SELECT category"),
        "{command}"
    );
    assert!(command.ends_with("--frequency 3600"), "{command}");
}

#[test]
fn a_prefix_waits_for_the_next_key() {
    let mut model = session();
    let selected = model.selected.clone();
    for (keys, quits) in [(["y", "esc"], false), (["y", "j"], false), (["y", "ctrl-c"], true)] {
        let keys = keys.map(|key| key.parse::<Key>().expect("a key"));
        assert!(press(&mut model, &keys[..1]).is_empty());
        assert_eq!(model.pending, keys[..1]);
        assert_eq!(!press(&mut model, &keys[1..]).is_empty(), quits, "{keys:?}");
        assert!(model.pending.is_empty());
    }
    assert_eq!(model.selected, selected, "a key after a prefix means nothing by itself");
    assert_eq!(crate::reply::said(&model), "no command is bound to y j");
}

#[test]
fn quitting_and_interrupting_are_told_apart() {
    let mut model = session();
    let quits = |effects: Vec<Effect>| match effects[..] {
        [Effect::Quit { interrupted }] => Some(interrupted),
        _ => None,
    };
    assert_eq!(quits(press(&mut model, &[Key::char('q')])), Some(false));
    assert_eq!(quits(press(&mut model, &[Key::ctrl('c')])), Some(true));
    press(&mut model, &[Key::char('/')]);
    assert_eq!(quits(press(&mut model, &[Key::char('q')])), None, "a letter, where text is typed");
    assert_eq!(quits(press(&mut model, &[Key::ctrl('c')])), Some(true));
}

#[test]
fn panes_take_the_focus_in_turn() {
    let mut model = session();
    let mut seen = vec![model.focus];
    for _ in 0..4 {
        press(&mut model, &[Key::named(KeyCode::Tab)]);
        seen.push(model.focus);
    }
    assert_eq!(seen, [Pane::Peers, Pane::Channels, Pane::Reply, Pane::Request, Pane::Peers]);
    press(&mut model, &[Key::named(KeyCode::BackTab)]);
    assert_eq!(model.focus, Pane::Request);
}

#[test]
fn the_palette_runs_what_it_finds() {
    let mut model = session();
    press(&mut model, &[Key::char(':')]);
    type_text(&mut model, "sort");
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert!(matches!(model.mode, Mode::Main));
    assert_eq!(model.order.sort.to_string(), "state");
}

#[test]
fn a_reply_that_its_decoder_cannot_read_is_a_signal_and_its_bytes_stay() {
    let (mut model, who) = with_peer(18);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(1)));
    answer(&mut model, 0, Ticket(1), who, ErrorByte::SUCCESS, b"li1ei2ee".to_vec());
    let peer = model.peer().expect("selected");
    assert_eq!((peer.signals, peer.nat.clone()), (1, None));
    assert!(model.reading.rows.len() >= 2, "read by its format");
}

#[test]
fn old_replies_make_room_for_new_ones() {
    let (mut model, who) = with_peer(18);
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "41");
    press(&mut model, &[Key::named(KeyCode::Enter), Key::named(KeyCode::Esc)]);
    let ask = asked(&press(&mut model, &[Key::ctrl('s')])).expect("a request goes out");
    for ticket in 1..=5 {
        fold(&mut model, before(0), Msg::Asked(ask.clone(), Ticket(ticket)));
        // text that no decoder makes a tree of, 40 MiB each
        let event = Event::Reply(Reply {
            ticket: Ticket(ticket),
            permid: who,
            message: MessageId(41),
            channel: ChannelId(1),
            error: ErrorByte::SUCCESS,
            payload: vec![b'x'; 40 << 20].into(),
            parts: 1280,
            elapsed: Duration::from_secs(1),
            dialled_back: false,
        });
        swarmscope::screen::update(&mut model, before(0), Msg::Node(event));
    }
    let kept: Vec<bool> = model
        .peer()
        .expect("selected")
        .requests
        .iter()
        .map(|r| r.reply().is_some_and(|r| r.payload.is_some()))
        .collect();
    assert_eq!(kept, [false, false, true, true, true], "128 MiB are kept");
}

#[test]
fn a_peer_that_is_asked_before_it_was_heard_of_has_a_row() {
    let mut model = blank();
    let (who, now) = (permid("9f3ac1", 18), before(1000));
    fold(
        &mut model,
        now,
        Msg::Node(Event::Discovered {
            peer: PeerKey::Address("a:1".into()),
            address: None,
            version: None,
            source: Source::Bootstrap,
        }),
    );
    let mut script = Script::default();
    script.sent(900, who, MessageId::NATCHECK, 1, "");
    script.tell(&mut model);
    assert_eq!(model.order.rows().len(), 2);
}

#[test]
fn what_is_pasted_is_one_edit() {
    let mut model = session();
    press(&mut model, &[Key::char('p')]);
    let before = model.composer.payload().lines().to_vec();
    let now = model.now;
    fold(&mut model, now, Msg::Paste("one\ntwo\r\nthree\n\tfour".to_owned()));
    let pasted = model.composer.payload().lines().to_vec();
    assert!(pasted.len() > before.len() + 2, "{pasted:?}");
    press(&mut model, &[Key::ctrl('u')]);
    assert_eq!(model.composer.payload().lines(), before, "one step back takes all of it");
    // keys in what is pasted are text, in a line too
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('/')]);
    fold(&mut model, now, Msg::Paste("q\nnat:open\n".to_owned()));
    assert_eq!(model.filter.text(), "q nat:open ");
}

#[test]
fn with_addresses_hidden_nobody_can_be_told_by_name_on_any_screen() {
    let mut model = session();
    let names: Vec<String> =
        model.facts.peers().iter().filter_map(|peer| Some(peer.permid()?.short())).collect();
    assert!(names.len() > 30);
    press(&mut model, &[Key::char('P')]);
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    for keys in ["", "i", "esc", "L", "esc", "a", "ctrl-s", "esc", "C", "esc", "y p"] {
        let keys: Vec<Key> =
            keys.split_whitespace().map(|key| key.parse().expect("a key")).collect();
        let effects = press(&mut model, &keys);
        for (columns, rows) in [(200, 60), (120, 40), (80, 24)] {
            let (cells, _) = crate::fixture::drawn(&mut model, columns, rows, &theme);
            let text: String = cells.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            for name in &names {
                assert!(!text.contains(name.as_str()), "{name} after {keys:?} at {columns}×{rows}");
            }
            assert!(!text.contains("127.0.0.1"), "an address after {keys:?} at {columns}×{rows}");
        }
        for effect in effects {
            let Effect::Copy(copied) = effect else { continue };
            assert!(copied.starts_with("permid-"), "{copied}");
        }
    }
}

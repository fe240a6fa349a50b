//! BitTorrent peers and nodes of the DHT beside peers of the overlay: one list, one way to ask.

use std::time::Duration;

use serde_json::{Value, json};
use swarmscope::screen::asking::command::to_selected;
use swarmscope::screen::list::columns::Columns;
use swarmscope::screen::{Effect, Model, Msg};
use swarmscope_facts::networks::{self, AnyTarget, Event as Told};
use swarmscope_facts::peer::State;
use swarmscope_facts::request::Request;
use swarmscope_networks::question::Spec;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Event, PeerKey, Source, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered};

use crate::fixture::{before, blank, failure, fold, permid, press, taped, type_text};
use crate::snapshots::dark;
use crate::time::{file, played};

const INFOHASH: &str = "835c0e6d064dbcb731ce153414ee2321b7ba3c2b";
const NODE: &str = "a9c6d11410705b36902612faca2058b95312c5a1";
const BT: &str = "bt://203.0.113.40:51413";
const FORCED: &str = "bt://198.51.100.77:51413";
const DHT: &str = "dht://192.0.2.200:51413";
const CLOSED: &str = "dht://192.0.2.61:6881";

#[path = "networks_many.rs"]
mod many;
#[path = "networks_pictured.rs"]
mod pictured;
#[path = "networks_recorded.rs"]
mod recorded;

pub use pictured::{pictured_ladder, pictured_list, pictured_lookup};

fn key(text: &str) -> PeerKey {
    text.parse::<AnyTarget>().expect("a target").key()
}

fn tell(model: &mut Model, ms: u64, event: Told) -> Vec<Effect> {
    fold(model, before(ms), Msg::Network(event))
}

/// Asks at that time, and gives the ticket.
fn ask(model: &mut Model, ms: u64, peer: &str, question: &str, ticket: u64) {
    let (peer, ticket) = (key(peer), Ticket(ticket));
    let spec = Spec::find(networks::network(&peer), question).expect("a question");
    let asked = Told::Asked {
        peer: peer.clone(),
        ticket,
        question: networks::number(spec),
        about: bytes::Bytes::new(),
        whole: spec.timeout,
    };
    tell(model, ms, asked);
    tell(model, ms, Told::Sent { peer, ticket });
}

fn part(
    model: &mut Model,
    sent: u64,
    after: u64,
    peer: &str,
    ticket: u64,
    index: u32,
    says: Value,
) {
    let (peer, ticket, after_) = (key(peer), Ticket(ticket), Duration::from_millis(after));
    tell(model, sent - after, Told::Part { peer, ticket, index, after: after_, says });
}

fn answer(model: &mut Model, ms: u64, peer: &str, ticket: u64, summary: &str, says: Value) {
    let parts = model.facts.request(&key(peer), Ticket(ticket)).map_or(0, Request::part_count);
    let answered = Told::Answered {
        peer: key(peer),
        ticket: Ticket(ticket),
        error: 0,
        summary: summary.to_owned(),
        says,
        parts,
        elapsed: Duration::from_millis(740),
    };
    tell(model, ms, answered);
}

/// The rungs of a REACH, as a client with forced encryption answers.
fn reach(model: &mut Model, ms: u64, peer: &str, ticket: u64, forced: bool) {
    ask(model, ms, peer, "REACH", ticket);
    let plain = if forced {
        ("closed", "20 B sent, closed without a byte", 41.0)
    } else {
        ("timeout", "20 B sent, it waits for more", 500.0)
    };
    let rungs = [
        ("resolve", "ok", "a literal address", 0.0),
        ("tcp", "ok", "open", 38.0),
        ("handshake", plain.0, plain.1, plain.2),
        ("mse", "ok", "a key and padding: 311 bytes", 52.0),
        ("utp", "ok", "it takes our SYN", 36.0),
        ("krpc", "timeout", "no answer, asked twice", 2500.0),
    ];
    for ((rung, outcome, detail, took), index) in rungs.into_iter().zip(1..) {
        let says = json!({ "rung": rung, "outcome": outcome, "detail": detail, "ms": took });
        part(model, ms, u64::from(index) * 100, peer, ticket, index, says);
    }
    let encryption = if forced { "forced" } else { "open" };
    let says = json!({ "what": "bittorrent", "client": null, "version": null,
        "encryption": encryption, "utp": true, "dht": null,
        "summary": "a BitTorrent client", "next": "ask HELLO with a torrent it has" });
    answer(model, ms - 740, peer, ticket, "a BitTorrent client, which names itself only", says);
}

/// A peer of the overlay, two BitTorrent clients, and two nodes of the DHT, one of them silent.
pub fn mixed() -> Model {
    let mut model = blank();
    let told = |event| Msg::Node(event);
    let connected = Event::Connected {
        permid: permid("9f3ac1", 18),
        was: None,
        address: ([203, 0, 113, 7], 7760).into(),
        listening_port: 7760,
        version: swarmscope_wire::OverlayVersion(18),
        transport: swarmscope_peer::node::Transport::Tls,
        direction: swarmscope_peer::node::Direction::Outgoing,
        rtt: Duration::from_millis(3),
    };
    fold(&mut model, before(60_000), told(connected));
    reach(&mut model, 50_000, FORCED, 1, true);
    reach(&mut model, 40_000, BT, 2, false);
    ask(&mut model, 30_000, BT, "HELLO", 3);
    let says = json!({ "client": "qBittorrent/5.0.4", "peer_id_client": "qBittorrent 5.0.4",
        "encryption": "open", "reqq": 2000, "yourip": "203.0.113.9",
        "extensions": { "ut_pex": 1, "ut_metadata": 2 } });
    answer(&mut model, 29_900, BT, 3, "qBittorrent/5.0.4, plain", says);
    ask(&mut model, 20_000, DHT, "PING", 4);
    let says = json!({ "rtt_ms": 31.0, "v": "LT 02 08", "client": "libtorrent 2.0.8", "id": NODE,
        "bep42": "valid", "our_address": "203.0.113.9:49160" });
    answer(&mut model, 19_969, DHT, 4, "libtorrent 2.0.8, calls itself", says);
    ask(&mut model, 15_000, CLOSED, "PING", 5);
    let silent = failure(Cause::AnswerTimeout, By::Network, Delivered::Maybe, "asked twice in 5 s");
    let failed = Told::Failed { peer: key(CLOSED), ticket: Ticket(5), failure: silent };
    tell(&mut model, 10_000, failed);
    ask(&mut model, 5_000, DHT, "LOOKUP", 6);
    for index in 1..=5_u32 {
        hop(&mut model, 6, index, 159 - 4 * index);
    }
    fold(&mut model, before(0), Msg::Resize(120, 40)); // a second that passes is not recorded
    model
}

/// An answer to a lookup, so many bits away.
fn hop(model: &mut Model, ticket: u64, index: u32, log2: u32) {
    let so_far = json!({ "queries": index + 3, "answered": index, "refused": 0, "silent": index / 4,
        "kept_out": { "addresses": index / 3, "crowded": 1 } });
    let says = json!({ "id": format!("{index:02}{}", &NODE[2..]), "log2": log2,
        "address": format!("198.51.100.{index}:6881"), "depth": index, "rtt_ms": 30.0,
        "named": 8, "taken": 3, "so_far": so_far });
    part(model, 5_000, u64::from(index) * 60, DHT, ticket, index, says);
}

fn select(model: &mut Model, peer: &str) {
    while model.selected != Some(key(peer)) {
        let row = model.selected_row();
        press(model, &["j".parse().expect("a key")]);
        if model.selected_row() == row {
            press(model, &["g".parse().expect("a key"), "g".parse().expect("a key")]);
        }
    }
}

#[test]
fn peers_of_all_networks_in_one_list() {
    let mut model = mixed();
    select(&mut model, BT);
    insta::assert_snapshot!("networks_120x40", dark(&mut model, 120, 40));
    insta::assert_snapshot!("networks_80x24", dark(&mut model, 80, 24));
    select(&mut model, DHT);
    insta::assert_snapshot!("networks_lookup_120x40", dark(&mut model, 120, 40));
    select(&mut model, CLOSED);
    insta::assert_snapshot!("networks_silent_120x40", dark(&mut model, 120, 40));
}

#[test]
fn the_column_is_there_only_where_networks_differ() {
    let head = |model: &mut Model| dark(model, 120, 40).lines().nth(3).unwrap_or("").to_owned();
    assert!(!head(&mut crate::pictures::session()).contains(" NET "));
    assert!(head(&mut mixed()).contains(" NET "));
}

#[test]
fn a_filter_knows_the_networks() {
    for (filter, count) in [
        ("net:bt", 2),
        ("net:dht", 2),
        ("net:overlay", 1),
        ("net:bt,dht state:answered", 3),
        ("state:up", 4),
        ("198.51.100.77", 1),
    ] {
        let mut model = mixed();
        press(&mut model, &["/".parse().expect("a key")]);
        type_text(&mut model, filter);
        assert_eq!(model.order.rows().len(), count, "{filter}");
    }
    let mut model = mixed();
    press(&mut model, &["/".parse().expect("a key")]);
    type_text(&mut model, "net:");
    let offered: Vec<String> =
        model.sieve.candidates().iter().map(|candidate| format!("{candidate:?}")).collect();
    for network in ["overlay", "bt", "dht"] {
        assert!(offered.iter().any(|text| text.contains(network)), "{network} in {offered:?}");
    }
}

#[test]
fn a_question_is_picked_filled_in_and_asked_like_a_request() {
    let mut model = mixed();
    select(&mut model, DHT);
    press(&mut model, &["r".parse().expect("a key")]);
    type_text(&mut model, "find");
    let enter = ["enter".parse().expect("a key")];
    press(&mut model, &enter);
    insta::assert_snapshot!("networks_composer_120x40", dark(&mut model, 120, 40));
    assert!(press(&mut model, &enter).is_empty(), "its target is missing");
    type_text(&mut model, INFOHASH);
    let effects = press(&mut model, &enter);
    let [Effect::Question(question)] = &effects[..] else { panic!("{effects:?}") };
    let target = networks::target(&question.peer).expect("a target");
    assert_eq!(target.network, Network::Dht);
    let (spec, _) =
        networks::asked(Network::Dht, question.message, &question.about, [0; 20]).expect("whole");
    assert_eq!((spec.name, question.about.len()), ("FIND_NODE", 20));
    let command = to_selected(&model, &model.composer);
    assert_eq!(command, Some(format!("swarmscope request {DHT} find_node {INFOHASH}")));
    let asks = |model: &Model| model.registry().label(model.composer.message);
    select(&mut model, BT);
    assert_eq!(asks(&model), "REACH", "each network has its own composer");
    select(&mut model, DHT);
    assert_eq!(asks(&model), "FIND_NODE", "which stays as it was left");
}

#[test]
fn a_target_of_any_network_is_added_on_the_screen() {
    let mut model = mixed();
    press(&mut model, &["c".parse().expect("a key")]);
    type_text(&mut model, "dht://198.51.100.9:6881");
    let effects = press(&mut model, &["enter".parse().expect("a key")]);
    assert!(
        matches!(&effects[..], [Effect::Question(question)] if question.peer == key("dht://198.51.100.9:6881")),
        "{effects:?}"
    );
}

/// An overlay dial to this peer is closed without a byte.
fn closed(model: &mut Model, source: Source) -> Vec<Effect> {
    let peer = PeerKey::Address("198.51.100.8:6881".to_owned());
    let discovered = Event::Discovered { peer: peer.clone(), address: None, version: None, source };
    fold(model, before(9_000), Msg::Node(discovered));
    let failure = failure(Cause::HandshakeClosed, By::Peer, Delivered::No, "");
    let failed =
        Event::ConnectFailed { peer, failure, attempt: 1, gives_up_at: 28, again_in: None };
    fold(model, before(8_000), Msg::Node(failed))
}

#[test]
fn what_listens_where_a_dial_was_closed_is_found_out_unless_only_hearsay_named_it() {
    let mut model = blank();
    let hearsay = Source::BuddyCast(permid("9f3ac1", 18));
    assert!(closed(&mut model, hearsay).is_empty());
    let mut model = blank();
    let effects = closed(&mut model, Source::Operator);
    assert!(matches!(&effects[..], [Effect::Examine(..)]), "{effects:?}");
    let peer = PeerKey::Address("198.51.100.8:6881".to_owned());
    let says = json!({ "what": "bittorrent", "summary": "a BitTorrent client; DHT node LT 02 08" });
    tell(&mut model, 7_000, Told::Examined { peer: peer.clone(), says });
    let cause = |model: &Model| match &model.facts.peer(&peer).expect("listed").state {
        State::Failed { failure, .. } => failure.cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(&model), Cause::LikelyBitTorrent);
    let effects = closed(&mut model, Source::Operator);
    assert!(effects.is_empty(), "it is known what listens there: {effects:?}");
    assert_eq!(cause(&model), Cause::LikelyBitTorrent, "and closing again tells nothing new");
    insta::assert_snapshot!("networks_examined_120x40", dark(&mut model, 120, 40));
}

#[test]
fn what_is_something_else_stays_what_it_was() {
    let mut model = blank();
    closed(&mut model, Source::Operator);
    let peer = PeerKey::Address("198.51.100.8:6881".to_owned());
    let says = json!({ "what": "other", "summary": "a web server" });
    tell(&mut model, 7_000, Told::Examined { peer: peer.clone(), says });
    let state = &model.facts.peer(&peer).expect("listed").state;
    assert!(
        matches!(state, State::Failed { failure, .. } if failure.cause == Cause::HandshakeClosed)
    );
}

#[test]
fn one_silence_of_a_node_that_had_answered_says_little_and_two_say_that_it_is_gone() {
    let mut model = mixed();
    let up = |model: &Model| model.facts.peer(&key(DHT)).expect("listed").is_up();
    for (ticket, stays) in [(7, true), (8, false)] {
        ask(&mut model, 4_000, DHT, "PING", ticket);
        let failure = failure(Cause::AnswerTimeout, By::Network, Delivered::Maybe, "");
        tell(&mut model, 3_000, Told::Failed { peer: key(DHT), ticket: Ticket(ticket), failure });
        assert_eq!(up(&model), stays);
    }
}

#[test]
fn a_recording_shows_the_same_screen_again() {
    let (mut model, tape) = taped(mixed);
    let text = file(&model, tape, before(4_000_000));
    let (_, mut again) = played(&text);
    again.showing.replay = None;
    for peer in [BT, DHT] {
        select(&mut model, peer);
        select(&mut again, peer);
        assert_eq!(dark(&mut model, 120, 40), dark(&mut again, 120, 40));
    }
}

#[test]
fn one_peer_with_the_ladder_of_its_network() {
    let mut model = mixed();
    for (name, peer) in [("reach", FORCED), ("hello", BT), ("silent", CLOSED), ("lookup", DHT)] {
        select(&mut model, peer);
        press(&mut model, &["i".parse().expect("a key")]);
        insta::assert_snapshot!(format!("networks_peer_{name}_120x40"), dark(&mut model, 120, 40));
        insta::assert_snapshot!(format!("networks_peer_{name}_80x24"), dark(&mut model, 80, 24));
        press(&mut model, &["esc".parse().expect("a key")]);
    }
}

#[test]
fn a_lookup_shows_the_way_towards_its_target() {
    let mut model = mixed();
    let ways = [157, 157, 151, 152, 149, 149, 151, 147, 143, 145, 141, 142, 139, 140, 139, 138];
    for (index, log2) in (6..).zip(ways.into_iter().chain((0..60).map(|n| 137 + n % 3))) {
        hop(&mut model, 6, index, log2);
    }
    select(&mut model, DHT);
    press(&mut model, &["i".parse().expect("a key")]);
    for (columns, rows) in [(120, 40), (200, 60), (80, 24), (120, 24)] {
        insta::assert_snapshot!(
            format!("networks_way_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
    }
}

fn keys(model: &mut Model, keys: &[&str]) -> Vec<Effect> {
    let keys: Vec<_> = keys.iter().map(|key| key.parse().expect("a key")).collect();
    press(model, &keys)
}

#[test]
fn columns_of_the_networks_are_there_for_who_wants_them() {
    let mut model = mixed();
    for (n, id) in [(30, "ff"), (31, "00"), (32, "7f")] {
        let peer = format!("dht://198.51.100.{n}:6881");
        ask(&mut model, 900, &peer, "PING", n);
        let says = json!({ "rtt_ms": 31.0, "v": "LT 02 08", "id": format!("{id}{}", &NODE[2..]),
            "bep42": "invalid" });
        answer(&mut model, 800, &peer, n, "answers", says);
    }
    let toml = "columns = [\"client\", \"reqq\", \"BEP 42\", \"distance\"]\n";
    model.kept.columns = Columns::from_toml(toml).expect("columns");
    keys(&mut model, &[":"]);
    type_text(&mut model, "sort distance");
    keys(&mut model, &["enter"]);
    select(&mut model, DHT);
    keys(&mut model, &["r"]);
    type_text(&mut model, "lookup");
    keys(&mut model, &["enter"]);
    type_text(&mut model, &"0".repeat(40));
    keys(&mut model, &["esc"]);
    insta::assert_snapshot!("networks_columns_160x40", dark(&mut model, 160, 40));
    let text = dark(&mut model, 160, 40);
    let rows = text.lines().filter_map(|line| line.find(" dht  ").map(|_| &line[..100]));
    let distances: Vec<&str> =
        rows.filter_map(|row| row.find("2^").map(|at| &row[at..at + 5])).collect();
    assert_eq!(distances, ["2^151", "2^158", "2^159", "2^159"], "the closest first");
    keys(&mut model, &["/"]);
    type_text(&mut model, "client:qbit");
    keys(&mut model, &["enter"]);
    assert_eq!(model.order.rows().len(), 1, "the one that says so");
}

/// Everything that would tell who takes part or what is looked for.
const SECRETS: [&str; 9] = [
    "203.0.113",
    "198.51.100",
    "192.0.2",
    "835c0e6d06",
    "a9c6d11410",
    "a9c6…",
    "51413",
    "6881",
    "d11410705b",
];

#[test]
fn privacy_hides_addresses_node_ids_and_infohashes_on_the_screen_and_in_recordings() {
    let (mut model, tape) = taped(|| {
        let mut model = mixed();
        model.setup.naming.privacy = true;
        select(&mut model, DHT);
        press(&mut model, &["r".parse().expect("a key")]);
        type_text(&mut model, "find");
        press(&mut model, &["enter".parse().expect("a key")]);
        type_text(&mut model, INFOHASH);
        model
    });
    let screens = [BT, FORCED, DHT, CLOSED].map(|peer| {
        press(&mut model, &["esc".parse().expect("a key")]);
        select(&mut model, peer);
        ["", "i"].map(|keys| {
            if !keys.is_empty() {
                press(&mut model, &[keys.parse().expect("a key")]);
            }
            let screen = dark(&mut model, 200, 60);
            press(&mut model, &["esc".parse().expect("a key")]);
            screen
        })
    });
    let text = file(&model, tape, before(4_000_000));
    for (what, text) in
        screens.as_flattened().iter().map(|s| ("the screen", s)).chain([("the file", &text)])
    {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {what}: {text}");
        }
    }
}

#[test]
fn an_infohash_is_in_no_recording_as_a_question_s_subject() {
    let about = bytes::Bytes::from_static(&[0x83; 20]);
    let spec = Spec::find(Network::Dht, "get_peers").expect("a question");
    let asked = Told::Asked {
        peer: key(DHT),
        ticket: Ticket(1),
        question: networks::number(spec),
        about,
        whole: spec.timeout,
    };
    let text = serde_json::to_string(&asked).expect("JSON");
    assert!(text.contains("asked") && !text.contains("8383") && !text.contains("g4OD"), "{text}");
}

//! Signals and the case: what looks odd among the answers, and what is kept of them.

use std::path::PathBuf;
use std::time::Duration;

use swarmscope::screen::case::{Checked, Entry, Head, Order, Told};
use swarmscope::screen::signals::{Asked, Found};
use swarmscope::screen::{Effect, Model, Msg, Screen};
use swarmscope_evidence::signals::{Card, Severity};
use swarmscope_facts::networks::{self, AnyTarget, Event};
use swarmscope_facts::{Facts, Settings};
use swarmscope_networks::question::Spec;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Event as NodeEvent, PeerKey, Ticket};
use swarmscope_wire::MessageId;
use swarmscope_wire::failure::{By, Cause, Delivered};

use crate::crowd::peer;
use crate::fixture::{Script, blank, failure, fold, press, taped, type_text};
use crate::snapshots::dark;
use crate::time::file;
use crate::views::keys;

/// Two ids that nobody has defined.
const INVENTED: [MessageId; 2] = [MessageId(99), MessageId(171)];
/// Peers that answer everything.
const ODD: [usize; 3] = [7, 23, 41];

/// Sixty peers that were asked two invented questions.
fn asked() -> Model {
    asked_of(blank())
}

fn asked_of(mut model: Model) -> Model {
    let mut script = Script::default();
    for (n, port) in (0..60).zip(40_300..) {
        let (who, version) = peer(n);
        script.connected(900_000, who, version, 3, port);
        for (question, at) in INVENTED.into_iter().zip([600_000, 500_000]) {
            let is_odd = ODD.contains(&n);
            let (error, reply) =
                if is_odd { (0, &b"d5:stage4:idlee"[..]) } else { (253, &b"unknown message"[..]) };
            script.asked(at + n as u64, 4, who, question, 7, error, reply);
        }
    }
    script.tell(&mut model);
    model
}

/// The same with what was found in it, on the screen.
pub fn signals() -> Model {
    let mut model = asked();
    look(&mut model);
    model
}

fn look(model: &mut Model) {
    let effects = press(model, &keys("s s"));
    let [Effect::FindSignals(asked)] = &effects[..] else { panic!("{effects:?}") };
    let now = model.now;
    fold(model, now, Msg::Signals(Found::of(&asked.rounds())));
}

#[test]
fn a_signal_explains_itself() {
    let mut model = signals();
    assert_eq!(model.screen, Screen::Signals);
    insta::assert_snapshot!("signals_80x24", dark(&mut model, 80, 24));
    let card = model.signals.card().expect("a signal").clone();
    assert_eq!((card.peers, card.of, card.missing()), (3, 60, Vec::<&str>::new()));
    assert!(!model.signals.is_new(&card), "somebody looks at it");
    press(&mut model, &keys("space"));
    assert_eq!(model.marks.len(), 3);
    for n in ODD {
        assert!(model.marks.contains(&PeerKey::Permid(peer(n).0)));
    }
    press(&mut model, &keys("enter"));
    assert_eq!(model.screen, Screen::Main);
    assert!(model.peer().is_some_and(|peer| model.marks.contains(&peer.key)));
}

#[test]
fn answers_whose_bytes_were_let_go_still_count() {
    let mut model = blank();
    model.facts = Facts::new(Settings { replies: 4, ..Settings::default() });
    let mut model = asked_of(model);
    look(&mut model);
    let card = model.signals.card().expect("a signal");
    assert_eq!((card.peers, card.of), (3, 60));
}

/// What nobody was asked about: connections that ended between two rounds, and gossip.
#[test]
fn gossip_and_dials_of_peers_that_nobody_asked_are_looked_at() {
    let mut model = blank();
    let mut script = Script::default();
    let gossip = |who: usize, named: std::ops::Range<usize>, impossible| NodeEvent::Gossip {
        permid: peer(who).0,
        listed: named.len(),
        left_out: 0,
        named: named.filter(|other| *other != who).map(|other| peer(other).0).collect(),
        impossible,
    };
    let lost = || failure(Cause::Reset, By::Network, Delivered::No, "");
    for (n, port) in (0..60).zip(40_300..) {
        let (permid, version) = peer(n);
        script.connected(900_000, permid, version, 3, port);
        match n {
            0..30 => {
                script.at(400_000, NodeEvent::Disconnected { permid, failure: lost() });
                script.at(
                    250_000,
                    NodeEvent::ConnectFailed {
                        peer: PeerKey::Permid(permid),
                        failure: failure(Cause::TcpRefused, By::Peer, Delivered::No, ""),
                        attempt: 1,
                        gives_up_at: 9,
                        again_in: None,
                    },
                );
            }
            30..36 => {}
            _ => {
                for at in [600_000, 300_000] {
                    script.asked(at, 4, permid, MessageId(3), 7, 0, format!("nat {n}").as_bytes());
                }
            }
        }
    }
    script.at(550_000, gossip(36, 0..20, 20));
    for teller in 50..55 {
        script.at(540_000, gossip(teller, 50..55, 0));
    }
    script.tell(&mut model);
    look(&mut model);
    let card = |rule: &str| {
        let mut cards = model.signals.cards().iter();
        cards.find(|card| card.rule.starts_with(rule)).unwrap_or_else(|| panic!("{rule}"))
    };
    let away = card("dials-fail-together");
    assert_eq!((away.severity, away.peers, away.of), (Severity::Look, 30, 36), "{away:?}");
    assert!(away.title.contains("version 18"), "{away:?}");
    assert_eq!(card("bogon-gossip").members, [peer(36).0.to_string()]);
    assert_eq!((card("closed-circle").severity, card("closed-circle").peers), (Severity::Odd, 5));
}

/// How many peers answer an invented question in each round: they double.
const SPREAD: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// The sixty, asked two invented questions in so many rounds, ten minutes apart.
fn asked_in_rounds(rounds: usize) -> Model {
    let mut model = blank();
    let mut script = Script::default();
    for (n, port) in (0..60).zip(40_300..) {
        let (who, version) = peer(n);
        script.connected(9_000_000, who, version, 3, port);
        for (round, odd) in SPREAD.iter().enumerate().take(rounds) {
            for (question, at) in INVENTED.into_iter().zip([4_000_000, 3_900_000]) {
                let (error, reply) =
                    if n < *odd { (0, &b"l4:idlee"[..]) } else { (253, &b"unknown message"[..]) };
                let ago = at - round as u64 * 600_000 + n as u64;
                script.asked(ago, 4, who, question, 7, error, reply);
            }
        }
    }
    script.tell(&mut model);
    look(&mut model);
    model
}

/// All six rounds.
pub fn spread() -> Model {
    asked_in_rounds(SPREAD.len())
}

/// The same, one of them set aside.
pub fn reviewed() -> Model {
    let mut model = spread();
    press(&mut model, &keys("j X"));
    type_text(&mut model, "the demo's peers keep no frequency");
    press(&mut model, &keys("enter"));
    model
}

#[test]
fn how_a_signal_spread_is_a_curve_and_what_all_answered_a_map() {
    let mut model = spread();
    insta::assert_snapshot!("signals_spread_160x60", dark(&mut model, 160, 60));
    let heats = model.signals.found();
    let card = model.signals.card().expect("a signal");
    assert_eq!(heats.heats_of(card).count(), 2, "two questions");
    assert_eq!(card.by_round.iter().map(|(_, peers)| *peers).collect::<Vec<_>>().len(), 6);
}

#[test]
fn a_signal_is_set_aside_with_a_reason_until_more_peers_show_it() {
    let mut model = asked_in_rounds(3);
    let all = model.signals.cards().len();
    let id = model.signals.card().expect("a signal").id.clone();
    press(&mut model, &keys("X"));
    type_text(&mut model, "our own lab peers");
    let effects = press(&mut model, &keys("enter"));
    assert!(effects.is_empty(), "no case is open");
    assert_eq!((model.signals.open(), model.signals.cards().len()), (all - 1, all));
    assert_eq!(model.signals.harmless(), (1, all));
    let screen = dark(&mut model, 120, 40);
    assert!(screen.contains("SET ASIDE") && screen.contains("our own lab peers"), "{screen}");
    // the same is found again, and stays where it is
    look(&mut model);
    assert_eq!(model.signals.open(), all - 1);
    // more peers show it
    let grown = Found::of(&Asked::of(&asked_in_rounds(4).facts, &model.setup.registry).rounds());
    let now = model.now;
    fold(&mut model, now, Msg::Signals(grown));
    let card = model.signals.cards().iter().find(|card| card.id == id).expect("it is there");
    assert!(model.signals.aside(card).is_none() && model.signals.reviewed(card).is_some());
    assert_eq!(model.signals.harmless().0, 0, "it is open again");
    model.signals.at = model.signals.cards().iter().position(|card| card.id == id).expect("there");
    let screen = dark(&mut model, 160, 60);
    assert!(screen.contains("more show it now"), "{screen}");
}

#[test]
fn what_is_set_aside_is_what_the_reason_was_asked_for() {
    let mut model = spread();
    let asked = model.signals.card().expect("a signal").clone();
    press(&mut model, &keys("X"));
    let mut found = model.signals.found().clone();
    found.cards.retain(|card| card.id != asked.id);
    assert!(!found.cards.is_empty(), "others are found");
    let now = model.now;
    fold(&mut model, now, Msg::Signals(found));
    type_text(&mut model, "our own lab peers");
    press(&mut model, &keys("enter"));
    let aside = |card| model.signals.aside(card).is_some();
    assert!(!model.signals.cards().iter().any(aside), "nobody gave a reason for these");
}

#[test]
fn what_was_set_aside_is_taken_back_and_the_case_says_both() {
    let mut model = case(true);
    look(&mut model);
    press(&mut model, &keys("X"));
    type_text(&mut model, "a test peer");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(text, about))] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("is set aside at 3 peers: a test peer") && about.is_empty(), "{text}");
    let mut note = entry(7, "note", "signal set aside");
    note.fields = vec![("text".to_owned(), text.clone())];
    told(&mut model, Told::Entries(vec![note]));
    model.signals.at = model.signals.open();
    let screen = dark(&mut model, 160, 60);
    let row = screen.lines().find(|line| line.contains("3 overlay")).expect("it is listed");
    assert!(row.contains('7'), "{row}");
    let effects = press(&mut model, &keys("X"));
    let [Effect::Case(Order::Note(text, _))] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.ends_with("is open again"), "{text}");
    assert_eq!(model.signals.harmless().0, 0);
}

#[test]
fn answers_like_all_others_are_no_signal() {
    let mut model = crate::crowd::swarm();
    look(&mut model);
    assert!(model.signals.cards().is_empty(), "{:?}", model.signals.cards());
    let screen = dark(&mut model, 120, 40);
    assert!(screen.contains("nothing looks odd in these answers"), "{screen}");
}

/// A node that is asked CANARY twice, which draws another name each time, and answers so.
fn canaries(error: u8) -> Model {
    let mut model = blank();
    let peer = "dht://192.0.2.200:6881".parse::<AnyTarget>().expect("a target").key();
    let spec = Spec::find(Network::Dht, "CANARY").expect("a question");
    for ticket in [Ticket(1), Ticket(2)] {
        let asked = Event::Asked {
            peer: peer.clone(),
            ticket,
            question: networks::number(spec),
            about: bytes::Bytes::new(),
            whole: spec.timeout,
        };
        let answered = Event::Answered {
            peer: peer.clone(),
            ticket,
            error,
            summary: "a node".to_owned(),
            says: serde_json::json!({ "id": "00" }),
            parts: 0,
            elapsed: Duration::from_millis(30),
        };
        for event in [asked, Event::Sent { peer: peer.clone(), ticket }, answered] {
            let now = model.now;
            fold(&mut model, now, Msg::Network(event));
        }
    }
    look(&mut model);
    model
}

#[test]
fn a_node_that_answers_two_invented_queries_is_a_signal() {
    let harmless = canaries(204);
    let is_marked = |card: &Card| card.severity > Severity::Odd;
    assert!(!harmless.signals.cards().iter().any(is_marked), "{:?}", harmless.signals.cards());
    let model = canaries(0);
    let card = model.signals.card().expect("the first asks for most attention");
    assert_eq!((&*card.network, &*card.rule, card.peers), ("dht", "canary-success@1", 1));
}

fn told(model: &mut Model, told: Told) {
    let now = model.now;
    fold(model, now, Msg::Case(told));
}

fn entry(index: u64, kind: &str, about: &str) -> Entry {
    let hash = |n: u64| format!("{:016x}", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4);
    Entry {
        index,
        time: format!("2026-11-27T12:02:{:02}.114000000Z", index % 60),
        kind: kind.to_owned(),
        about: about.to_owned(),
        hashes: [hash(index), hash(index + 1)],
        fields: vec![
            ("question".to_owned(), "99".to_owned()),
            ("bytes".to_owned(), "0".to_owned()),
        ],
    }
}

/// A case with some of all kinds.
pub fn case(addresses: bool) -> Model {
    let mut model = asked();
    let path = PathBuf::from("/cases/0417.case");
    told(
        &mut model,
        Told::Opened(Head { path, is_new: true, addresses, by: "9f3ac1d27be0415c".to_owned() }),
    );
    let kinds = [
        ("case", "peers that answer everything"),
        ("signed", "entries 0 to 0"),
        ("sent", "99 81bc…07"),
        ("reply", "99 81bc…07 0 15"),
        ("failure", "99 a4d6…39 answer.timeout"),
        ("note", "all but one send our bytes back"),
        ("signal", "canary-success@1 3"),
    ];
    let entries = (0..).zip(kinds).map(|(index, (kind, about))| entry(index, kind, about));
    told(&mut model, Told::Entries(entries.collect()));
    press(&mut model, &keys("s c"));
    model
}

#[test]
fn a_note_is_about_the_entry_that_was_the_newest_when_it_was_begun() {
    let mut model = case(true);
    press(&mut model, &keys("N"));
    told(&mut model, Told::Entries(vec![entry(7, "sent", "171 81bc…07")]));
    let screen = dark(&mut model, 120, 40);
    assert!(screen.contains("about entry 6: "), "{screen}");
    type_text(&mut model, "three of sixty");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(_, about))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(about, &[6]);
}

/// The same after an hour of work: more questions, notes, an export.
pub fn worked_on() -> Model {
    let mut model = case(true);
    let mut more = Vec::new();
    for (n, minute) in (7..).zip([3, 3, 4, 9, 9, 9, 10, 21, 22, 22, 23, 40, 41, 41, 55, 56]) {
        let (kind, about) = match n {
            12 => ("note", "asked again at noon"),
            15 => ("signed", "entries 0 to 14"),
            20 => ("signal", "success for invented questions"),
            21 => ("note", "one of them restarted, or was updated: 253 now"),
            22 => ("export", "html"),
            n if n % 2 == 1 => ("sent", "171 81bc…07"),
            _ => ("reply", "171 81bc…07 0 8192"),
        };
        let mut entry = entry(n, kind, about);
        entry.time = format!("2026-11-27T12:{minute:02}:{:02}.000000000Z", n % 60);
        if kind == "export" {
            let fields =
                ["format html", "questions 7", "bytes 5662", "sha256 6d3da413c32f30718a76"];
            let pairs = fields.iter().filter_map(|field| field.split_once(' '));
            entry.fields = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        more.push(entry);
    }
    told(&mut model, Told::Entries(more));
    model
}

#[test]
fn a_case_is_filtered_by_words_and_shows_when_what_was_written() {
    let mut model = worked_on();
    let screen = dark(&mut model, 144, 46); // screenshots/case.svg
    for words in ["TIMELINE  ", "NOTES  3", "EXPORTS  1", "7 questions  5662 B", "signal  "] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    press(&mut model, &keys("/"));
    type_text(&mut model, "note");
    let case = model.case.as_ref().expect("a case");
    assert_eq!(case.listed().collect::<Vec<_>>(), [5, 12, 21]);
    press(&mut model, &keys("enter"));
    let entry = |model: &Model| model.case.as_ref()?.entry().map(|it| it.index);
    assert_eq!(entry(&model), Some(21), "the newest of those that are left");
    press(&mut model, &keys("k"));
    assert_eq!(entry(&model), Some(12));
    press(&mut model, &keys("k k k"));
    assert_eq!(entry(&model), Some(5), "the first");
    let screen = dark(&mut model, 120, 40);
    assert!(
        screen.contains("3 of 23 with \"note\"") && !screen.contains("entries 0 to 14"),
        "{screen}"
    );
    press(&mut model, &keys("/ esc"));
    assert_eq!(model.case.as_ref().expect("a case").listed().count(), 23);
}

fn checked(fault: Option<(u64, String)>) -> Checked {
    Checked { entries: 7, signed: 1, checkpoints: 1, fault, took: Duration::from_millis(20) }
}

/// The same, after a check that found an entry changed.
pub fn broken() -> Model {
    let mut model = case(true);
    let why = "its hash does not fit the entry after it".to_owned();
    told(&mut model, Told::Checked(checked(Some((3, why.clone())))));
    told(&mut model, Told::Closed(Err(format!("entry 3: {why}"))));
    model
}

#[test]
fn a_case_shows_its_entries_and_what_is_sure_of_them() {
    let mut model = case(true);
    insta::assert_snapshot!("case_80x24", dark(&mut model, 80, 24));
    told(&mut model, Told::Checked(checked(None)));
    assert!(dark(&mut model, 120, 40).contains("7 entries: all hold; 0.02 s"));
    let screen = dark(&mut broken(), 120, 40);
    assert!(screen.contains("no more: entry 3") && !screen.contains("N note"), "{screen}");
}

#[test]
fn a_case_says_what_others_have_signed_and_that_their_keys_are_not_checked() {
    let mut model = case(true);
    assert!(!dark(&mut model, 120, 40).contains("outside"), "nobody has");
    told(&mut model, Told::Entries(vec![entry(7, "witnessed", "")]));
    let shown = dark(&mut model, 120, 40);
    assert!(shown.contains("also signed by others once, last as entry 7"), "{shown}");
    assert!(shown.contains("whose keys these are is not checked"), "{shown}");
}

#[test]
fn commands_of_a_case_are_orders_to_whoever_writes_it() {
    let mut model = asked();
    press(&mut model, &keys(":"));
    type_text(&mut model, "case 0417.case");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Open { path, private: false, peers })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((path.to_str(), peers.len()), (Some("0417.case"), 60));

    let mut model = case(true);
    press(&mut model, &keys("k k N"));
    type_text(&mut model, "asked again at noon");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(text, about))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((text.as_str(), &about[..]), ("asked again at noon", &[4][..]));
    let effects = press(&mut model, &keys("c"));
    assert!(matches!(effects[..], [Effect::Case(Order::Check)]), "{effects:?}");
    press(&mut model, &keys("E"));
    type_text(&mut model, "report.html");
    let effects = press(&mut model, &keys("enter"));
    assert!(
        matches!(&effects[..], [Effect::Case(Order::Export(path))] if path.ends_with("report.html"))
    );
    look(&mut model);
    let effects = press(&mut model, &keys("A"));
    assert!(matches!(effects[..], [Effect::Case(Order::Signal(_))]), "{effects:?}");
}

#[test]
fn a_case_that_keeps_addresses_is_not_shown_where_they_are_hidden() {
    for (addresses, is_shown) in [(true, false), (false, true)] {
        let mut model = case(addresses);
        press(&mut model, &keys("P"));
        let screen = dark(&mut model, 120, 40);
        assert_eq!(screen.contains("81bc…07"), is_shown, "{screen}");
    }
}

#[test]
fn neither_a_case_nor_signals_are_in_a_recording() {
    let (model, tape) = taped(|| {
        let mut model = case(true);
        look(&mut model);
        model
    });
    let text = file(&model, tape, crate::fixture::before(4_000_000));
    for words in ["0417.case", "peers that answer everything", "canary-success"] {
        assert!(!text.contains(words), "{words}");
    }
}

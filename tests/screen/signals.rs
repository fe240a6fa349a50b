//! What looks odd among the answers.

use std::time::Duration;

use swarmscope::screen::signals::{Asked, Found};
use swarmscope::screen::{Effect, Model, Msg, Screen};
use swarmscope_evidence::signals::input::Round;
use swarmscope_evidence::signals::{Card, Severity};
use swarmscope_facts::networks::{self, AnyTarget, Event};
use swarmscope_facts::{Facts, Settings};
use swarmscope_networks::question::Spec;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Event as NodeEvent, PeerKey, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered, Phase};
use swarmscope_wire::{ChannelId, MessageId};

use crate::crowd::peer;
use crate::fixture::{Script, blank, failure, fold, press, type_text};
use crate::snapshots::dark;
use crate::views::keys;

/// Two ids that nobody has defined.
const INVENTED: [MessageId; 2] = [MessageId(99), MessageId(171)];
/// Peers that answer everything.
const ODD: [usize; 3] = [7, 23, 41];

/// Sixty peers that were asked two invented questions.
pub fn asked() -> Model {
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

pub fn look(model: &mut Model) {
    let rounds = rounds(model);
    let now = model.now;
    fold(model, now, Msg::Signals(Found::of(&rounds)));
}

fn rounds(model: &mut Model) -> Vec<Round> {
    let effects = press(model, &keys("s s"));
    let [Effect::FindSignals(asked)] = &effects[..] else { panic!("{effects:?}") };
    asked.rounds()
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
    assert_eq!(model.facts.marks().len(), 3);
    for n in ODD {
        assert!(model.facts.peers().is_marked(&PeerKey::Permid(peer(n).0)));
    }
    press(&mut model, &keys("enter"));
    assert_eq!(model.screen, Screen::Main);
    assert!(model.peer().is_some_and(|peer| model.facts.peers().is_marked(&peer.key)));
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

/// One peer is asked three times; another one's connection ended before that, two dials of it fail,
/// and a third one is under way.
#[test]
fn a_peer_can_not_be_reached_from_its_first_failed_dial_to_the_last() {
    let mut model = blank();
    let mut script = Script::default();
    let (asked, away) = (peer(0), peer(1));
    for ((who, version), port) in [asked, away].into_iter().zip(40_300..) {
        script.connected(900_000, who, version, 3, port);
    }
    let lost = failure(Cause::Reset, By::Network, Delivered::No, "");
    script.at(800_000, NodeEvent::Disconnected { permid: away.0, failure: lost });
    for at in [700_000, 500_000, 300_000] {
        script.asked(at, 4, asked.0, INVENTED[0], 7, 253, &b"unknown message"[..]);
    }
    let peer = PeerKey::Permid(away.0);
    for (attempt, at) in [(1, 600_000), (2, 400_000)] {
        script.at(
            at,
            NodeEvent::ConnectFailed {
                peer: peer.clone(),
                failure: failure(Cause::TcpRefused, By::Peer, Delivered::No, ""),
                attempt,
                gives_up_at: 9,
                again_in: None,
            },
        );
    }
    let (phase, detail) = (Phase::Tcp, String::new());
    script.at(250_000, NodeEvent::Connecting { peer, phase, detail });
    script.tell(&mut model);
    let rounds = rounds(&mut model);
    let failed = |n: usize| rounds[n].dials.iter().filter(|dial| dial.failure.is_some()).count();
    assert_eq!([0, 1, 2].map(failed), [1, 1, 0]);
}

/// On channels that no question of ours had gone over. Whoever was asked nothing may guess, too.
#[test]
fn who_guesses_channels_is_marked_from_then_on() {
    for asks in [true, false] {
        let mut model = blank();
        let mut script = Script::default();
        for (n, port) in (0..60).zip(40_300..) {
            let (permid, version) = peer(n);
            script.connected(900_000, permid, version, 3, port);
            if asks {
                let question = INVENTED[0];
                script.asked(600_000, 4, permid, question, 7, 253, &b"unknown message"[..]);
                script.asked(300_000, 4, permid, question, 7, 253, &b"unknown message"[..]);
            }
            let stray = |guessed| NodeEvent::ReplyRefused {
                permid,
                channel: ChannelId(7),
                message: INVENTED[0],
                why: "no request is outstanding on this channel".into(),
                times: 9,
                guessed,
            };
            match n {
                1 => {
                    script.at(550_000, stray(9));
                    script.at(200_000, stray(1)); // the count began anew, an hour after
                }
                4 => script.at(250_000, stray(9)),
                2 => script.at(550_000, stray(0)),
                3 => script.at(250_000, stray(2)),
                _ => {}
            }
        }
        script.tell(&mut model);
        look(&mut model);
        let cards = model.signals.cards().iter();
        let found: Vec<_> = cards
            .filter(|card| card.rule == "unsolicited@2")
            .map(|card| (card.severity, card.members.clone(), card.of))
            .collect();
        let members = |of: &[usize]| {
            let mut members: Vec<_> = of.iter().map(|n| peer(*n).0.to_string()).collect();
            members.sort();
            members
        };
        let of = if asks { 60 } else { 3 };
        let expected = [(Severity::Look, members(&[1, 4]), of), (Severity::Odd, members(&[3]), of)];
        assert_eq!(found, expected, "{asks}");
    }
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

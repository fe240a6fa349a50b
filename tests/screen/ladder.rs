//! The ladder of the peer screen: how far a connection or a request came, and what to do where it
//! ended.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::{Key, Mode, Model, Msg};
use swarmscope_facts::ladder::{After, Standing, ladder};
use swarmscope_peer::node::{Ask, Event, Origin, PeerKey, Ticket, Trace};
use swarmscope_wire::Frequency;
use swarmscope_wire::failure::{By, Cause, Delivered, Phase};

use crate::fixture::{Script, blank, failure, fold, permid, press};
use crate::peer_screen::text;
use crate::talk::{DATABASE, Talk, climbed, story};

#[test]
fn the_ladder_says_how_far_it_came_and_when() {
    let (model, _) = story();
    let peer = model.peer().expect("selected");
    let rungs = ladder(&model.facts, model.now, model.naming().privacy, peer, model.request());
    let told: Vec<_> =
        rungs.iter().map(|rung| (rung.name, rung.standing, &rung.detail[..])).collect();
    let passed = Standing::Passed;
    assert_eq!(
        told,
        [
            ("resolve", passed, "a literal address"),
            ("tcp", passed, "open, announces port 7760"),
            ("handshake", passed, "68 B, infohash ok"),
            ("version", passed, "they 2–17, we 2–18 → 17"),
            ("authenticate", passed, "permid is the pinned one"),
            ("allow-list", passed, "a part came: we are on it"),
            ("reply", Standing::Failed, "3 parts, then 30.0 s silence"),
        ]
    );
    let after: Vec<_> = rungs.iter().filter_map(|rung| rung.after).collect();
    let connection = [0, 31, 62, 62, 139].map(|ms| After::Connection(Duration::from_millis(ms)));
    let request = [61, 30_460].map(|ms| After::Request(Duration::from_millis(ms)));
    assert_eq!(
        after,
        [&connection[..], &request].concat(),
        "a reply is timed from its request, whenever that was"
    );
}

/// A dial that failed on this rung.
fn early(cause: Cause, phase_lines: impl FnOnce(&mut Talk)) -> Model {
    let (mut model, who) = (blank(), permid("338814", 17));
    let mut script = Script::default();
    let ended = failure(cause, By::Network, Delivered::No, "198.51.100.77:7760: refused");
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), 5_000);
    phase_lines(&mut talk);
    talk.fact(45, Trace::Closed(ended.clone()));
    let event = Event::ConnectFailed {
        peer: PeerKey::Permid(who),
        failure: ended,
        attempt: 3,
        gives_up_at: 28,
        again_in: None,
    };
    script.at(4_955, event);
    script.tell(&mut model);
    press(&mut model, &[Key::char('i')]);
    model
}

#[test]
fn a_way_that_ends_early_says_where() {
    let mut model = early(Cause::TcpRefused, |talk| {
        talk.fact(0, Trace::Resolving { host: "198.51.100.77".into(), pinned: true });
        talk.fact(0, Trace::Dialling(([198, 51, 100, 77], 7760).into()));
    });
    insta::assert_snapshot!("peer_refused_120x40", text(&mut model, 120, 40));
    insta::assert_snapshot!("peer_refused_60x20", text(&mut model, 60, 20));

    let mut script = Script::default();
    let unknown = PeerKey::Address("nowhere.example:7760".into());
    let ended =
        failure(Cause::NotFound, By::Network, Delivered::No, "nowhere.example: no such host");
    script.at(
        10,
        Event::Connecting {
            peer: unknown.clone(),
            phase: Phase::Resolve,
            detail: "nowhere.example".into(),
        },
    );
    script.at(
        5,
        Event::ConnectFailed {
            peer: unknown,
            failure: ended,
            attempt: 1,
            gives_up_at: 1,
            again_in: None,
        },
    );
    let mut model = blank();
    script.tell(&mut model);
    press(&mut model, &[Key::char('i')]);
    insta::assert_snapshot!("peer_nothing_said_120x40", text(&mut model, 120, 40));
    insta::assert_snapshot!("peer_nothing_said_60x20", text(&mut model, 60, 20));
}

#[test]
fn what_to_do_next_is_never_cut_away() {
    for cause in Cause::ALL.iter().filter(|cause| cause.phase() <= Phase::Authentication) {
        let mut model = early(*cause, |talk| {
            talk.fact(0, Trace::Resolving { host: "peer.example".into(), pinned: false });
        });
        let text = text(&mut model, 120, 40);
        let left = |row: &str| row.chars().take(57).collect::<String>().trim_end().to_owned();
        let left: Vec<String> = text.lines().map(left).collect();
        let words = left.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(cause.hint()), "{cause:?}: {}\n{}", cause.hint(), left.join("\n"));
    }
}

#[test]
fn a_request_to_a_peer_that_is_not_there_says_why_it_is_not() {
    let (who, asked) =
        (permid("338814", 18), failure(Cause::NotConnected, By::Us, Delivered::No, "no address"));
    let mut model = early(Cause::WrongPermid, |talk| {
        talk.fact(0, Trace::Resolving { host: "198.51.100.77".into(), pinned: true });
    });
    let PeerKey::Permid(permid) = model.selected.clone().expect("selected") else {
        panic!("{who}")
    };
    let now = model.now;
    let place = Some(([198, 51, 100, 77], 7760).into());
    let heard = Event::Discovered {
        peer: PeerKey::Permid(permid),
        address: place,
        version: None,
        source: swarmscope_peer::node::Source::Operator,
    };
    fold(&mut model, now, Msg::Node(heard));
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('c')]);
    let Mode::Connect(typed, _) = &model.mode else { panic!("{:?}", model.mode) };
    assert_eq!(
        typed.text(),
        format!("{permid}@198.51.100.77:7760"),
        "another attempt is for the same peer"
    );
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('i')]);
    let ask = Ask {
        to: permid,
        message: DATABASE,
        frequency: Frequency::DEFAULT,
        payload: bytes::Bytes::new(),
        timeout: Duration::from_secs(30),
        origin: Origin::Operator,
        wait_for_dial_back: false,
    };
    fold(&mut model, now, Msg::Asked(ask, Ticket(7)));
    let failed =
        Event::RequestFailed { ticket: Ticket(7), permid, message: DATABASE, failure: asked };
    fold(&mut model, now, Msg::Node(failed));
    for screen in [text(&mut model, 120, 40), {
        press(&mut model, &[Key::named(KeyCode::Esc)]);
        text(&mut model, 120, 40)
    }] {
        assert!(
            screen.contains(Cause::WrongPermid.text().split(',').next().expect("words")),
            "{screen}"
        );
    }
}

#[test]
fn whatever_the_cause_exactly_one_rung_of_the_connection_fails() {
    for cause in Cause::ALL
        .iter()
        .filter(|cause| cause.phase() >= Phase::Resolve && cause.phase() <= Phase::Authentication)
    {
        if *cause == Cause::Duplicate {
            continue;
        }
        let model = early(*cause, |talk| {
            talk.fact(0, Trace::Resolving { host: "peer.example".into(), pinned: false });
        });
        let rungs = ladder(
            &model.facts,
            model.now,
            model.naming().privacy,
            model.peer().expect("selected"),
            None,
        );
        let failed: Vec<_> =
            rungs.iter().filter(|rung| rung.standing == Standing::Failed).collect();
        assert_eq!(failed.len(), 1, "{cause:?}: {rungs:?}");
        let at = rungs.iter().position(|rung| rung.standing == Standing::Failed).expect("one");
        assert!(
            rungs[..at].iter().all(|rung| rung.standing == Standing::Passed),
            "{cause:?}: {rungs:?}"
        );
        assert!(
            rungs[at + 1..].iter().all(|rung| rung.standing == Standing::Ahead),
            "{cause:?}: {rungs:?}"
        );
    }
}

#[test]
fn times_of_the_rungs_never_go_back_whatever_the_node_tells_besides() {
    let (mut model, who) = (blank(), permid("9f3ac1", 17));
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), 5_000);
    climbed(&mut talk, who, 7760);
    // the node's own word of each rung comes late, or all at once
    for (ms, phase) in
        [(4_999, Phase::Resolve), (4_998, Phase::Authentication), (4_900, Phase::Tcp)]
    {
        script.at(
            ms,
            Event::Connecting { peer: PeerKey::Permid(who), phase, detail: "198.51.100.77".into() },
        );
    }
    script.connected(4_700, who, 17, 31, 7760);
    script.tell(&mut model);
    let rungs = ladder(
        &model.facts,
        model.now,
        model.naming().privacy,
        model.peer().expect("selected"),
        None,
    );
    let after: Vec<_> = rungs.iter().filter_map(|rung| rung.after).collect();
    assert_eq!(after, [0, 31, 62, 62, 139].map(|ms| After::Connection(Duration::from_millis(ms))));
}

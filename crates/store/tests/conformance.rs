//! One suite for both databases: what a store promises, asked of each.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod keeping;
mod places;
mod server;

use std::time::Duration;

use places::on_both;
use swarmscope_store::error::Kind;
use swarmscope_store::outcome::{ANSWERED, REACHED};
use swarmscope_store::records::State;
use swarmscope_store::store::{Opening, Selection};
use swarmscope_store::{
    Heard, Network, PeerId, Permit, Place, Question, Replied, RoundId, Store, StoreKey, Time,
    Visited,
};
use swarmscope_wire::rows::{Cell, Column, ColumnKind, Rows};

const HOUR: Duration = Duration::from_secs(3600);
/// A time of day to count from; 2025-11-28.
const START: Time = Time(1_764_369_667_123);

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn at(seconds: u64) -> Time {
    START.after(Duration::from_secs(seconds))
}

fn opening() -> Opening {
    Opening {
        network: Network::Overlay,
        every: HOUR,
        program: "test 1".into(),
        settings: "{}".into(),
    }
}

fn heard(number: u32) -> Heard {
    let peer = key().peer(Network::Overlay, &number.to_be_bytes());
    Heard { peer, address: Some(format!("198.51.100.1:{number}")), version: Some(18), at: START }
}

/// A store with so many peers, all of them due.
fn with_peers(place: &Place, peers: u32) -> Store {
    let mut store = Store::crawl(place, &key()).unwrap();
    let all: Vec<Heard> = (1..=peers).map(heard).collect();
    assert_eq!(store.hear(Network::Overlay, &all).unwrap(), u64::from(peers));
    store
}

fn visit(round: RoundId, peer: PeerId, outcome: &str) -> Visited {
    Visited {
        round,
        peer,
        at: at(1),
        took: Duration::from_millis(12),
        outcome: outcome.into(),
        version: (outcome == REACHED).then_some(18),
        rtt: Some(Duration::from_micros(321)),
        listed: 20,
        failures: u32::from(outcome != REACHED),
        online_since: (outcome == REACHED).then_some(at(1)),
        due: at(3600),
        replies: Vec::new(),
    }
}

fn nat() -> Question {
    let columns = vec![
        Column::new("kind", ColumnKind::Text).from("type"),
        Column::new("code", ColumnKind::Int),
        Column::new("external_ip", ColumnKind::Text).sensitive(),
    ];
    Question {
        message: 3,
        name: "NATCHECK".into(),
        rows: Rows { at: "".into(), columns: columns.into() },
    }
}

#[test]
fn a_peer_is_held_by_one_crawler_and_comes_back_when_its_lease_ends() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 10);
        let one = store.lease(Network::Overlay, 6, "one", at(0), at(60)).unwrap();
        let two = store.lease(Network::Overlay, 6, "two", at(0), at(60)).unwrap();
        assert_eq!((one.len(), two.len()), (6, 4));
        assert!(one.iter().all(|peer| two.iter().all(|other| other.peer != peer.peer)));
        assert!(
            one.iter().all(|peer| peer
                .address
                .as_deref()
                .is_some_and(|it| it.starts_with("198.51.100.1:")))
        );
        assert!(store.lease(Network::Overlay, 6, "three", at(59), at(100)).unwrap().is_empty());
        assert!(
            store.lease(Network::Dht, 6, "three", at(61), at(100)).unwrap().is_empty(),
            "another network"
        );
        assert_eq!(store.renew("two", at(120)).unwrap(), 4);
        assert_eq!(
            store.lease(Network::Overlay, 9, "three", at(61), at(200)).unwrap().len(),
            6,
            "one has died"
        );
        assert_eq!(store.release("three", at(61)).unwrap(), 6);
        assert_eq!(store.lease(Network::Overlay, 9, "one", at(61), at(200)).unwrap().len(), 6);
    });
}

#[test]
fn a_visit_is_counted_once_and_lets_go_of_its_peer() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 4);
        let (round, joined) = store.open_round(&opening(), at(0)).unwrap();
        assert!(!joined && store.open_round(&opening(), at(1)).unwrap() == (round.clone(), true));
        let leased = store.lease(Network::Overlay, 3, "one", at(0), at(60)).unwrap();
        assert_eq!((store.left(&round).unwrap().due, store.left(&round).unwrap().held), (1, 3));
        let visits: Vec<_> = leased
            .iter()
            .zip([REACHED, "tcp.timeout", REACHED])
            .map(|(peer, outcome)| visit(round.id, peer.peer, outcome))
            .collect();
        let written = store.visited(&visits).unwrap();
        assert_eq!((written.visits, written.again), (3, 0));
        let written = store.visited(&visits).unwrap();
        assert_eq!(
            (written.visits, written.again),
            (0, 3),
            "a batch whose acknowledgement was lost"
        );
        assert_eq!(store.left(&round).unwrap().held, 0);
        assert!(
            store.lease(Network::Overlay, 9, "one", at(2), at(60)).unwrap().len() == 1,
            "the others wait for their round"
        );
        store.release("one", at(2)).unwrap();
        let figures = store.end_round(round.id, State::Complete, at(52)).unwrap().unwrap();
        assert_eq!(
            (figures.known, figures.hearsay, figures.dialled, figures.reached()),
            (4, 2, 3, 2)
        );
        assert_eq!(figures.outcomes["tcp.timeout"], 1);
        assert!(figures.coverage().is_none(), "nothing to compare it with");
        assert_eq!(store.end_round(round.id, State::Complete, at(53)).unwrap(), None, "ended once");
        assert_eq!(store.rounds().unwrap()[0].figures, Some(figures));
        let again = store.lease(Network::Overlay, 9, "one", at(3600), at(3660)).unwrap();
        assert_eq!(again.len(), 4);
        let reached = again.iter().find(|peer| peer.peer == leased[0].peer).unwrap();
        assert_eq!((reached.failures, reached.online_since), (0, Some(at(1))));
        assert!(store.faults().unwrap().is_empty());
    });
}

#[test]
fn two_snapshots_give_distortion_coverage_and_an_estimate_of_their_network_alone() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 100);
        // A peer of another network that is reached in both rounds' time and must not be in any
        // figure.
        let stranger = Heard {
            peer: key().peer(Network::Dht, b"stranger"),
            address: None,
            version: None,
            at: START,
        };
        store.hear(Network::Dht, &[stranger]).unwrap();
        let mut second = None;
        for (number, misses) in [(0, 0..10), (1, 5..15)] {
            let now = at(3600 * number);
            let (round, _) = store.open_round(&opening(), now).unwrap();
            let leased = store.lease(Network::Overlay, 1000, "one", now, now.after(HOUR)).unwrap();
            assert_eq!(leased.len(), 100);
            let mut leased: Vec<_> = leased.iter().map(|peer| peer.peer).collect();
            leased.sort_unstable();
            let outcome = |at: usize| if misses.contains(&at) { "tcp.refused" } else { REACHED };
            let visits: Vec<_> = leased
                .iter()
                .enumerate()
                .map(|(at, peer)| Visited {
                    due: now.after(HOUR),
                    ..visit(round.id, *peer, outcome(at))
                })
                .collect();
            store.visited(&visits).unwrap();
            second = store
                .end_round(round.id, State::Complete, now.after(Duration::from_secs(10)))
                .unwrap();
        }
        let figures = second.unwrap();
        let pair = figures.pair().unwrap();
        assert_eq!((pair.before, pair.after, pair.both), (90, 90, 85));
        assert_eq!(figures.known, 100);
        assert!((figures.distortion().unwrap() - 10.0 / 95.0).abs() < 1e-9);
        let size = figures.estimate().unwrap();
        assert!(size.low >= 95.0 && (95.0..96.0).contains(&size.mid), "{size:?}");
    });
}

#[test]
fn a_question_is_permitted_to_one_crawler_once_within_its_time() {
    on_both(|places| {
        let place = places.place();
        let mut store = with_peers(&place, 2);
        let leased = store.lease(Network::Overlay, 2, "one", at(0), at(60)).unwrap();
        assert!(leased.iter().all(|peer| peer.clocks.is_empty()));
        let permit =
            |peer, now: u64| Permit { peer, message: 3, at: at(now), until: at(now + 3600) };
        let (one, two) = (leased[0].peer, leased[1].peer);
        assert_eq!(store.permit(&[permit(one, 0), permit(two, 0)]).unwrap(), [true, true]);
        assert_eq!(store.permit(&[permit(one, 10)]).unwrap(), [false]);
        let other = Permit { message: 4, ..permit(one, 10) };
        assert_eq!(store.permit(&[other]).unwrap(), [true], "another message");
        assert_eq!(store.permit(&[permit(one, 3600), permit(two, 3599)]).unwrap(), [true, false]);
        store.release("one", at(61)).unwrap();
        let again = store.lease(Network::Overlay, 2, "two", at(61), at(100)).unwrap();
        let clocks = &again.iter().find(|peer| peer.peer == one).unwrap().clocks;
        assert_eq!(clocks.len(), 2, "whoever takes over knows what was asked: {clocks:?}");
    });
}

#[test]
fn replies_are_stored_as_their_question_declares_and_can_be_queried_by_name() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 3);
        let question = store.declare(Network::Overlay, &nat()).unwrap();
        assert_eq!(store.declare(Network::Overlay, &nat()).unwrap(), question);
        let (round, _) = store.open_round(&opening(), at(0)).unwrap();
        let leased = store.lease(Network::Overlay, 3, "one", at(0), at(60)).unwrap();
        let reply = |kind: &str, outcome: &str| Replied {
            question,
            message: 3,
            at: at(1),
            outcome: outcome.into(),
            bytes: 64,
            parts: 1,
            took: Duration::from_millis(5),
            content: Some([9; 16]),
            rows: vec![vec![Cell::Text(kind.into()), Cell::Int(3), Cell::Text("digest".into())]],
            raw: None,
            not_before: at(3590),
        };
        let visits: Vec<_> = leased
            .iter()
            .zip([
                reply("Full Cone NAT", ANSWERED),
                reply("Full Cone NAT", ANSWERED),
                Replied { rows: Vec::new(), ..reply("", "error.254") },
            ])
            .map(|(peer, reply)| Visited {
                replies: vec![reply],
                ..visit(round.id, peer.peer, REACHED)
            })
            .collect();
        store.visited(&visits).unwrap();
        let figures = store.end_round(round.id, State::Complete, at(9)).unwrap().unwrap();
        assert_eq!(figures.answered["NATCHECK"], 2);
        assert_eq!(figures.asked["NATCHECK"]["error.254"], 1);
        let shares = store.shares("natcheck", "kind", round.id.0).unwrap();
        assert_eq!((shares.peers, shares.values), (2, vec![("Full Cone NAT".to_owned(), 2)]));
        let mut rows = Vec::new();
        store
            .replies(Selection::default(), &mut |row| {
                rows.push(row);
                true
            })
            .unwrap();
        assert_eq!(
            (rows.len(), &rows[0].columns[..]),
            (3, &["kind".to_owned(), "code".into(), "external_ip".into()][..])
        );
        assert_eq!(rows[0].rows[0][1], Cell::Int(3));
        assert_eq!(
            rows.iter().map(|row| row.outcome.as_str()).filter(|it| *it == ANSWERED).count(),
            2
        );
        let again = store.lease(Network::Overlay, 3, "one", at(3600), at(3700)).unwrap();
        assert!(again.iter().all(|peer| peer.clocks == [(3, at(3590))]));
        let bad = Question {
            rows: Rows {
                at: "".into(),
                columns: vec![Column::new("no good", ColumnKind::Int)].into(),
            },
            ..nat()
        };
        assert!(store.declare(Network::Overlay, &bad).is_err());
    });
}

#[test]
fn a_peer_counts_once_for_what_it_says_in_many_rows() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 1);
        let question = store.declare(Network::Overlay, &nat()).unwrap();
        let (round, _) = store.open_round(&opening(), at(0)).unwrap();
        let [peer] = &store.lease(Network::Overlay, 1, "one", at(0), at(60)).unwrap()[..] else {
            panic!("one peer")
        };
        let row = |kind: &str| vec![Cell::Text(kind.into()), Cell::Int(3), Cell::Null];
        let rows = [vec![row("mine alone"); 10], vec![row("another")]].concat();
        let reply = Replied {
            question,
            message: 3,
            at: at(1),
            outcome: ANSWERED.into(),
            bytes: 64,
            parts: 1,
            took: Duration::from_millis(5),
            content: Some([9; 16]),
            rows,
            raw: None,
            not_before: at(3590),
        };
        let visited = Visited { replies: vec![reply], ..visit(round.id, peer.peer, REACHED) };
        store.visited(&[visited]).unwrap();
        store.end_round(round.id, State::Complete, at(9)).unwrap();
        let shares = store.shares("natcheck", "kind", round.id.0).unwrap();
        let said = [("another".to_owned(), 1), ("mine alone".to_owned(), 1)];
        assert_eq!((shares.peers, &shares.values[..]), (1, &said[..]));
        let page = swarmscope_store::report::page(&mut store, at(9)).unwrap();
        assert!(!page.contains("mine alone"), "a group of one is somebody");
    });
}

#[test]
fn a_question_in_sql_is_answered_and_changes_nothing_of_a_store_that_is_read() {
    on_both(|places| {
        let place = places.place();
        drop(with_peers(&place, 3));
        let mut store = Store::read(&place).unwrap();
        let mut said = Vec::new();
        store.query("SELECT count(*) FROM peer", &mut |row| said.push(row.to_vec())).unwrap();
        assert_eq!(said, [[swarmscope_store::database::Value::Int(3)]]);
        for statement in ["DELETE FROM peer RETURNING id", "DROP TABLE address"] {
            let refused = store.query(statement, &mut |_| ()).unwrap_err();
            assert_eq!(refused.kind, Kind::ReadOnly, "{statement}: {refused}");
        }
        assert!(store.query("SELECT nothing FROM nowhere", &mut |_| ()).is_err());
        assert_eq!(store.info().unwrap().peers, 3);
    });
}

#[test]
fn an_address_is_replaced_only_where_the_old_one_does_not_lead_to_the_peer() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 1);
        let elsewhere = |port: u32| Heard {
            address: Some(format!("203.0.113.9:{port}")),
            at: at(65),
            ..heard(1)
        };
        let too_soon = Heard { at: at(5), ..elsewhere(7) };
        assert_eq!(store.hear(Network::Overlay, &[too_soon]).unwrap(), 0);
        let (round, _) = store.open_round(&opening(), at(0)).unwrap();
        let leased = store.lease(Network::Overlay, 1, "one", at(6), at(7)).unwrap();
        assert_ne!(leased[0].address.as_deref(), Some("203.0.113.9:7"), "within a minute");
        assert_eq!(store.hear(Network::Overlay, &[elsewhere(1)]).unwrap(), 0);
        let leased = store.lease(Network::Overlay, 1, "one", at(66), at(120)).unwrap();
        assert_eq!(
            leased[0].address.as_deref(),
            Some("203.0.113.9:1"),
            "never reached at the first"
        );
        store.visited(&[visit(round.id, leased[0].peer, REACHED)]).unwrap();
        store.hear(Network::Overlay, &[elsewhere(2), elsewhere(3)]).unwrap();
        store.open_round(&opening(), at(3600)).unwrap();
        let leased = store.lease(Network::Overlay, 1, "one", at(3600), at(3700)).unwrap();
        assert_eq!(leased[0].address.as_deref(), Some("203.0.113.9:1"), "it was reached there");
    });
}

/// It would be held for ever: a round counts one visit, and the second lets go of nobody.
#[test]
fn a_round_that_takes_longer_than_its_time_visits_nobody_twice() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 2);
        let (round, _) = store.open_round(&opening(), at(0)).unwrap();
        let leased = store.lease(Network::Overlay, 1, "one", at(0), at(60)).unwrap();
        store.visited(&[visit(round.id, leased[0].peer, REACHED)]).unwrap();
        let slow = store.lease(Network::Overlay, 9, "one", at(1), at(9000)).unwrap();
        assert_eq!(slow.len(), 1, "the other is visited for hours");
        let again = store.lease(Network::Overlay, 9, "one", at(7300), at(7400)).unwrap();
        assert!(again.is_empty(), "{again:?}");
        store.visited(&[visit(round.id, slow[0].peer, REACHED)]).unwrap();
        let left = store.left(&round).unwrap();
        assert_eq!((left.due, left.held), (0, 0));
        store.end_round(round.id, State::Complete, at(7401)).unwrap();
        store.open_round(&opening(), at(7402)).unwrap();
        assert_eq!(store.lease(Network::Overlay, 9, "one", at(7402), at(7500)).unwrap().len(), 2);
    });
}

#[test]
fn a_round_that_nobody_works_on_goes_on_or_ends_as_stopped() {
    on_both(|places| {
        let place = places.place();
        let mut store = with_peers(&place, 2);
        let (first, _) = store.open_round(&opening(), at(0)).unwrap();
        let leased = store.lease(Network::Overlay, 1, "one", at(0), at(60)).unwrap();
        store.visited(&[visit(first.id, leased[0].peer, REACHED)]).unwrap();
        drop(store);
        let mut store = Store::crawl(&place, &key()).unwrap();
        assert_eq!(
            store.open_round(&opening(), at(100)).unwrap(),
            (first.clone(), true),
            "it goes on where it ended"
        );
        assert_eq!(
            store.lease(Network::Overlay, 9, "two", at(100), at(160)).unwrap().len(),
            1,
            "only whom it had not visited"
        );
        let (second, joined) = store.open_round(&opening(), at(3601)).unwrap();
        assert!(!joined && second.id > first.id);
        let rounds = store.rounds().unwrap();
        assert_eq!((rounds[0].state, rounds[1].state), (State::Stopped, State::Running));
        assert_eq!(rounds[0].figures.as_ref().unwrap().reached(), 1, "what it found stays");
    });
}

#[test]
fn rounds_keep_their_time_though_each_begins_a_moment_late() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 1);
        let mut begin = |now: Time| {
            let (round, _) = store.open_round(&opening(), now).unwrap();
            store.end_round(round.id, State::Complete, now).unwrap();
            round.began
        };
        assert_eq!(begin(START), START);
        let late = |seconds: u64, ms: i64| Time(at(seconds).0 + ms);
        assert_eq!(begin(late(3600, 300)), at(3600));
        assert_eq!(begin(late(3 * 3600, 900)), at(3 * 3600), "one was left out");
        assert_eq!(begin(late(4 * 3600, 5000)), late(4 * 3600, 5000), "that is no moment");
        assert_eq!(begin(late(4 * 3600, 5300)), late(4 * 3600, 5300), "begun by hand, at once");
    });
}

#[test]
fn a_store_is_opened_with_its_own_key_only() {
    on_both(|places| {
        let place = places.place();
        drop(with_peers(&place, 1));
        let error = Store::crawl(&place, &StoreKey::new([8; 32])).err().unwrap();
        assert_eq!(error.kind, Kind::OtherKey);
        let info = Store::read(&place).unwrap().info().unwrap();
        assert_eq!((info.peers, info.networks), (1, vec![Network::Overlay]));
    });
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_asking() {
    on_both(|places| {
        let place = places.place();
        let error = Store::read(&place).err().unwrap();
        assert!(matches!(error.kind, Kind::NotFound | Kind::NotAStore), "{error}");
        assert!(Store::write(&place).is_err());
    });
}

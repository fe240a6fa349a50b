//! What is taken away of a store, and what stays, asked of both databases.

use swarmscope_store::outcome::REACHED;
use swarmscope_store::records::State;
use swarmscope_store::store::Opening;
use swarmscope_store::{Heard, Network, Place, Store, Visited};

use crate::places::on_both;
use crate::{HOUR, START, at, heard, key, opening, visit, with_peers};

#[test]
fn old_visits_go_and_their_figures_stay() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 50);
        for day in 0..4 {
            let now = at(86_400 * day);
            let (round, _) = store.open_round(&opening(), now).unwrap();
            let leased = store.lease(Network::Overlay, 100, "one", now, now.after(HOUR)).unwrap();
            let visits: Vec<_> = leased
                .iter()
                .map(|peer| Visited {
                    at: now,
                    due: now.after(HOUR),
                    ..visit(round.id, peer.peer, REACHED)
                })
                .collect();
            store.visited(&visits).unwrap();
            store.end_round(round.id, State::Complete, now.after(HOUR)).unwrap();
        }
        assert_eq!(store.info().unwrap().visits, 200);
        let pruned = store.prune_before(at(2 * 86_400 - 3600)).unwrap();
        assert_eq!((pruned.visits, store.info().unwrap().visits), (100, 100));
        assert_eq!(
            store.rounds().unwrap().iter().filter(|round| round.figures.is_some()).count(),
            4
        );
        let all = store.prune_to(1).unwrap();
        assert_eq!(
            (all.visits, store.info().unwrap().visits),
            (50, 50),
            "the last snapshot is what the next is compared with"
        );
        assert!(store.faults().unwrap().is_empty());
    });
}

/// A store in which 20 peers were reached and 10 failed in a complete round, and a flood of 20 000
/// was heard of since, which nobody dialled.
fn flooded(place: &Place) -> Store {
    let mut store = with_peers(place, 30);
    let (round, _) = store.open_round(&opening(), START).unwrap();
    let leased = store.lease(Network::Overlay, 100, "one", at(1), at(3600)).unwrap();
    let outcome = |n: usize| if n < 20 { REACHED } else { "tcp.timeout" };
    let visits: Vec<_> =
        leased.iter().enumerate().map(|(n, one)| visit(round.id, one.peer, outcome(n))).collect();
    store.visited(&visits).unwrap();
    store.end_round(round.id, State::Complete, at(60)).unwrap();
    let flood: Vec<Heard> =
        (1_000..21_000).map(|number| Heard { at: at(120), ..heard(number) }).collect();
    assert_eq!(store.hear(Network::Overlay, &flood).unwrap(), 20_000);
    store
}

#[test]
fn peers_that_were_only_heard_of_are_forgotten_with_their_addresses() {
    on_both(|places| {
        let mut store = flooded(&places.place());
        let held = store.lease(Network::Overlay, 5, "two", at(130), at(3600)).unwrap();
        assert_eq!(held.len(), 5);
        let again: Vec<Heard> =
            (1_100..1_110).map(|number| Heard { at: at(500), ..heard(number) }).collect();
        store.hear(Network::Overlay, &again).unwrap();
        let pruned = store.prune_before(at(300)).unwrap();
        let left = store.info().unwrap().peers;
        // spoken of since, or held by a Crawler; both where it leased one of them
        assert!((40..=45).contains(&left), "{left} peers are left of 20 030");
        assert_eq!(pruned.peers + left, 20_030);
        assert!(pruned.addresses >= pruned.peers, "{pruned:?}");
        assert_eq!(store.faults().unwrap(), [""; 0], "no address without its peer");
        assert_eq!(store.info().unwrap().visits, 30, "the last complete round stays");
        let anew: Vec<Heard> = (2_000..3_000).map(heard).collect();
        let anew = store.hear(Network::Overlay, &anew).unwrap();
        assert!(anew >= 995, "{anew} are heard of anew");
    });
}

#[test]
fn a_flood_of_invented_peers_does_not_outgrow_the_limit() {
    on_both(|places| {
        let place = places.place();
        let mut store = flooded(&place);
        let limit = 1 << 20;
        let pruned = store.prune_to(limit).unwrap();
        assert!(pruned.before > 3 * limit, "{pruned:?}");
        let info = store.info().unwrap();
        assert_eq!(info.visits, 30, "the last complete round stays: {info:?}");
        if matches!(place, Place::Sqlite(_)) {
            assert!(pruned.after <= limit && info.peers > 1_000, "no more than needed: {pruned:?}");
            let all = store.prune_to(1).unwrap();
            assert_eq!(store.info().unwrap().peers, 30, "whoever was visited stays: {all:?}");
        }
        // a complete round later, the flood is from before it
        let (round, _) = store.open_round(&opening(), at(7200)).unwrap();
        store.end_round(round.id, State::Complete, at(7300)).unwrap();
        store.prune_to(1).unwrap();
        assert!(store.info().unwrap().peers <= 30, "{:?}", store.info().unwrap());
        assert_eq!(store.faults().unwrap(), [""; 0]);
    });
}

/// Hourly rounds of the overlay go on beside a long first round of the DHT.
#[test]
fn peers_of_a_running_round_outlast_old_visits_though_another_network_was_faster() {
    on_both(|places| {
        let mut store = with_peers(&places.place(), 2_000);
        let complete = |store: &mut Store, begins: u64, most: usize| {
            let (round, _) = store.open_round(&opening(), at(begins)).unwrap();
            let until = at(begins + 3600);
            let leased = store.lease(Network::Overlay, most, "one", at(begins), until).unwrap();
            let reached = |peer| Visited { due: at(86_400), ..visit(round.id, peer, REACHED) };
            let visits: Vec<_> = leased.iter().map(|one| reached(one.peer)).collect();
            store.visited(&visits).unwrap();
            store.end_round(round.id, State::Complete, at(begins + 60)).unwrap();
        };
        complete(&mut store, 0, 2_000);
        let long = Opening { network: Network::Dht, ..opening() };
        store.open_round(&long, at(100)).unwrap();
        let node = |number: u32| Heard {
            peer: key().peer(Network::Dht, &number.to_be_bytes()),
            at: at(200),
            ..heard(number)
        };
        let nodes: Vec<Heard> = (1..=1_000).map(node).collect();
        assert_eq!(store.hear(Network::Dht, &nodes).unwrap(), 1_000);
        complete(&mut store, 3_600, 10);
        let limit = store.prune_before(START).unwrap().after - 1;
        let pruned = store.prune_to(limit).unwrap();
        assert_eq!((pruned.visits, pruned.peers), (2_000, 0), "{pruned:?}");
        assert_eq!(store.known(Network::Dht).unwrap(), 1_000);
        assert_eq!(store.faults().unwrap(), [""; 0]);
    });
}

/// As [`flooded`], and a complete round later, so that the flood is from before it.
fn long_flooded(place: &Place) -> Store {
    let mut store = flooded(place);
    let (round, _) = store.open_round(&opening(), at(7200)).unwrap();
    store.end_round(round.id, State::Complete, at(7300)).unwrap();
    store
}

#[test]
fn nobody_is_forgotten_for_a_journal_that_waits_for_its_checkpoint() {
    on_both(|places| {
        let place = places.place();
        let shrunk = long_flooded(&place).prune_before(START).unwrap();
        assert_eq!(shrunk.peers, 0, "{shrunk:?}");
        if matches!(place, Place::Sqlite(_)) {
            let mut store = long_flooded(&places.place());
            let limit = shrunk.after + 4096;
            assert!(store.bytes().unwrap() > limit, "a journal waits: {shrunk:?}");
            let pruned = store.prune_to(limit).unwrap();
            assert_eq!((pruned.peers, pruned.visits), (0, 0), "{pruned:?}");
        }
    });
}

//! What a batch costs a PostgreSQL server, in a crawl of months.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "a server counts when it likes, and is waited for")]

mod server;

use std::time::Duration;

use swarmscope_store::outcome::REACHED;
use swarmscope_store::store::Opening;
use swarmscope_store::{Heard, Leased, Network, Place, Round, Store, StoreKey, Time, Visited};

const NOW: Time = Time(1_764_000_000_000);

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn heard(number: u32) -> Heard {
    let peer = key().peer(Network::Overlay, &number.to_be_bytes());
    Heard { peer, address: Some(format!("192.0.2.1:{number}")), version: Some(18), at: NOW }
}

fn reached(round: &Round, leased: &Leased) -> Visited {
    Visited {
        round: round.id,
        peer: leased.peer,
        at: NOW,
        took: Duration::from_millis(12),
        outcome: REACHED.into(),
        version: Some(18),
        rtt: None,
        listed: 20,
        failures: 0,
        online_since: Some(NOW),
        due: NOW.after(Duration::from_secs(3600)),
        replies: Vec::new(),
    }
}

/// A crawl of months has one connection, and what that stages its batches in must not grow.
#[test]
fn what_batches_are_staged_in_stays_small() {
    let Some(server) = server::Server::shared() else { return };
    let mut store = Store::crawl(&Place::Postgres(server.database()), &key()).unwrap();
    let all: Vec<Heard> = (0..100).map(heard).collect();
    let mut largest = 0;
    for _ in 0..200 {
        store.hear(Network::Overlay, &all).unwrap();
        store
            .query("SELECT pg_relation_size('staged_heard')", &mut |row| {
                largest = largest.max(row[0].as_int().unwrap());
            })
            .unwrap();
    }
    assert!(largest < 1 << 20, "{largest} bytes for batches of a hundred");
}

/// Nobody has counted the rows of a new table, and the planner guesses: what a batch costs must not
/// depend on it.
#[test]
fn a_batch_of_a_few_does_not_read_all_peers() {
    const PEERS: u32 = 5000;
    let Some(server) = server::Server::shared() else { return };
    let place = Place::Postgres(server.database());
    let mut store = Store::crawl(&place, &key()).unwrap();
    store.hear(Network::Overlay, &(0..PEERS).map(heard).collect::<Vec<_>>()).unwrap();
    let opening = Opening {
        network: Network::Overlay,
        every: Duration::from_secs(3600),
        program: "test 1".into(),
        settings: "{}".into(),
    };
    let (round, _) = store.open_round(&opening, NOW).unwrap();
    for step in 0..20 {
        let until = NOW.after(Duration::from_secs(60 + step));
        let leased = store.lease(Network::Overlay, 20, "one", NOW, until).unwrap();
        store.hear(Network::Overlay, &(0..20).map(heard).collect::<Vec<_>>()).unwrap();
        let visits: Vec<Visited> = leased.iter().map(|leased| reached(&round, leased)).collect();
        assert_eq!(store.visited(&visits).unwrap().visits, 20);
    }
    drop(store); // what it has read is counted when its session ends
    let mut reader = Store::read(&place).unwrap();
    let (mut one_by_one, mut in_a_row) = (0, 0);
    for _ in 0..100 {
        let sql = "SELECT COALESCE(idx_tup_fetch, 0), seq_tup_read FROM pg_stat_user_tables WHERE relname = 'peer'";
        reader
            .query(sql, &mut |row| {
                (one_by_one, in_a_row) = (row[0].as_int().unwrap(), row[1].as_int().unwrap());
            })
            .unwrap();
        if one_by_one > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(one_by_one > 0, "the server counts what is read");
    // `open_round` counts once whom others hold
    assert!(in_a_row <= 2 * i64::from(PEERS), "{in_a_row} rows of peers were read in a row");
}

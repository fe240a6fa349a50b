//! Real BitTorrent clients in a network namespace, and what the program says of them.
//!
//! Needs root, iproute2, nftables and the clients that `tests/networks/install` installs; without,
//! it says so and passes, unless `NETWORK_LAB=require` is set. One test of what they are, because
//! the clients are one lab; two of the demo that starts them.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods)] // tests of processes live in the world

#[path = "networks/case.rs"]
mod case;
#[path = "networks/clients.rs"]
mod clients;
#[path = "networks/companion.rs"]
mod companion;
#[path = "networks/demo.rs"]
mod demo;
#[path = "networks/lab.rs"]
mod lab;
#[path = "networks/nodes.rs"]
mod nodes;
#[path = "networks/ports.rs"]
mod ports;

use std::sync::{Mutex, MutexGuard, PoisonError};

use clients::{CLIENTS, Row};
use lab::{Lab, say};

/// One lab at a time: what they take is measured.
fn alone() -> MutexGuard<'static, ()> {
    static LAB: Mutex<()> = Mutex::new(());
    LAB.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn real_clients_are_what_the_table_says() {
    let _alone = alone();
    let Some(lab) = Lab::up() else { return };
    let mut rows: Vec<Row> = CLIENTS.iter().map(|client| client.is_reached(&lab)).collect();
    for (client, row) in CLIENTS.iter().zip(&mut rows) {
        client.answers_as_a_node(&lab, row);
    }
    for (client, row) in CLIENTS.iter().zip(&mut rows) {
        client.says_hello(&lab, row);
    }
    for client in &CLIENTS {
        client.is_no_overlay_peer(&lab);
    }
    clients::exchange_peers(&lab, &mut rows);
    Row::say_all(&rows);
    a_lookup_meets_them_all(&lab);
    ports::are_told_apart(&lab);
    case::holds_what_they_say(&lab);
    nodes::are_crawled_with_the_clients(&lab);
}

/// Not a test of its own: the nodes that the other one runs inside the namespace.
#[test]
#[ignore = "run by the other test inside the namespace"]
fn child_in_the_namespace() {
    match std::env::var("LAB_ROLE").as_deref() {
        Ok("companion") => companion::meet(),
        _ => nodes::serve(),
    }
}

fn a_lookup_meets_them_all(lab: &Lab) {
    let target = format!("dht://{}", CLIENTS[2].place());
    let (code, lookup) = lab.last(&[
        "request",
        &target,
        "lookup",
        &"0".repeat(40),
        "--allow-range",
        "198.18.0.0/15",
    ]);
    let decoded = &lookup["decoded"];
    say(&format!("lookup: {}", lookup["summary"]));
    assert_eq!(
        (code, &decoded["ended"]),
        (0, &"exhausted".into()),
        "fewer than eight nodes: {lookup}"
    );
    assert!(decoded["answered"].as_u64().is_some_and(|answered| answered >= 4), "{lookup}");
    let (_, refused) = lab.last(&["request", &target, "lookup", &"0".repeat(40)]);
    assert_eq!(
        refused["decoded"]["answered"], 1,
        "a lab's addresses are asked only where that is allowed: {refused}"
    );
}

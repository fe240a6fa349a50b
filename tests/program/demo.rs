//! `swarmscope demo --headless`: peers that another process can ask, every one of them.

use std::collections::HashSet;

use serde_json::Value;

use crate::process::{Home, Running};

#[test]
fn every_peer_answers_another_process() {
    let home = Home::new();
    let demo = Running::start(home.swarmscope(&["demo", "--headless", "--json"]));
    let peers: Vec<Value> = (0..24).map(|_| demo.event("listening")).collect();
    let addresses: HashSet<&str> = peers.iter().filter_map(|peer| peer["addr"].as_str()).collect();
    assert_eq!(addresses.len(), 24);
    assert_eq!(peers.iter().filter(|peer| peer["legacy_permid"].is_string()).count(), 6, "some are old, most are not");

    for peer in &peers {
        let (permid, version) = match (peer["permid"].as_str(), peer["legacy_permid"].as_str()) {
            (Some(permid), None) => (permid, "18"),
            (None, Some(permid)) => (permid, "17"),
            both => panic!("{both:?}"),
        };
        let target = format!("{permid}@{}", peer["addr"].as_str().expect("an address"));
        let outcome = home.run(&[
            "request",
            &target,
            "database",
            "SELECT count(*) FROM Torrent",
            "--json",
            "--overlay-version",
            version,
        ]);
        assert_eq!(outcome.code, 0, "{peer}: {outcome:?}");
    }
    demo.signal(libc::SIGTERM);
    assert_eq!(demo.code(), 0);
}

#[test]
#[cfg(target_os = "linux")] // others have one loopback address
fn natcheck_is_measured_on_loopback() {
    let home = Home::new();
    let demo = Running::start(home.swarmscope(&["demo", "--headless", "--json", "--peers", "4"]));
    for peer in (0..4).map(|_| demo.event("listening")) {
        let version = if peer["permid"].is_string() { "18" } else { "17" };
        let addr = peer["addr"].as_str().expect("an address");
        let outcome = home.run(&["request", addr, "natcheck", "--json", "--overlay-version", version]);
        let decoded = &outcome.last("reply")["decoded"];
        assert_eq!((&decoded["type"], &decoded["external_ip"]), (&"Open Internet".into(), &"127.0.0.1".into()));
        assert_eq!(decoded["measured"]["mapping"]["verdict"].is_string(), version == "18", "{decoded}");
    }
}

/// Measured in namespaces where there can be some, made up where not: the types are the same ones.
#[test]
fn every_peer_of_the_nat_scenario_has_a_nat_of_its_own() {
    let home = Home::new();
    let demo = Running::start(home.swarmscope(&["demo", "--scenario", "nat", "--headless", "--json", "--peers", "4"]));
    let types = ["Open Internet", "Full Cone NAT", "Restricted Cone NAT", "Port Restricted Cone NAT"];
    for expected in types {
        let peer = demo.event("listening");
        let version = if peer["permid"].is_string() { "18" } else { "17" };
        let addr = peer["addr"].as_str().expect("an address");
        let outcome = home.run(&["request", addr, "natcheck", "--json", "--overlay-version", version]);
        let decoded = &outcome.last("reply")["decoded"];
        assert_eq!(decoded["type"], expected, "{outcome:?}");
        let real = decoded["measured"]["mapping"]["verdict"].is_string();
        assert!(!real || version == "18", "version 17 gets the original's seven elements: {decoded}");
        let must_be_real = std::env::var("NAT_LAB").is_ok_and(|wish| wish == "require");
        assert!(real || version == "17" || !must_be_real, "simulated: {decoded}");
    }
    demo.signal(libc::SIGTERM);
    assert_eq!(demo.code(), 0);
}

#[test]
fn the_same_seed_makes_the_same_peers_and_others_may_be_allowed() {
    let (home, other) = (Home::new(), Home::new());
    let permids = |seed: &str, allow: &str| {
        let demo = Running::start(home.swarmscope(&[
            "demo",
            "--headless",
            "--json",
            "--peers",
            "2",
            "--seed",
            seed,
            "--allow",
            allow,
        ]));
        let peers = [demo.event("listening"), demo.event("listening")];
        let addr = peers[1]["addr"].as_str().expect("an address");
        (peers.clone().map(|peer| peer["permid"].clone()), other.run(&["request", addr, "99"]).code)
    };
    let (first, allowed) = permids("7", &other.permid(false));
    assert_eq!(allowed, 11);
    let (again, stranger) = permids("7", &home.permid(false));
    assert_eq!(stranger, 5);
    assert_eq!(first, again);
    assert_ne!(first, permids("8", &home.permid(false)).0);
}

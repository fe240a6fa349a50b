//! `swarmscope demo --headless`: peers that another process can ask, every one of them.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::{Home, Outcome, Running};

#[test]
fn every_peer_answers_another_process() {
    let home = Home::new();
    let demo = Running::start(home.swarmscope(&["demo", "--headless", "--json"]));
    let peers: Vec<Value> = (0..24).map(|_| demo.event("listening")).collect();
    let addresses: HashSet<&str> = peers.iter().filter_map(|peer| peer["addr"].as_str()).collect();
    assert_eq!(addresses.len(), 24);
    assert_eq!(
        peers.iter().filter(|peer| peer["legacy_permid"].is_string()).count(),
        6,
        "some are old, most are not"
    );

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
        let outcome =
            home.run(&["request", addr, "natcheck", "--json", "--overlay-version", version]);
        let decoded = &outcome.last("reply")["decoded"];
        assert_eq!(
            (&decoded["type"], &decoded["external_ip"]),
            (&"Open Internet".into(), &"127.0.0.1".into())
        );
        assert_eq!(
            decoded["measured"]["mapping"]["verdict"].is_string(),
            version == "18",
            "{decoded}"
        );
    }
}

/// Measured in namespaces where there can be some, made up where not: the types are the same ones.
#[test]
fn every_peer_of_the_nat_scenario_has_a_nat_of_its_own() {
    let home = Home::new();
    let demo = Running::start(home.swarmscope(&[
        "demo",
        "--scenario",
        "nat",
        "--headless",
        "--json",
        "--peers",
        "4",
    ]));
    let types =
        ["Open Internet", "Full Cone NAT", "Restricted Cone NAT", "Port Restricted Cone NAT"];
    for expected in types {
        let peer = demo.event("listening");
        let version = if peer["permid"].is_string() { "18" } else { "17" };
        let addr = peer["addr"].as_str().expect("an address");
        let outcome =
            home.run(&["request", addr, "natcheck", "--json", "--overlay-version", version]);
        let decoded = &outcome.last("reply")["decoded"];
        assert_eq!(decoded["type"], expected, "{outcome:?}");
        let real = decoded["measured"]["mapping"]["verdict"].is_string();
        assert!(
            !real || version == "18",
            "version 17 gets the original's seven elements: {decoded}"
        );
        let must_be_real = std::env::var("NAT_LAB").is_ok_and(|wish| wish == "require");
        assert!(real || version == "17" || !must_be_real, "simulated: {decoded}");
    }
    demo.signal(libc::SIGTERM);
    assert_eq!(demo.code(), 0);
}

/// What a scenario is about is there without the screen too: whoever names one asks for its peers.
#[test]
fn a_scenario_that_is_named_is_played_without_the_screen() {
    let home = Home::new();
    let args = ["demo", "--headless", "--json", "--scenario", "worm", "--peers", "12"];
    let demo = Running::start(home.swarmscope(&args));
    let peers: Vec<Value> = (0..12).map(|_| demo.event("listening")).collect();
    let answers_everything = |peer: &&Value| {
        let version = if peer["permid"].is_string() { "18" } else { "17" };
        let addr = peer["addr"].as_str().expect("an address");
        let outcome = home.run(&["request", addr, "99", "--json", "--overlay-version", version]);
        outcome.last("reply")["error"] == 0
    };
    let changed = peers.iter().filter(answers_everything).count();
    assert_eq!(changed, 3, "three answer an id that nobody has defined, before its first wave");
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

/// The program in a shell with this limit on open files: `-n` for both of them, `-Sn` for the one
/// that can be raised.
fn limited(home: &Home, limit: &str, args: &[&str]) -> Command {
    let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    let program = ["-c", &script, env!("CARGO_BIN_EXE_swarmscope")];
    home.program(Path::new("/bin/sh"), &[&program, args].concat())
}

#[test]
fn a_swarm_that_may_not_open_its_files_is_not_begun() {
    let home = Home::new();
    for json in [&[][..], &["--json"]] {
        let args = [&["demo", "--headless"][..], json].concat();
        let mut command = limited(&home, "-n 128", &args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let outcome = Outcome::of_its_end(command.spawn().expect("a shell"));
        assert_eq!(outcome.code, 1, "{outcome:?}");
        for words in ["24 peers", "limited to 128, enough for 12", "--peers", "ulimit -Hn"] {
            assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
        }
        assert_eq!(outcome.events().len(), json.len(), "{outcome:?}");
    }
}

#[test]
fn a_limit_that_may_be_raised_is() {
    let home = Home::new();
    let demo = Running::start(limited(&home, "-Sn 64", &["demo", "--headless", "--json"]));
    for peer in (0..24).map(|_| demo.event("listening")) {
        assert!(peer["addr"].is_string(), "{peer}");
    }
}

#[test]
fn more_peers_than_sockets_are_simulated_without_a_screen() {
    let home = Home::new();
    let swarm =
        Running::start(home.swarmscope(&["demo", "--peers", "600", "--headless", "--json"]));
    let mut peers = Vec::new();
    // a fifth is behind NATs and listens nowhere
    while peers.len() < 450 {
        let event = swarm.event("listening");
        peers.push((event["addr"].clone(), event["permid"].clone()));
    }
    let (address, permid) = (peers[0].0.as_str().expect("one"), peers[0].1.as_str().expect("one"));
    let asked = home.run(&["request", &format!("{permid}@{address}"), "natcheck", "--json"]);
    assert_eq!(asked.code, 0, "{asked:?}");
    swarm.signal(libc::SIGTERM);
    assert_eq!(swarm.code(), 0);
    for more in [&["--headless", "--scenario", "worm"][..], &[]] {
        let refused = home.run(&[&["demo", "--peers", "501"][..], more].concat());
        assert_eq!(refused.code, 2, "{refused:?}");
    }
}

//! NAT tests between processes: `swarmscope stun`, a peer that measures by it, and a Crawler that
//! asks.

use serde_json::Value;

use crate::process::{Home, Peer, Running, example};

/// A `swarmscope stun` on loopback, and its `listening` event.
fn stun(home: &Home) -> (Running, Value) {
    let args = ["stun", "--listen", "127.0.0.1:0", "--alternate", "127.0.0.2:0", "--json"];
    let running = Running::start(home.swarmscope(&args));
    let listening = running.event("listening");
    (running, listening)
}

#[test]
fn natcheck_is_measured_by_our_own_server_for_17_and_18() {
    let (home, crawler) = (Home::new(), Home::new());
    let (_stun, listening) = stun(&home);
    let server = listening["addr"].as_str().expect("an address");
    for (version, fields) in [(17, 7), (18, 8)] {
        let peers_home = Home::new();
        let permid = crawler.permid(version < 18);
        let peer = Peer::start_with(&peers_home, version, &[&permid], &["--stun", server]);
        let ask = |frequency: &str| {
            let asked = [
                "request",
                &peer.pinned(),
                "natcheck",
                "--json",
                "--overlay-version",
                &version.to_string(),
            ];
            let outcome = crawler.run(&[&asked[..], &["--frequency", frequency]].concat());
            assert_eq!(outcome.code, 0, "{outcome:?}");
            outcome.last("reply")["decoded"].clone()
        };
        let first = ask("3600");
        assert_eq!(first.as_object().expect("an object").len(), fields, "{first}");
        assert_eq!((&first["type"], &first["code"]), (&"Open Internet".into(), &0.into()));
        assert_eq!(first["external_ip"], "127.0.0.1");
        assert_eq!(first["external_port"], first["internal_port"]);
        if version == 18 {
            let independent =
                serde_json::json!({"verdict": "endpoint-independent", "confidence": 99});
            assert_eq!(first["measured"]["mapping"], independent);
            assert_eq!(first["measured"]["filtering"], independent);
        }
        assert_eq!(
            ask("0")["external_port"],
            first["external_port"],
            "a recent result is given again"
        );
    }
}

#[test]
fn a_readable_reply_shows_each_axis() {
    let (home, crawler) = (Home::new(), Home::new());
    let (_stun, listening) = stun(&home);
    let server = listening["addr"].as_str().expect("an address");
    let peer = Peer::start_with(&home, 18, &[&crawler.permid(false)], &["--stun", server]);
    let outcome = crawler.run(&["request", &peer.pinned(), "natcheck"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for words in ["Open Internet", "mapping", "filtering", "endpoint-independent (99 %)", "age"] {
        assert!(outcome.stdout.contains(words), "{words}: {}", outcome.stdout);
    }
}

#[test]
fn the_server_says_where_it_listens_and_ends_in_order() {
    let home = Home::new();
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 0)] {
        let (running, listening) = stun(&home);
        let keys: Vec<&str> =
            listening.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 3, "{listening}");
        let port = |key: &str| {
            listening[key]
                .as_str()
                .and_then(|addr| addr.rsplit_once(':'))
                .expect("a port")
                .1
                .to_owned()
        };
        assert!(listening["addr"].as_str().expect("an address").starts_with("127.0.0.1:"));
        assert!(listening["alternate"].as_str().expect("an address").starts_with("127.0.0.2:"));
        assert_ne!(port("addr"), port("alternate"));
        running.signal(signal);
        assert_eq!(running.code(), code);
    }
}

#[test]
fn the_example_lets_two_peers_meet() {
    let (crawler, homes) = (Home::new(), [Home::new(), Home::new()]);
    assert_eq!(crawler.run(&["key", "new", "--out", "pair_peers.pem"]).code, 0);
    let shown = crawler.run(&["key", "show", "pair_peers.pem"]);
    let permid = shown.stdout.lines().next().expect("a permid");
    let peers = homes.each_ref().map(|home| Peer::start(home, 18, &[permid]));
    let targets = peers.each_ref().map(Peer::pinned);
    let program = example("pair_peers");
    let args = ["127.0.0.1:0", "localhost", &targets[0], &targets[1]];
    let running = Running::start(crawler.program(&program, &args));
    assert_eq!(running.line(), permid);
    for peer in &peers {
        assert_eq!(running.line(), format!("{} YES", peer.permid));
        peer.running.event("asked");
        assert_eq!(peer.running.event("answered")["message_id"], 5);
    }
    assert_eq!(running.code(), 0);
}

#[test]
fn a_nattraversal_request_that_makes_no_sense_is_told_why() {
    let (home, crawler) = (Home::new(), Home::new());
    let peer = Peer::start(&home, 18, &[&crawler.permid(false)]);
    for (payload, words) in [
        ("abc:127.0.0.1:3500", "bencoded"),
        ("10:abc:h.org:0", "bencoded"),
        ("11:abc:h.org:0", "port"),
    ] {
        let args =
            ["request", &peer.pinned(), "nattraversal", payload, "--json", "--frequency", "0"];
        let outcome = crawler.run(&args);
        assert_eq!(outcome.code, 12, "{outcome:?}");
        assert!(outcome.last("reply")["decoded"].to_string().contains(words), "{outcome:?}");
    }
}

//! NAT tests between processes: `swarmscope stun`, a peer that measures by it, and a Crawler that asks.

use serde_json::Value;

use crate::process::{Home, Peer, Running};

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
            let asked = ["request", &peer.pinned(), "natcheck", "--json", "--overlay-version", &version.to_string()];
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
            let independent = serde_json::json!({"verdict": "endpoint-independent", "confidence": 99});
            assert_eq!(first["measured"]["mapping"], independent);
            assert_eq!(first["measured"]["filtering"], independent);
        }
        assert_eq!(ask("0")["external_port"], first["external_port"], "a recent result is given again");
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
        let keys: Vec<&str> = listening.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 3, "{listening}");
        let port =
            |key: &str| listening[key].as_str().and_then(|addr| addr.rsplit_once(':')).expect("a port").1.to_owned();
        assert!(listening["addr"].as_str().expect("an address").starts_with("127.0.0.1:"));
        assert!(listening["alternate"].as_str().expect("an address").starts_with("127.0.0.2:"));
        assert_ne!(port("addr"), port("alternate"));
        running.signal(signal);
        assert_eq!(running.code(), code);
    }
}

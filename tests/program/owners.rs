//! What owners of peers have: roles on the allow-list, an audit, limits that can be seen.

use std::fs;
use std::path::Path;

use crate::process::{Home, Peer, Running};

/// A peer with this line on its allow-list.
fn peer_of(home: &Home, line: &str, more: &[&str]) -> (Running, String) {
    fs::write(home.path().join("crawlers.txt"), line).expect("written");
    let args = ["peer", "--listen", "127.0.0.1:0", "--json", "--allow-file", "crawlers.txt"];
    let running = Running::start(home.swarmscope(&[&args[..], more].concat()));
    let listening = running.event("listening");
    let address = listening["addr"].as_str().expect("an address").to_owned();
    (running, address)
}

#[test]
fn a_role_on_the_allow_list_bounds_its_crawler() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    let ask = |address: &str, message: &str| {
        crawler.run(&["request", address, message, "--frequency", "0", "--json"])
    };
    let line = format!("{permid} ids=3,99 min-frequency=600 until=2999-12-31");
    let (_peer, address) = peer_of(&home, &line, &[]);
    let other = ask(&address, "database");
    assert_eq!((other.code, &other.last("reply")["error"]), (12, &1.into()), "{other:?}");
    assert_eq!(ask(&address, "natcheck").code, 0);
    assert_eq!(ask(&address, "natcheck").code, 10, "the owner's frequency, not the request's");
    assert_eq!(ask(&address, "99").code, 11);

    let (_peer, address) = peer_of(&home, &format!("{permid} budget=4"), &[]);
    assert_eq!(ask(&address, "natcheck").code, 12, "more than it may be sent");

    let (_peer, address) = peer_of(&home, &format!("{permid} until=1999-12-31"), &[]);
    assert_eq!(ask(&address, "natcheck").code, 5, "as if it were not on the list");
}

#[test]
fn an_audit_says_who_asked_what_and_got_what() {
    let (home, crawler, stranger) = (Home::new(), Home::new(), Home::new());
    let permid = crawler.permid(false);
    let (peer, address) = peer_of(&home, &permid, &["--audit", "peer.audit"]);
    assert_eq!(crawler.run(&["request", &address, "natcheck"]).code, 0);
    assert_eq!(stranger.run(&["request", &address, "natcheck"]).code, 5);
    for event in ["asked", "answered", "refused"] {
        peer.event(event);
    }
    peer.signal(libc::SIGTERM);
    assert_eq!(peer.code(), 0);

    let shown = home.run(&["audit", "peer.audit"]);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!((shown.code, lines.len()), (0, 3), "{shown:?}");
    assert!(lines[0].contains(&format!("{permid} asked NATCHECK (3), 0 bytes")), "{lines:?}");
    assert!(lines[1].contains(&format!("{permid} got NATCHECK (3): error 0, success")));
    assert!(lines[2].contains(&format!("{} was refused NATCHECK (3): ", stranger.permid(false))));
    let json = home.run(&["audit", "peer.audit", "--json"]);
    let first: serde_json::Value =
        serde_json::from_str(json.stdout.lines().next().expect("a line")).expect("JSON");
    assert!(first["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{first}");
    assert_eq!(home.run(&["audit", "no.audit"]).code, 1);

    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let args = ["peer", "--listen", "127.0.0.1:0", "--audit", "pipe"];
    assert_eq!(home.run(&args).code, 1, "nobody waits for a reader");
}

#[test]
fn a_reply_that_is_read_while_the_peer_stops_is_in_the_audit() {
    let (home, crawler) = (Home::new(), Home::new());
    let (peer, address) = peer_of(&home, &crawler.permid(false), &["--audit", "peer.audit"]);
    let sql = "SELECT zeroblob(12000000)";
    let args = ["request", &address, "database", sql, "--frequency", "0", "--json"];
    let asking = Running::start(crawler.swarmscope(&args));
    for event in ["connected", "part"] {
        asking.event(event);
    }
    asking.signal(libc::SIGSTOP); // it reads no more for a moment
    peer.signal(libc::SIGTERM);
    std::thread::sleep(std::time::Duration::from_millis(500));
    asking.signal(libc::SIGCONT);
    assert_eq!(asking.code(), 0, "a reply that is on its way still comes");
    assert_eq!(peer.code(), 0);
    let shown = home.run(&["audit", "peer.audit"]).stdout;
    assert!(shown.contains("got DATABASE_QUERY (1): error 0, success"), "{shown}");
}

#[test]
fn limits_are_printed_with_what_is_in_use_of_them() {
    let (home, crawler) = (Home::new(), Home::new());
    let config = home.path().join(".config/swarmscope");
    fs::create_dir_all(&config).expect("a directory");
    fs::write(config.join("config.toml"), "[limits]\nsetups = 77\n").expect("written");
    let of = |setups: &serde_json::Value| {
        (setups["allowed"].clone(), setups["used"].clone(), setups["refused"].clone())
    };
    let setups = |pid_is_known: bool| {
        let events = home.run(&["limits", "--json"]).events();
        let mut all = events.into_iter().filter(|line| line["limit"] == "setups");
        all.find(|line| line["pid"].is_null() != pid_is_known)
    };
    let null = serde_json::Value::Null;
    assert_eq!(of(&setups(false).expect("the value")), (77.into(), null.clone(), null));
    assert!(setups(true).is_none(), "no peer runs");
    assert!(home.run(&["limits"]).stdout.contains("nothing is known of use"));

    let peer = Peer::start(&home, 18, &[&crawler.permid(false)]);
    assert_eq!(crawler.run(&["request", &peer.addr, "natcheck"]).code, 0);
    let running = setups(true).expect("a peer runs");
    assert_eq!(of(&running), (77.into(), 0.into(), 0.into()));
    assert_eq!(running["most"], 1, "{running}");
    let args = ["crawl", &peer.addr, "--probe", "natcheck", "--every", "1", "--store", "c.sqlite"];
    let crawl = Running::start(crawler.swarmscope(&args));
    let told = || crawler.run(&["limits"]).stdout;
    let tells = |_: u32| {
        std::thread::sleep(std::time::Duration::from_millis(20)); // it does once a second
        told().contains("\ncrawl, process ")
    };
    assert!((0..500).any(tells), "{}", told());
    drop((crawl, peer));
    assert!(!told().contains("process"), "nothing runs any more");
    assert!(setups(true).is_none(), "it was killed");

    fs::write(config.join("config.toml"), "[limits]\nsetups = 0\n").expect("written");
    let wrong = home.run(&["limits"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("use 1 to"), "{wrong:?}");
}

/// Who is to be audited must not be answered without it.
#[test]
fn a_peer_whose_audit_has_no_room_ends() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    home.permid(false); // so that no key has to be written
    // no file may be longer than one block of 512 bytes
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let args = ["-c", script, env!("CARGO_BIN_EXE_swarmscope"), "peer", "--listen", "127.0.0.1:0"];
    let more = ["--json", "--allow", &permid, "--audit", "peer.audit"];
    let peer = Running::start(home.program(Path::new("/bin/sh"), &[&args[..], &more].concat()));
    let listening = peer.event("listening");
    let address = listening["addr"].as_str().expect("an address").to_owned();
    let answered = (0..8)
        .filter(|_| crawler.run(&["request", &address, "natcheck", "--frequency", "0"]).code == 0);
    assert!(answered.count() < 8, "it does not go on without its audit");
    assert_eq!(peer.code(), 1);
    let audit = fs::read_to_string(home.path().join("peer.audit")).expect("an audit");
    assert!(audit.len() <= 512 && audit.contains(&permid), "{audit}");
}

//! `swarmscope peer`: its events, its allow-list, its end.

use std::fs;
use std::io::Write as _;

use crate::process::{Home, Peer, Running};

#[test]
fn it_says_who_it_is_and_who_asked_what() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    let peer = Peer::start(&home, 18, &[&permid]);
    assert_eq!(peer.permid, home.permid(false));
    assert_eq!(crawler.run(&["request", &peer.addr, "natcheck", "--frequency", "7"]).code, 0);

    let asked = peer.running.event("asked");
    assert_eq!((&asked["permid"], &asked["message_id"]), (&permid.as_str().into(), &3.into()));
    assert_eq!((&asked["frequency"], &asked["bytes"]), (&7.into(), &0.into()));
    let answered = peer.running.event("answered");
    assert_eq!((&answered["permid"], &answered["error"]), (&permid.as_str().into(), &0.into()));

    let stranger = Home::new();
    assert_eq!(stranger.run(&["request", &peer.addr, "natcheck"]).code, 5);
    let refused = peer.running.event("refused");
    assert_eq!(
        (&refused["permid"], &refused["message_id"]),
        (&stranger.permid(false).into(), &3.into())
    );
    assert!(refused["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{refused}");
}

#[test]
fn a_key_that_is_not_in_use_is_null() {
    let home = Home::new();
    let listening = |args: &[&str]| {
        let args = [&["peer", "--listen", "127.0.0.1:0", "--json"], args].concat();
        Running::start(home.swarmscope(&args)).event("listening")
    };
    let current = listening(&[]);
    assert!(current["permid"].is_string() && current["legacy_permid"].is_null(), "{current}");
    let old = listening(&["--overlay-version", "17"]);
    assert!(old["permid"].is_null() && old["legacy_permid"].is_string(), "{old}");
    assert_eq!(home.run(&["key", "new", "--legacy", "--out", "old.pem"]).code, 0);
    let both = listening(&["--legacy-identity", "old.pem"]);
    assert!(both["permid"].is_string() && both["legacy_permid"].is_string(), "{both}");
}

#[test]
fn a_peer_with_both_identities_serves_both_versions() {
    let (home, crawler) = (Home::new(), Home::new());
    assert_eq!(home.run(&["key", "new", "--legacy", "--out", "old.pem"]).code, 0);
    let (new, old) = (crawler.permid(false), crawler.permid(true));
    let args = [
        "peer",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--legacy-identity",
        "old.pem",
        "--allow",
        &new,
        "--allow",
        &old,
    ];
    let running = Running::start(home.swarmscope(&args));
    let listening = running.event("listening");
    let addr = listening["addr"].as_str().expect("an address");
    for (version, key) in [("18", "permid"), ("17", "legacy_permid")] {
        let outcome = crawler.run(&["request", addr, "99", "--json", "--overlay-version", version]);
        assert_eq!(outcome.code, 11, "{outcome:?}");
        assert_eq!(outcome.events()[0]["permid"], listening[key]);
    }
}

#[test]
fn the_allow_list_is_read_again_when_it_changes() {
    let (home, crawler) = (Home::new(), Home::new());
    let list = home.path().join("crawlers.txt");
    fs::write(&list, "# nobody yet\n").expect("a file");
    let args = ["peer", "--listen", "127.0.0.1:0", "--json", "--allow-file", "crawlers.txt"];
    let running = Running::start(home.swarmscope(&args));
    let listening = running.event("listening");
    let addr = listening["addr"].as_str().expect("an address");
    assert_eq!(crawler.run(&["request", addr, "99"]).code, 5);

    let mut file = fs::OpenOptions::new().append(true).open(&list).expect("the list");
    writeln!(file, "{}", crawler.permid(false)).expect("written");
    drop(file);
    assert_eq!(crawler.run(&["request", addr, "99"]).code, 11);

    fs::remove_file(&list).expect("removed");
    assert_eq!(crawler.run(&["request", addr, "99"]).code, 5, "no file is nobody");
}

#[test]
fn the_statistics_database_is_made_where_there_is_none_and_kept() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    let args = [
        "peer",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--allow",
        &permid,
        "--data",
        "statistics.sqlite",
    ];
    for _ in 0..2 {
        let running = Running::start(home.swarmscope(&args));
        let listening = running.event("listening");
        let addr = listening["addr"].as_str().expect("an address");
        let outcome =
            crawler.run(&["request", addr, "database", "SELECT count(*) FROM Torrent", "--json"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(home.path().join("statistics.sqlite").exists());
    }
}

#[test]
fn a_peer_of_version_18_says_when_it_refuses_an_old_one() {
    let (home, old) = (Home::new(), Home::new());
    let log = home.path().join("log");
    let mut command = home.swarmscope(&["peer", "--listen", "127.0.0.1:0", "--json"]);
    command.stderr(fs::File::create(&log).expect("a file"));
    let running = Running::start(command);
    let listening = running.event("listening");
    let addr = listening["addr"].as_str().expect("an address");
    assert_eq!(old.run(&["request", addr, "natcheck", "--overlay-version", "17"]).code, 4);
    let refused = running.event("version_refused");
    assert_eq!(refused["code"], "version.needs-legacy", "{refused}");
    assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("--legacy-identity")));
    drop(running);
    let log = fs::read_to_string(log).expect("the log");
    assert!(log.contains("old unencrypted protocol") && !log.contains("127.0.0.1"), "{log}");
}

#[test]
fn a_signal_ends_it_in_order() {
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 0)] {
        let home = Home::new();
        let peer = Peer::start(&home, 18, &[]);
        peer.running.signal(signal);
        assert_eq!(peer.running.code(), code);
    }
}

#[test]
fn no_address_reaches_the_log_at_its_default_level() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    let log = home.path().join("log");
    let mut command =
        home.swarmscope(&["peer", "--listen", "127.0.0.1:0", "--json", "--allow", &permid]);
    command.stderr(fs::File::create(&log).expect("a file"));
    let running = Running::start(command);
    let listening = running.event("listening");
    let addr = listening["addr"].as_str().expect("an address");
    assert_eq!(crawler.run(&["request", addr, "natcheck"]).code, 0);
    assert_eq!(Home::new().run(&["request", addr, "natcheck"]).code, 5);
    assert_eq!(crawler.run(&["request", addr, "natcheck", "--overlay-version", "17"]).code, 4);
    drop(running);
    let log = fs::read_to_string(log).expect("the log");
    assert!(log.contains(&permid), "who asked is in the log: {log}");
    assert!(!log.contains("127.0.0.1"), "{log}");
}

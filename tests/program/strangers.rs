//! `demo --scenario bittorrent` without its screen: the simulated clients and nodes answer this
//! program as real ones do, and say that they are simulated.

use std::path::Path;

use serde_json::Value;

use crate::process::{Home, Running};

/// The demo, without its screen.
pub struct Strangers {
    running: Running,
    pub home: Home,
    /// Targets, in the order in which they are printed: an open client, one with forced encryption,
    /// a closed port, a node, and one that falls silent.
    pub targets: Vec<String>,
    pub infohash: String,
}

impl Strangers {
    pub fn start() -> Self {
        let home = Home::new();
        let args =
            ["demo", "--scenario", "bittorrent", "--simulated", "--headless", "--peers", "1"];
        let running = Running::start(home.swarmscope(&args));
        let (mut targets, mut infohash) = (Vec::new(), None);
        while infohash.is_none() {
            let line = running.line();
            infohash = line.strip_prefix("# the torrent of the clients: ").map(str::to_owned);
            if let Some((target, label)) = line.split_once("  # ") {
                assert!(label.contains("simulated") || label == "a closed port", "{line}");
                targets.push(target.to_owned());
            }
        }
        Self { running, home, targets, infohash: infohash.expect("it was printed") }
    }

    /// The exit code of a command, and the last event that it prints.
    fn ask(&self, args: &[&str]) -> (i32, Value) {
        let outcome = self.home.run(&[args, &["--json"]].concat());
        let last = outcome.events().last().cloned().unwrap_or_default();
        (outcome.code, last)
    }
}

#[test]
fn simulated_clients_and_nodes_behave_as_real_ones() {
    let strangers = Strangers::start();
    let [open, forced, closed, node, limited] = &strangers.targets[..] else {
        panic!("{:?}", strangers.targets)
    };
    let at = |target: &str| target.trim_start_matches("bt://").to_owned();
    let infohash = &*strangers.infohash;

    for (target, encryption) in [(open, "open"), (forced, "forced")] {
        let (code, said) = strangers.ask(&["check", &at(target)]);
        assert_eq!((code, said["what"].as_str()), (0, Some("bittorrent")), "{said}");
        assert_eq!(
            (&said["encryption"], &said["utp"]),
            (&encryption.into(), &true.into()),
            "{said}"
        );
        assert!(said["dht"].is_object(), "its node answers: {said}");
        let (code, said) = strangers.ask(&["request", target, "hello", "--infohash", infohash]);
        assert_eq!(code, 0, "{said}");
        assert!(said.to_string().contains("swarmscope simulated"), "it says what it is: {said}");
    }
    assert_eq!(strangers.ask(&["check", &at(closed)]).0, 3);
    let other = "00".repeat(20);
    assert_eq!(strangers.ask(&["request", open, "hello", "--infohash", &other]).0, 5, "unknown");
    let pex = ["request", forced, "pex", "--infohash", infohash, "--timeout", "5"];
    assert_eq!(strangers.ask(&pex).0, 0);

    let lookup = ["request", node, "lookup", infohash, "--allow-range", "127.0.0.0/8"];
    let (code, said) = strangers.ask(&lookup);
    assert_eq!(code, 0, "{said}");
    let pings: Vec<i32> =
        (0..6).map(|_| strangers.ask(&["request", limited, "ping", "--timeout", "2"]).0).collect();
    assert_eq!((&pings[..3], pings[5]), (&[0; 3][..], 6), "it falls silent: {pings:?}");

    strangers.running.signal(libc::SIGTERM);
    assert_eq!(strangers.running.code(), 0);
}

/// With the programs on PATH that it takes to make namespaces, and without any client.
#[test]
fn without_real_clients_it_says_why_they_are_simulated() {
    let home = Home::new();
    let tools = home.path().join("bin");
    std::fs::create_dir(&tools).expect("a directory");
    for tool in ["unshare", "mount", "ip", "ss", "setpriv"] {
        let found = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(|bin| Path::new(bin).join(tool));
        if let Some(found) = found.iter().find(|path| path.exists()) {
            std::os::unix::fs::symlink(found, tools.join(tool)).expect("a link");
        }
    }
    let mut command =
        home.swarmscope(&["demo", "--scenario", "bittorrent", "--headless", "--peers", "1"]);
    command.env("PATH", &tools);
    let running = Running::start(command);
    let _peer = running.line();
    let why = running.line();
    let reasons = [
        "not installed: ",             // root, and namespaces are allowed
        "real ones need root",         // not root
        "the real ones did not start", // root in a container that allows none
        "real ones need Linux",
    ];
    let simulated = why.strip_prefix("# all simulated: ");
    assert!(simulated.is_some_and(|why| reasons.iter().any(|it| why.starts_with(it))), "{why}");
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 0);
}

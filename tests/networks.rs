//! Real BitTorrent clients in a network namespace, and what the program says of them.
//!
//! Needs root, iproute2, nftables and the clients that `tests/networks/install` installs; without,
//! it says so and passes, unless `NETWORK_LAB=require` is set. One test, because the clients are
//! one lab.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods)] // tests of processes live in the world

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The lab; ended when it goes.
struct Lab {
    namespace: String,
    state: tempfile::TempDir,
    infohash: String,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks").join(name)
}

fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

impl Lab {
    /// None where this machine has none to offer, which is said.
    fn up() -> Option<Self> {
        let wish = std::env::var("NETWORK_LAB").unwrap_or_default();
        if wish == "skip" {
            say("SKIPPED: no network lab is wanted (NETWORK_LAB=skip)");
            return None;
        }
        let mut lab = Self {
            namespace: format!("swlab-{}", std::process::id()),
            state: tempfile::tempdir().expect("a directory"),
            infohash: String::new(),
        };
        match lab.clients("up") {
            Ok(infohash) => {
                lab.infohash = infohash;
                Some(lab)
            }
            Err(why) if wish == "require" => panic!("no network lab: {why}"),
            Err(why) => {
                say(&format!("SKIPPED: no network lab on this machine: {why}"));
                None
            }
        }
    }

    /// Runs the script; gives the infohash of the lab's torrent.
    fn clients(&self, act: &str) -> Result<String, String> {
        let mut command = Command::new(script("clients"));
        command.args([act, "--namespace", &self.namespace, "--state"]).arg(self.state.path());
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let first: Option<Value> =
            text.lines().next().and_then(|line| serde_json::from_str(line).ok());
        Ok(first
            .and_then(|first| first["infohash"].as_str().map(str::to_owned))
            .unwrap_or_default())
    }

    /// Runs a command in the namespace, as root.
    fn inside(&self, args: &[&str]) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).args(args);
        command.stdin(Stdio::null()).output().expect("it runs")
    }

    /// The program's exit code, and its events.
    fn ask(&self, args: &[&str]) -> (i32, Vec<Value>) {
        let program = env!("CARGO_BIN_EXE_swarmscope");
        let mut command = Command::new(script("clients"));
        command
            .args(["exec", "--namespace", &self.namespace, "--", program])
            .args(args)
            .arg("--json");
        let output = command
            .env("HOME", self.state.path())
            .env("SWARMSCOPE_LOG", "trace")
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !text.contains(&self.infohash) && !log.contains(&self.infohash),
            "an infohash is printed: {text}{log}"
        );
        let events = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (output.status.code().unwrap_or(-1), events)
    }

    /// The last event, which is the reply, the failure or the end of a check.
    fn last(&self, args: &[&str]) -> (i32, Value) {
        let (code, events) = self.ask(args);
        (code, events.last().unwrap_or_else(|| panic!("{args:?}: nothing was said")).clone())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.clients("down");
    }
}

/// One client: its number in the lab, and what must be true of it.
struct Client {
    number: u8,
    encryption: &'static str,
    utp: bool,
    /// `v` of its DHT node.
    v: Option<&'static str>,
    /// What it calls itself, and its queue of requests.
    hello: (&'static str, Option<u64>),
    /// What a question that nobody has defined meets: a code, or 0 for silence.
    canary: i64,
    /// Whether a peer exchange comes soon.
    pex: bool,
}

const LIBTORRENT: Client = Client {
    number: 5,
    encryption: "open",
    utp: true,
    v: Some("LT 02 08"),
    hello: ("libtorrent/2.0.8.0", Some(2000)),
    canary: 203,
    pex: false,
};

const CLIENTS: [Client; 6] = [
    Client {
        number: 1,
        v: None,
        hello: ("Transmission 3.00", Some(512)),
        canary: 0,
        pex: true,
        ..LIBTORRENT
    },
    Client {
        number: 2,
        utp: false,
        v: Some("A2 00 03"),
        hello: ("aria2/1.36.0", None),
        canary: 0,
        ..LIBTORRENT
    },
    Client { number: 3, hello: ("qBittorrent/4.5.2", Some(2000)), ..LIBTORRENT },
    Client {
        number: 4,
        utp: false,
        v: Some("lt 0D 80"),
        hello: ("libTorrent 0.13.8", Some(2048)),
        canary: 204,
        ..LIBTORRENT
    },
    LIBTORRENT,
    Client { number: 6, encryption: "forced", ..LIBTORRENT },
];

impl Client {
    fn place(&self) -> String {
        format!("198.18.{0}.1:{1}", self.number, 51000 + u32::from(self.number))
    }

    fn is_reached(&self, lab: &Lab) {
        let begun = std::time::Instant::now();
        let (code, check) = lab.last(&["check", &self.place()]);
        let took = begun.elapsed();
        say(&format!("{} {took:.1?} {}", self.place(), check["summary"]));
        assert_eq!(
            (code, &check["event"], &check["what"]),
            (0, &"check".into(), &"bittorrent".into()),
            "{check}"
        );
        assert_eq!(
            (&check["encryption"], &check["utp"]),
            (&self.encryption.into(), &self.utp.into()),
            "{check}"
        );
        assert_eq!(
            (&check["dht"]["v"], &check["client"]),
            (&self.v.into(), &Value::Null),
            "{check}"
        );
        // 0.2 to 2.5 s on a machine that has nothing else to do: the slowest client looks at its
        // sockets once in half a second.
        assert!(took.as_secs_f64() < 10.0, "{took:?}");
    }

    fn says_hello(&self, lab: &Lab) {
        let target = format!("bt://{}", self.place());
        // A client may still hold the connection of the question before.
        let mut tries =
            (0..10).map(|_| lab.last(&["request", &target, "hello", "--infohash", &lab.infohash]));
        let (code, reply) = tries
            .find(|(code, _)| {
                let is_reply = *code == 0;
                if !is_reply {
                    std::thread::sleep(std::time::Duration::from_secs(1));
                }
                is_reply
            })
            .unwrap_or_else(|| panic!("{target}: no HELLO in ten tries"));
        let decoded = &reply["decoded"];
        say(&format!("{} {}", self.place(), reply["summary"]));
        assert_eq!(code, 0);
        assert_eq!(
            (&decoded["client"], &decoded["reqq"]),
            (&self.hello.0.into(), &self.hello.1.into()),
            "{reply}"
        );
        assert_eq!(decoded["encryption"], self.encryption, "{reply}");
        assert!(decoded["extensions"]["ut_pex"].is_u64(), "{reply}");
        assert!(!reply.to_string().contains(&lab.infohash), "an infohash is not printed");
    }

    fn answers_as_a_node(&self, lab: &Lab) {
        let target = format!("dht://{}", self.place());
        let (code, ping) = lab.last(&["request", &target, "ping"]);
        assert_eq!((code, &ping["decoded"]["v"]), (0, &self.v.into()), "{ping}");
        let (code, canary) = lab.last(&["request", &target, "canary", "--timeout", "2.5"]);
        if self.canary == 0 {
            assert_eq!((code, &canary["code"]), (6, &"answer.timeout".into()), "{canary}");
        } else {
            assert_eq!((code, &canary["error"]), (12, &self.canary.into()), "{canary}");
        }
    }

    fn is_no_overlay_peer(&self, lab: &Lab) {
        let (code, failure) = lab.last(&["request", &self.place(), "natcheck"]);
        assert_eq!((code, &failure["code"]), (4, &"handshake.bittorrent".into()), "{failure}");
        assert!(
            failure["cause"].as_str().is_some_and(|cause| cause.contains("a BitTorrent client")),
            "{failure}"
        );
    }
}

#[test]
fn real_clients_are_what_the_table_says() {
    let Some(lab) = Lab::up() else { return };
    for client in &CLIENTS {
        client.is_reached(&lab);
    }
    for client in &CLIENTS {
        client.answers_as_a_node(&lab);
    }
    for client in &CLIENTS {
        client.says_hello(&lab);
    }
    for client in &CLIENTS {
        client.is_no_overlay_peer(&lab);
    }
    exchanges_come_in_parts(&lab);
    a_lookup_meets_them_all(&lab);
    ports_without_an_answer_are_told_apart(&lab);
}

fn exchanges_come_in_parts(lab: &Lab) {
    let client = CLIENTS.iter().find(|client| client.pex).expect("one");
    let target = format!("bt://{}", client.place());
    let (code, events) =
        lab.ask(&["request", &target, "pex", "--infohash", &lab.infohash, "--timeout", "4"]);
    assert_eq!(code, 0, "{events:?}");
    assert!(
        events.len() >= 2
            && events[0]["event"] == "part"
            && events[0]["decoded"]["added"]["v4"].is_u64(),
        "{events:?}"
    );
    assert!(!format!("{:?}", events[0]).contains("198.18."), "addresses of peers are not printed");
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

fn ports_without_an_answer_are_told_apart(lab: &Lab) {
    let rule = "table inet check { chain input { type filter hook input priority 0; tcp dport 9 drop; udp dport 9 drop; }; }";
    let made = lab.inside(&["nft", rule]);
    assert!(made.status.success(), "{made:?}");
    let (code, dropped) = lab.last(&["check", "198.18.200.2:9"]);
    assert_eq!((code, &dropped["what"]), (6, &"nothing".into()), "{dropped}");
    assert!(
        dropped["summary"].as_str().is_some_and(|summary| summary.contains("dropped")),
        "{dropped}"
    );
    let (code, refused) = lab.last(&["check", "198.18.200.2:10"]);
    assert_eq!((code, &refused["what"]), (3, &"nothing".into()), "{refused}");
    let (code, failure) = lab.last(&["request", "dht://198.18.200.2:10", "ping"]);
    assert_eq!((code, &failure["code"]), (3, &"udp.unreachable".into()), "{failure}");
}

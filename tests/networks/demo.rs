//! `demo --scenario bittorrent` with real clients: it says so, they answer, and nothing of them is
//! left when it has ended, however it ended.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::lab::say;

const PROGRAM: &str = env!("CARGO_BIN_EXE_swarmscope");
const REAL: &str = "# the clients are real, in a network of their own";
/// After a SIGKILL nobody waits for the namespace's end but the kernel.
const GONE: Duration = Duration::from_secs(20);
/// How long a client may take to read its torrent.
const TRIES: usize = 20;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

struct Demo {
    process: Child,
    /// What it calls each, and its target.
    targets: HashMap<String, String>,
    infohash: String,
    home: tempfile::TempDir,
}

impl Demo {
    /// None where there are no real clients, which is said.
    fn start() -> Option<Self> {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(PROGRAM);
        command.args(["demo", "--scenario", "bittorrent", "--headless", "--peers", "1"]);
        command.env("HOME", home.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("it runs");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let (targets, infohash, which) = read(&mut lines);
        let mut demo = Self { process, targets, infohash, home };
        if which == REAL {
            return Some(demo);
        }
        demo.end(Signal::SIGTERM);
        let wish = std::env::var("NETWORK_LAB").unwrap_or_default();
        assert_ne!(wish, "require", "no real clients in the demo: {which}");
        say(&format!("SKIPPED: no real clients in the demo: {which}"));
        None
    }

    /// The network of its main thread, as the system names it.
    fn network(&self) -> PathBuf {
        fs::read_link(format!("/proc/{}/ns/net", self.process.id())).expect("its network")
    }

    fn ask(&self, args: &[&str]) -> (i32, Value) {
        let network = format!("--net=/proc/{}/ns/net", self.process.id());
        let mut command = Command::new("nsenter");
        command.args([&*network, PROGRAM]).args(args).arg("--json").env("HOME", self.home.path());
        let Output { status, stdout, .. } =
            command.stdin(Stdio::null()).output().expect("util-linux");
        let last = stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
        let last = last.map(|line| serde_json::from_slice(line).expect("JSON"));
        (status.code().unwrap_or(-1), last.unwrap_or_default())
    }

    /// A client that listens may not have read its torrent yet, and closes the connection.
    fn hello(&self, target: &str) -> (i32, Value) {
        let ask = || self.ask(&["request", target, "hello", "--infohash", &self.infohash]);
        let mut tries = std::iter::repeat_with(ask).take(TRIES);
        let last = tries.find(|(code, _)| {
            std::thread::sleep(BETWEEN_TRIES * u32::from(*code != 0));
            *code == 0
        });
        last.unwrap_or_else(ask)
    }

    fn target(&self, doc: &str) -> &str {
        self.targets.get(doc).unwrap_or_else(|| panic!("{doc}: {:?}", self.targets))
    }

    /// Its exit code; none after a SIGKILL.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        let pid = i32::try_from(self.process.id()).expect("a number of a process");
        kill(Pid::from_raw(pid), signal).expect("it is ours");
        self.process.wait().expect("it ends").code()
    }
}

fn read(lines: &mut Lines<BufReader<ChildStdout>>) -> (HashMap<String, String>, String, String) {
    let (mut targets, mut which) = (HashMap::new(), None);
    for line in lines.by_ref().map(|line| line.expect("UTF-8")) {
        if let Some(infohash) = line.strip_prefix("# the torrent of the clients: ") {
            return (targets, infohash.to_owned(), which.expect("it says which they are"));
        }
        match line.split_once("  # ") {
            Some((target, doc)) => drop(targets.insert(doc.to_owned(), target.to_owned())),
            None if line.starts_with("# ") && which.is_none() => which = Some(line),
            None => {}
        }
    }
    panic!("it ended before it had said everything: {targets:?}");
}

/// Who is in this network.
fn inside(network: &PathBuf) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let here = processes.filter(|process| {
        fs::read_link(process.path().join("ns/net")).is_ok_and(|its| its == *network)
    });
    here.map(|process| {
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        format!("{} {}", process.file_name().display(), name.trim())
    })
    .collect()
}

#[test]
fn the_demo_has_real_clients_where_there_can_be_some() {
    let _alone = crate::alone();
    let Some(mut demo) = Demo::start() else { return };
    let infohash = demo.infohash.clone();
    let names = [
        ("transmission", "Transmission 3.00"),
        ("aria2", "aria2/1.36.0"),
        ("qbittorrent", "qBittorrent/4.5.2"),
        ("rtorrent", "libTorrent 0.13.8"),
        ("libtorrent", "libtorrent/2.0.8.0"),
        ("libtorrent, encryption forced", "libtorrent/2.0.8.0"),
    ];
    for (name, called) in names {
        let target = demo.target(&format!("real client: {name}"));
        let (code, said) = demo.hello(target);
        assert_eq!((code, &said["decoded"]["client"]), (0, &called.into()), "{name}: {said}");
    }
    let forced = demo.target("real client: libtorrent, encryption forced");
    let (_, said) = demo.ask(&["check", forced.trim_start_matches("bt://")]);
    assert_eq!(said["encryption"], "forced", "{said}");
    let closed = demo.target("a closed port").trim_start_matches("bt://");
    assert_eq!(demo.ask(&["check", closed]).0, 3);
    // there is somebody whom they can tell of
    let open = demo.target("real client: qbittorrent");
    let pex = ["request", open, "pex", "--infohash", &infohash, "--timeout", "3"];
    let tells =
        |(code, said): &(i32, Value)| *code == 0 && said["decoded"]["added"].as_u64() > Some(0);
    let mut tries = std::iter::repeat_with(|| demo.ask(&pex)).take(TRIES);
    assert!(tries.any(|said| tells(&said)), "{open} tells of nobody");
    // simulated nodes know the real ones
    let node = demo.target("simulated node");
    let ranges = ["--allow-range", "127.0.0.0/8", "--allow-range", "198.18.0.0/15"];
    let lookup = ["request", node, "lookup", &infohash];
    assert_eq!(demo.ask(&[&lookup[..], &ranges].concat()).0, 0);

    let network = demo.network();
    let started = inside(&network);
    assert!(started.iter().any(|process| process.ends_with(" rtorrent main")), "{started:?}");
    assert_eq!(demo.end(Signal::SIGTERM), Some(0));
    assert_eq!(inside(&network), [""; 0], "all have gone before it ended");
}

#[test]
fn nothing_is_left_of_the_demo_s_clients_after_a_signal() {
    let _alone = crate::alone();
    for (signal, code) in [(Signal::SIGINT, Some(130)), (Signal::SIGKILL, None)] {
        let Some(mut demo) = Demo::start() else { return };
        let network = demo.network();
        assert!(inside(&network).len() > 6, "{:?}", inside(&network));
        assert_eq!(demo.end(signal), code);
        let ended = Instant::now();
        // Nobody tells that a network has gone.
        while signal == Signal::SIGKILL && !inside(&network).is_empty() && ended.elapsed() < GONE {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(inside(&network), [""; 0], "after {signal}");
    }
}

//! The program itself behind real NATs: peers in the namespaces dial a Crawler in the core, which lets two of them meet.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use swarmscope::identity::key_file;
use swarmscope::nat::lab::{Client, Kind, Lab, SERVER};
use swarmscope::wire::PermidKind;
use tempfile::TempDir;

use crate::lab;

const CRAWLER_PORT: u16 = 7760;

/// A process of the program; killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A key in a home of its own.
struct Home {
    directory: TempDir,
    permid: String,
}

impl Home {
    fn new(key: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let key = key_file::create(&directory.path().join(key), PermidKind::Ed25519).expect("a key");
        Self { directory, permid: key.permid().to_string() }
    }
}

/// A `swarmscope peer` behind some NATs, which dials the Crawler.
fn peer(client: &Client, home: &Home, crawler: &str) -> Process {
    let bootstrap = home.directory.path().join("bootstrap");
    fs::write(&bootstrap, format!("{SERVER}:{CRAWLER_PORT}\n")).expect("a file");
    let mut command = client.namespace.command(env!("CARGO_BIN_EXE_swarmscope"));
    command.args(["peer", "--listen", "0.0.0.0:7760", "--allow", crawler, "--identity", "peer.pem"]);
    command.arg("--bootstrap").arg(&bootstrap).current_dir(home.directory.path());
    command.env("HOME", home.directory.path()).env("SWARMSCOPE_LOG", "error");
    Process(command.stdin(Stdio::null()).spawn().expect("the program runs"))
}

/// The Crawler of `examples/pair_peers.rs` in the core, listening.
fn crawler(lab: &Lab, home: &Home, peers: [&Home; 2]) -> (Process, Lines<BufReader<ChildStdout>>) {
    let tests = std::env::current_exe().expect("this test");
    let program = tests.parent().and_then(Path::parent).expect("target/debug").join("examples/pair_peers");
    assert!(program.exists(), "built by `cargo test`, or `cargo build --examples`: {}", program.display());
    let mut command = lab.core().command(program.to_str().expect("a path in UTF-8"));
    command.args([&format!("0.0.0.0:{CRAWLER_PORT}"), &SERVER.to_string()]).args(peers.map(|peer| &peer.permid));
    command.current_dir(home.directory.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the example runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("a line").expect("text");
    assert_eq!(first, home.permid);
    (Process(child), lines)
}

#[test]
fn peers_behind_nats_are_paired_by_a_crawler_they_dialled() {
    let Some(mut lab) = lab() else { return };
    for (kinds, expected) in
        [([Kind::FullCone, Kind::PortRestricted], "YES"), ([Kind::PortRestricted, Kind::Symmetric], "NO")]
    {
        let home = Home::new("pair_peers.pem");
        let homes = [Home::new("peer.pem"), Home::new("peer.pem")];
        let clients = kinds.map(|kind| lab.client(&[kind]).expect("a client"));
        let (_crawler, told) = crawler(&lab, &home, homes.each_ref());
        let _peers = [0, 1].map(|side| peer(&clients[side], &homes[side], &home.permid));
        let told: Vec<String> = told.map(|line| line.expect("text")).collect();
        assert_eq!(told, homes.each_ref().map(|peer| format!("{} {expected}", peer.permid)), "{kinds:?}");
    }
}

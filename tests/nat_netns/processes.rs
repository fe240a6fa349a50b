//! The program itself behind real NATs: peers in the namespaces dial a Crawler in the core, which
//! lets two of them meet.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use swarmscope_peer::identity::key_file;
use swarmscope_probes::nat::lab::{Client, Kind, Lab, SERVER};
use swarmscope_wire::PermidKind;
use tempfile::TempDir;

use crate::lab;

const CRAWLER_PORT: u16 = 7760;
/// Longer than anything here takes, short enough to see that it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

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
        let key =
            key_file::create(&directory.path().join(key), PermidKind::Ed25519).expect("a key");
        Self { directory, permid: key.permid().to_string() }
    }
}

/// With nothing of the environment that could change what it does.
fn alone(mut command: Command) -> Command {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A `swarmscope peer` behind some NATs, which dials the Crawler.
fn peer(client: &Client, home: &Home, crawler: &str) -> Process {
    let bootstrap = home.directory.path().join("bootstrap");
    fs::write(&bootstrap, format!("{SERVER}:{CRAWLER_PORT}\n")).expect("a file");
    let mut command = alone(client.namespace.command(env!("CARGO_BIN_EXE_swarmscope")));
    command.args([
        "peer",
        "--listen",
        "0.0.0.0:7760",
        "--allow",
        crawler,
        "--identity",
        "peer.pem",
    ]);
    command.arg("--bootstrap").arg(&bootstrap).current_dir(home.directory.path());
    command.env("HOME", home.directory.path()).env("SWARMSCOPE_LOG", "error");
    Process(command.stdin(Stdio::null()).spawn().expect("the program runs"))
}

/// The Crawler of `examples/pair_peers.rs` in the core, listening.
fn crawler(lab: &Lab, home: &Home, peers: [&Home; 2]) -> (Process, Receiver<String>) {
    let tests = std::env::current_exe().expect("this test");
    let program =
        tests.parent().and_then(Path::parent).expect("target/debug").join("examples/pair_peers");
    assert!(
        program.exists(),
        "built by `cargo test`, or `cargo build --examples`: {}",
        program.display()
    );
    let mut command = alone(lab.core().command(program.to_str().expect("a path in UTF-8")));
    command
        .args([&format!("0.0.0.0:{CRAWLER_PORT}"), &SERVER.to_string()])
        .args(peers.map(|peer| &peer.permid));
    command.current_dir(home.directory.path());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the example runs");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let (told, lines) = channel();
    thread::spawn(move || {
        stdout.lines().map_while(Result::ok).try_for_each(|line| told.send(line))
    });
    let crawler = Process(child);
    assert_eq!(lines.recv_timeout(PATIENCE).expect("a line"), home.permid);
    (crawler, lines)
}

#[test]
fn peers_behind_nats_are_paired_by_a_crawler_they_dialled() {
    let Some(mut lab) = lab() else { return };
    for (kinds, expected) in [
        ([Kind::FullCone, Kind::PortRestricted], "YES"),
        ([Kind::PortRestricted, Kind::Symmetric], "NO"),
    ] {
        let home = Home::new("pair_peers.pem");
        let homes = [Home::new("peer.pem"), Home::new("peer.pem")];
        let clients = kinds.map(|kind| lab.client(&[kind]).expect("a client"));
        let (_crawler, told) = crawler(&lab, &home, homes.each_ref());
        let _peers = [0, 1].map(|side| peer(&clients[side], &homes[side], &home.permid));
        for peer in &homes {
            let line = told
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|end| panic!("{kinds:?}: nothing is told: {end}"));
            assert_eq!(line, format!("{} {expected}", peer.permid), "{kinds:?}");
        }
        assert_eq!(told.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected), "that is all");
    }
}

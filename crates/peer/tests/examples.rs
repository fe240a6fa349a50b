//! The examples as processes that talk to each other: what they show works as it is written.
#![allow(clippy::disallowed_methods)] // real sockets
#![allow(clippy::unwrap_used)] // a test's helpers may fail

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;

use tempfile::TempDir;

/// An example at work, in a directory of its own. It ends with its value.
struct Example {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Example {
    fn start(name: &str, directory: &TempDir, args: &[&str]) -> Self {
        let mut child = Command::new(program(name))
            .args(args)
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that has this in it.
    fn line(&mut self, with: &str) -> String {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(with))
            .expect("such a line")
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        self.child.wait().unwrap();
    }
}

/// Where an example is. `cargo test` has built it; with `--test examples` alone, this does.
fn program(name: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    if !program.exists() {
        BUILT.call_once(|| {
            let cargo =
                Command::new(env!("CARGO")).args(["build", "--quiet", "--examples"]).status();
            assert!(cargo.unwrap().success());
        });
    }
    program
}

/// An address on which nothing listened a moment ago.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The permid that an example prints first, which makes its key.
fn permid(name: &str, directory: &TempDir, args: &[&str]) -> String {
    Example::start(name, directory, args).lines.next().unwrap().unwrap()
}

#[test]
fn they_and_the_readme_name_no_module_that_is_hidden() {
    let source = include_str!("../src/lib.rs");
    let hidden: Vec<&str> = source
        .split("#[doc(hidden)]")
        .skip(1)
        .filter_map(|rest| rest.split_once("pub mod ")?.1.split_once(';'))
        .map(|(module, _)| module)
        .collect();
    assert!(hidden.contains(&"crawler"), "{hidden:?}");
    let texts = [
        include_str!("../README.md"),
        include_str!("../examples/ask_many.rs"),
        include_str!("../examples/embed_peer.rs"),
        include_str!("../examples/typed_message.rs"),
    ];
    for module in hidden {
        assert!(!texts.concat().contains(&format!("{module}::")), "{module}");
    }
}

#[test]
fn a_crawler_asks_many_peers_and_a_peer_that_is_not_there_is_one_line() {
    let home = TempDir::new().unwrap();
    let crawler = permid("ask_many", &home, &["200"]);
    let peers: Vec<_> = (0..3)
        .map(|_| {
            let (directory, place) = (TempDir::new().unwrap(), free());
            let mut peer = Example::start("embed_peer", &directory, &[&place, &crawler]);
            peer.line("Listening");
            (peer, place, directory)
        })
        .collect();
    let nobody = free();
    let mut args = vec!["200", &nobody];
    args.extend(peers.iter().map(|(_, place, _)| place.as_str()));
    let asked: Vec<String> =
        Example::start("ask_many", &home, &args).lines.by_ref().map(Result::unwrap).collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    for (_, place, _) in &peers {
        assert!(
            asked.iter().any(|line| line.starts_with(place) && line.ends_with(" s\"")),
            "{place}: {asked:?}"
        );
    }
    assert!(
        asked.iter().any(|line| line.starts_with(&nobody) && line.contains("refused")),
        "{asked:?}"
    );
}

#[test]
fn a_typed_request_gets_a_typed_reply() {
    let (home, place) = (TempDir::new().unwrap(), free());
    let crawler = permid("typed_message", &home, &["ask", &place]); // nobody is there yet: that fails
    let mut peer = Example::start("typed_message", &home, &["serve", &place, &crawler]);
    peer.line("Listening");
    let sum = |numbers: &[&str]| {
        let args = [&["ask", &place], numbers].concat();
        Example::start("typed_message", &home, &args).lines.nth(1).unwrap().unwrap()
    };
    assert_eq!(sum(&["1", "2", "39"]), "Sum { count: 3, sum: Some(42) }");
    assert_eq!(sum(&["9223372036854775807", "1"]), "Sum { count: 2, sum: None }");
}

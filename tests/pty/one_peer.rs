//! "Why does this peer not answer?": three peers that don't, the rung at which each fails, and the
//! one that does.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::ctrl;
use super::terminal::Terminal;

/// A `swarmscope peer` in a process of its own. Dropping it ends it.
struct Peer {
    child: Child,
    address: String,
    /// What it prints further on has to go somewhere.
    _output: BufReader<ChildStdout>,
    _home: TempDir,
}

impl Peer {
    fn start(allow: &[&str]) -> Self {
        let home = TempDir::new().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.args(["peer", "--listen", "127.0.0.1:0", "--json"]);
        command.args(allow.iter().flat_map(|permid| ["--allow", permid]));
        command.env_clear().env("HOME", home.path()).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        output.read_line(&mut line).expect("a line");
        let event: Value = serde_json::from_str(&line).expect("JSON");
        let address = event["addr"].as_str().expect("an address").to_owned();
        Self { child, address, _output: output, _home: home }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rungs of the ladder as they are drawn, with the sign before each.
fn rung<'a>(rows: &'a [String], name: &str) -> Option<&'a str> {
    rows.iter()
        .map(|row| row.split('│').next().unwrap_or(row).trim())
        .find(|row| row.contains(name))
}

fn connect(terminal: &mut Terminal, address: &str) {
    terminal.keys("c");
    terminal.wait_for("host:port");
    terminal.keys(&ctrl('u'));
    terminal.keys(address);
    terminal.enter();
}

/// Shows a peer on its own screen, found by its address.
fn inspect(terminal: &mut Terminal, address: &str) {
    terminal.keys("/");
    terminal.keys(&ctrl('u'));
    terminal.keys(address);
    terminal.wait("that peer alone", |rows| rows.iter().any(|row| row.contains("PEERS  1 of")));
    terminal.enter();
    terminal.keys("i");
    terminal.wait_for("CONVERSATION");
}

fn leave(terminal: &mut Terminal) {
    terminal.keys("\u{1b}");
    terminal.wait_for("REQUEST  to");
}

#[test]
fn each_peer_that_does_not_answer_shows_the_rung_and_the_reason() {
    let keys = TempDir::new().expect("a directory");
    let key = keys.path().join("key.pem").to_string_lossy().into_owned();
    let made = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .args(["key", "new", "--out", &key])
        .env_clear()
        .output();
    let permid = String::from_utf8(made.expect("the program runs").stdout).expect("text");
    let permid = permid.lines().next().expect("a permid");

    let nobody = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .to_string();
    let (refuses, answers) = (Peer::start(&[]), Peer::start(&[permid]));

    let mut terminal = Terminal::start(120, 40, &["tui", "--identity", &key], &[]);
    terminal.wait_for("No peers yet");
    // nobody listens
    connect(&mut terminal, &nobody);
    inspect(&mut terminal, &nobody);
    let rows = terminal.wait("the failing rung", |rows| {
        rung(rows, "tcp").is_some_and(|rung| rung.starts_with('×'))
    });
    assert!(
        rung(&rows, "resolve").is_some_and(|rung| rung.starts_with('√')),
        "{}",
        rows.join("\n")
    );
    terminal
        .wait("why, and what next", |rows| rows.iter().any(|row| row.contains("WHY  tcp.refused")));
    leave(&mut terminal);

    // a peer whose allow-list we are not on
    connect(&mut terminal, &refuses.address);
    inspect(&mut terminal, &refuses.address);
    terminal.wait("to be authenticated", |rows| {
        rung(rows, "authenticate").is_some_and(|rung| rung.starts_with('√'))
    });
    leave(&mut terminal);
    terminal.enter(); // NATCHECK is in the composer
    terminal.wait_for("closed without a reply");
    terminal.keys("i");
    terminal.wait_for("CONVERSATION");
    let rows = terminal.wait("refused", |rows| {
        rung(rows, "allow-list").is_some_and(|rung| !rung.starts_with('√'))
    });
    assert!(
        rung(&rows, "allow-list").is_some_and(|rung| rung.contains("likely")),
        "{}",
        rows.join("\n")
    );
    leave(&mut terminal);

    // the one that answers: parts, frames field by field, the same again is 254, and the command
    // line
    connect(&mut terminal, &answers.address);
    inspect(&mut terminal, &answers.address);
    terminal.wait("to be authenticated", |rows| {
        rung(rows, "authenticate").is_some_and(|rung| rung.starts_with('√'))
    });
    leave(&mut terminal);
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.keys(&ctrl('s'));
    terminal.wait_for("error 0, success");
    terminal.keys("R");
    terminal.wait_for("our own request was the last");
    terminal.keys("i");
    terminal.wait_for("CONVERSATION");
    let rows = terminal.wait("both answers in the conversation", |rows| {
        rows.iter().filter(|row| row.contains("← CRAWLER_REPLY")).count() == 2
    });
    assert!(rows.iter().any(|row| row.contains("→ CRAWLER_REQUEST")), "{}", rows.join("\n"));
    assert!(
        rung(&rows, "allow-list").is_some_and(|rung| rung.starts_with('√')),
        "{}",
        rows.join("\n")
    );
    terminal.keys("yc");
    terminal.wait_for("copied");
    terminal.keys("q");
    let (code, output) = terminal.end();
    assert_eq!(code, 0);
    assert!(output.contains("\u{1b}]52;c;"), "the command went to the terminal's clipboard");
}

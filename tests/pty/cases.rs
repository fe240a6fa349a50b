//! A case that is written while the screen runs, as somebody does it: opened, asked, noted, checked,
//! reported. What it says then is checked by the command line.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::terminal::Terminal;
use super::{demo, select_a_plain_peer};

#[test]
fn what_is_asked_on_the_screen_is_in_a_case_that_verifies() {
    let mut terminal = demo(120, 40);
    let directory = tempfile::tempdir().expect("a directory");
    let (case, report) = (directory.path().join("x.case"), directory.path().join("x.html"));
    terminal.keys(&format!(":case {}\r", case.display()));
    terminal.wait_for("new case");
    select_a_plain_peer(&mut terminal);
    terminal.keys("\r");
    terminal.wait("a reply", |rows| rows.concat().contains("NATCHECK  "));
    terminal.keys("sc");
    terminal.wait("the reply's entry", |rows| rows.concat().contains("← reply"));
    terminal.keys("Na responder's note\r");
    terminal.wait("the note's entry", |rows| rows.concat().contains("• note"));
    terminal.keys("c");
    terminal.wait_for("all hold");
    terminal.keys(&format!("E{}\r", report.display()));
    terminal.wait_for("1 question in");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);

    let verify = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .args(["case", "verify", "--json"])
        .arg(&case)
        .output()
        .expect("it runs");
    let said: Value = serde_json::from_slice(&verify.stdout).expect("JSON");
    assert_eq!((verify.status.code(), &said["ok"]), (Some(0), &true.into()), "{said}");
    assert_eq!(
        said["signed"].as_u64().map(|signed| signed + 1),
        said["entries"].as_u64(),
        "closing signs all of it: {said}"
    );
    let report = std::fs::read_to_string(report).expect("the report");
    assert!(report.contains("a responder's note") || report.contains("a responder&#39;s note"));
}

/// The entries of a case that have these fields, as `case show` prints them.
fn entries(case: &Path, fields: &[(&str, &str)]) -> Vec<Value> {
    let shown = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .args(["case", "show", "--json"])
        .arg(case)
        .output()
        .expect("it runs");
    let has = |entry: &Value| fields.iter().all(|(name, value)| entry["fields"][name] == *value);
    let lines = String::from_utf8(shown.stdout).expect("UTF-8");
    let entries = lines.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    entries.filter(has).collect()
}

/// One question to a node and one to all nodes, in a case that hides addresses or keeps them.
fn questions_on_the_dht(private: bool) -> (tempfile::TempDir, PathBuf) {
    let args = ["demo", "--scenario", "bittorrent", "--simulated", "--peers", "2", "--seed", "7"];
    let mut terminal = Terminal::start(120, 40, &args, &[]);
    terminal.wait_for("tour 1/9");
    terminal.keys("T");
    terminal.wait("the tour to end", |rows| !rows.concat().contains("skip tour"));
    if private {
        terminal.keys("P");
        terminal.wait("no address", |rows| !rows.concat().contains("127.0.0.1"));
    }
    let directory = tempfile::tempdir().expect("a directory");
    let case = directory.path().join("n.case");
    terminal.keys(&format!(":case {}\r", case.display()));
    terminal.wait_for("new case");
    terminal.keys("/net:dht\r");
    terminal.keys("g");
    terminal.keys(":request PING\r");
    terminal.keys("\r");
    terminal.wait("an answer", |rows| rows.concat().contains("swarmscope 0.1"));
    terminal.keys(":request CANARY\r");
    terminal.wait("the question", |rows| rows.concat().contains("question   CANARY"));
    terminal.keys("a");
    terminal.wait_for(" marked");
    terminal.keys(&super::ctrl('s'));
    terminal.wait_for("nothing sent yet");
    terminal.enter();
    terminal.wait_for("done in");
    terminal.keys("sc");
    terminal.wait("an entry of a reply", |rows| rows.concat().contains("← reply"));
    terminal.keys("c");
    terminal.wait_for("all hold");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
    (directory, case)
}

#[test]
fn questions_to_other_networks_are_in_the_case_with_their_bytes() {
    let (_directory, case) = questions_on_the_dht(false);
    let ping = [("network", "dht"), ("question", "PING")];
    let replies = entries(&case, &[&ping[..], &[("type", "reply")]].concat());
    assert!(!replies.is_empty() && replies[0]["fields"]["payload"]["base64"].is_string());
    let canary = [("network", "dht"), ("question", "CANARY"), ("type", "sent")];
    let asked = entries(&case, &canary);
    assert!(asked.len() >= 2, "each node is asked: {asked:?}");
    let peers: Vec<&Value> = asked.iter().map(|entry| &entry["fields"]["peer"]).collect();
    assert_ne!(peers[0], peers[1]);
}

#[test]
fn a_private_screen_s_case_names_no_node() {
    let (_directory, case) = questions_on_the_dht(true);
    let replies = entries(&case, &[("type", "reply"), ("question", "CANARY")]);
    assert!(!replies.is_empty() && replies[0]["fields"]["payload_masked"].is_string());
    let bytes = std::fs::read(&case).expect("the case");
    // four bytes of 127.0.0.1 can be those of two lengths
    for secret in [&b"127.77."[..], b"127.0.0.1", &[127, 77, 0, 1]] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{secret:?}");
    }
}

//! A case that is written while the screen runs, as somebody does it: opened, asked, noted, checked,
//! reported. What it says then is checked by the command line.

use std::process::Command;

use serde_json::Value;

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

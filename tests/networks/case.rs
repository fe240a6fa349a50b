//! A case of the real clients: what was asked of them and came holds, by this program and by the
//! verifier that is none of it.

use std::process::Command;
use std::time::Duration;

use crate::clients::CLIENTS;
use crate::lab::{Lab, say};

/// A client may still hold the connection of the question before.
const TRIES: usize = 10;

pub fn holds_what_they_say(lab: &Lab) {
    let case = lab.file("clients.case");
    let made = lab.output(&["case", "new", &case]);
    assert!(made.status.success(), "{made:?}");
    for client in &CLIENTS {
        let (peer, node) = (format!("bt://{}", client.place()), client.node());
        let hello = ["request", &peer, "hello", "--infohash", &lab.infohash, "--case", &case];
        let is_told = |try_: usize| {
            std::thread::sleep(Duration::from_secs(u64::from(try_ > 0)));
            lab.last(&hello).0 == 0
        };
        assert!((0..TRIES).any(is_told), "{peer}: no HELLO in {TRIES} tries");
        for question in ["reach", "ping"] {
            let target = if question == "ping" { &node } else { &peer };
            assert_eq!(lab.last(&["request", target, question, "--case", &case]).0, 0);
        }
    }
    let (code, verified) = lab.last(&["case", "verify", &case]);
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
    let (_, shown) = lab.ask(&["case", "show", &case]);
    let replies = |question: &str| {
        let is_it = |entry: &&serde_json::Value| {
            entry["fields"]["type"] == "reply" && entry["fields"]["question"] == question
        };
        shown.iter().filter(is_it).count()
    };
    assert_eq!(["HELLO", "REACH", "PING"].map(replies), [CLIENTS.len(); 3], "{shown:#?}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/case/verify.py");
    let independent = Command::new("python3").args([script, &case]).output().expect("Python");
    let words = String::from_utf8_lossy(&independent.stdout);
    assert!(independent.status.success(), "{independent:?}");
    say(&format!("case: {}", words.trim()));
}

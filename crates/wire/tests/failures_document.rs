//! `docs/failures.md` is generated from the tables of failures and notes. `UPDATE_FAILURES=1`
//! writes it; a stale one fails.

#![allow(clippy::disallowed_methods)] // tests read files and the environment

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use swarmscope_wire::NoteKind;
use swarmscope_wire::failure::{Cause, Phase};

const HEAD: &str = "\
<!-- generated from crates/wire/src/failure/causes.rs and note.rs:
     UPDATE_FAILURES=1 cargo test -p swarmscope-wire --test failures_document -->

# Failures

Every way a connection or a request can fail. Codes are stable: scripts may rely on them, and on
the exit codes. A failure also says who ended it (`us`, the `peer`, or the `network` where neither
did so on purpose) and whether the request may have been delivered. If so, the peer may have counted
it, and a retry can meet error 254.

A reply with an error byte (254, 253, 1, …) is a reply, not a failure.
";

const NOTES: &str = "
# Notes on replies

Damage and oddities that a decoder found in a payload. The screen shows them above the reply,
`request` prints them as `note:` lines, and its JSON lists them as `notes`, each with its code.

| Code | Meaning |
|---|---|
";

/// The phases in the order of a connection's life.
const ORDER: [(Phase, &str); 14] = [
    (Phase::Local, "On this machine"),
    (Phase::Resolve, "Name resolution"),
    (Phase::Tcp, "Connection"),
    (Phase::Udp, "Sending a datagram (DHT)"),
    (Phase::Mse, "Encrypted stream (BitTorrent)"),
    (Phase::Handshake, "Handshake"),
    (Phase::Extensions, "Extension handshake (BitTorrent)"),
    (Phase::Answer, "Node's answer (DHT)"),
    (Phase::Id, "Node id (DHT)"),
    (Phase::Version, "Version"),
    (Phase::Authentication, "Authentication"),
    (Phase::Open, "On an open connection"),
    (Phase::Request, "Sending a request"),
    (Phase::Reply, "Waiting for the reply"),
];

fn document() -> String {
    let mut text = HEAD.to_owned();
    for (phase, title) in ORDER {
        let _ = write!(
            text,
            "\n## {title}\n\n| Code | Exit | Message | Condition | Next step \
             |\n|---|---|---|---|---|\n"
        );
        for cause in Cause::ALL.iter().filter(|cause| cause.phase() == phase) {
            let (code, exit, says, when, hint) =
                (cause.code(), cause.exit(), cause.text(), cause.when(), cause.hint());
            let _ = writeln!(text, "| `{code}` | {exit} | {says} | {when} | {hint} |");
        }
    }
    text.push_str(NOTES);
    for kind in NoteKind::ALL {
        let _ = writeln!(text, "| `{}` | {} |", kind.code(), kind.meaning());
    }
    text
}

#[test]
fn the_document_lists_every_failure_and_note_as_the_program_says_it() {
    let document = document();
    for cause in Cause::ALL {
        assert!(cause.when().ends_with('.') && !cause.when().contains('|'), "{cause:?}");
        assert!(
            !cause.text().contains('|') && !cause.hint().contains('|'),
            "a table's row: {cause:?}"
        );
        assert_eq!(document.matches(&format!("| `{}` |", cause.code())).count(), 1, "{cause:?}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/failures.md");
    if env::var_os("UPDATE_FAILURES").is_some() {
        fs::write(&path, &document).expect("docs/ can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == document,
        "docs/failures.md is stale: write it with\n    UPDATE_FAILURES=1 cargo test -p \
         swarmscope-wire --test failures_document"
    );
}

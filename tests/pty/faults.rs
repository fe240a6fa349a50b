//! The machine fails the screen: its disk is full, its home can't be written, it is killed.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::connected;
use super::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_swarmscope");

#[test]
fn a_recording_that_the_disk_has_no_room_for_is_told_of() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("session.jsonl");
    let file = path.to_str().expect("a path");
    // no file may be longer than 16 blocks of 512 bytes
    let cramped = "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"";
    let program = ["-c", cramped, PROGRAM, "demo", "--seed", "7", "--record", file];
    let mut terminal = Terminal::run(120, 40, "/bin/sh", &program, &[]);
    terminal.wait("most peers", |rows| connected(rows).is_some_and(|n| n >= 20));
    terminal.keys("L/recording\r");
    terminal.wait_for("recording stopped");
    terminal.keys("q");
    let (code, said) = terminal.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("session.jsonl breaks off: File too large"), "{said}");
}

#[test]
fn a_case_that_the_disk_has_no_room_for_is_told_of_and_holds_so_far() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("x.case");
    let case = path.to_str().expect("a path");
    let cramped = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let program = ["-c", cramped, PROGRAM, "demo", "--seed", "7"];
    let mut terminal = Terminal::run(120, 40, "/bin/sh", &program, &[]);
    terminal.wait("most peers", |rows| connected(rows).is_some_and(|n| n >= 20));
    terminal.keys("T");
    terminal.keys(&format!(":case {case}\r"));
    terminal.wait_for("new case");
    terminal.keys("sc");
    for note in ["first", "second", "third"] {
        terminal.keys(&format!("N{}\r", note.repeat(200)));
    }
    terminal.wait_for("File too large");
    terminal.keys("q");
    let (code, said) = terminal.end();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the case breaks off: "), "{said}");
    let verify = std::process::Command::new(PROGRAM).args(["case", "verify", case]).output();
    let verify = verify.expect("it runs");
    let report = String::from_utf8_lossy(&verify.stdout);
    assert!(verify.status.success(), "what is there holds: {report}");
}

#[test]
fn what_was_recorded_before_a_kill_is_replayed() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("session.jsonl");
    let file = path.to_str().expect("a path");
    let terminal = Terminal::start(120, 40, &["demo", "--seed", "7", "--record", file], &[]);
    terminal.wait("all peers", |rows| connected(rows) == Some(24));
    let until = Instant::now() + Duration::from_secs(30);
    let written = || std::fs::metadata(&path).map_or(0, |file| file.len());
    while written() < 8_000 {
        assert!(Instant::now() < until, "{} bytes are written", written());
        std::thread::sleep(Duration::from_millis(50));
    }
    terminal.signal("KILL");
    terminal.wait_until_closed();

    let mut replay = Terminal::start(120, 40, &["tui", "--replay", file], &[]);
    replay.wait_for("replay ");
    replay.keys("$");
    let last = replay.wait("its end", |rows| rows[0].contains("replay ended"));
    assert!(connected(&last).is_some_and(|n| n > 0), "{last:?}");
    replay.keys("q");
    assert_eq!(replay.end().0, 0);
}

/// Nobody, not even root, makes files in `/proc`.
#[test]
fn a_home_that_cannot_be_written_is_told_of_and_the_screen_runs() {
    let home = [("HOME", "/proc")];
    let mut terminal = Terminal::start(120, 40, &["demo", "--seed", "7"], &home);
    terminal.wait("most peers", |rows| connected(rows).is_some_and(|n| n >= 20));
    terminal.keys("T");
    terminal.keys(":sort peer\r");
    terminal.wait_for("sort: peer");
    terminal.keys("L");
    terminal.wait_for("/proc/");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

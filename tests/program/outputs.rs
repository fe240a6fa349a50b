//! Standard output and standard error that nobody reads, or that are full: never a panic, and the
//! exit code that is due.

use std::fs::OpenOptions;
use std::io::pipe;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Home, Outcome, Peer, Running};

const ABOUT_THE_PROGRAM: [&[&str]; 6] = [
    &["--help"],
    &["request", "--help"],
    &["config"],
    &["keymap"],
    &["man"],
    &["completions", "bash"],
];

/// A device that has no room for anything.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("/dev/full").into()
}

/// The end of a pipe whose reader has gone away.
fn unread() -> Stdio {
    pipe().expect("a pipe").1.into()
}

fn code(mut command: Command) -> Option<i32> {
    command.status().expect("the program runs").code()
}

#[test]
fn the_exit_code_is_the_same_where_nobody_can_be_told_why() {
    let home = Home::new();
    for (args, expected) in [
        (&["request", "127.0.0.1:1", "3"][..], 3),
        (&["nonsense"], 2),
        (&["request", "nowhere", "3"], 2),
        (&["tui"], 1),
    ] {
        for nobody in [full, unread] {
            let mut command = home.swarmscope(args);
            command.stdout(nobody()).stderr(nobody());
            assert_eq!(code(command), Some(expected), "{args:?}");
        }
    }
}

#[test]
fn a_peer_goes_on_where_nobody_reads_its_log() {
    for nobody in [full, unread] {
        let (home, crawler) = (Home::new(), Home::new());
        let mut command = home.swarmscope(&[
            "peer",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--allow",
            &crawler.permid(false),
        ]);
        command.stderr(nobody());
        let peer = Running::start(command);
        let address = peer.event("listening")["addr"].as_str().expect("an address").to_owned();
        for _ in 0..2 {
            assert_eq!(
                crawler.run(&["request", &address, "77"]).code,
                11,
                "unknown message, which is an answer"
            );
        }
        peer.signal(libc::SIGTERM);
        assert_eq!(peer.code(), 0);
    }
}

#[test]
fn a_reader_of_texts_may_stop_when_it_has_what_it_wanted() {
    let home = Home::new();
    for args in ABOUT_THE_PROGRAM {
        let mut command = home.swarmscope(args);
        command.stdout(unread()).stderr(Stdio::piped());
        let outcome = Outcome::of(command.output().expect("the program runs"));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_told_of() {
    let home = Home::new();
    for args in ABOUT_THE_PROGRAM {
        let mut command = home.swarmscope(args);
        command.stdout(full()).stderr(Stdio::piped());
        let outcome = Outcome::of(command.output().expect("the program runs"));
        assert_eq!(outcome.code, 1, "{args:?}");
        assert!(
            outcome.stderr.contains("standard output: No space left"),
            "{args:?}: {}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains("hint: "), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_reply_that_cannot_be_printed_is_told_of() {
    let (home, crawler) = (Home::new(), Home::new());
    let peer = Peer::start(&home, 18, &[&crawler.permid(false)]);
    for json in [&[][..], &["--json"]] {
        let mut command = crawler.swarmscope(&[&["request", &peer.addr, "77"], json].concat());
        command.stdout(full()).stderr(Stdio::piped());
        let outcome = Outcome::of(command.output().expect("the program runs"));
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.stderr.contains("standard output: No space left"), "{outcome:?}");
    }
}

/// The program as where a disk is full: files get 512 bytes and no more.
fn cramped(home: &Home, args: &[&str]) -> Outcome {
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let program = ["-c", script, env!("CARGO_BIN_EXE_swarmscope")];
    let mut command = home.program(Path::new("/bin/sh"), &[&program, args].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Outcome::of_its_end(command.spawn().expect("a shell"))
}

#[test]
fn a_reply_that_cannot_be_saved_is_still_printed_and_no_half_of_it_is_left() {
    let (home, crawler) = (Home::new(), Home::new());
    let permid = crawler.permid(false);
    let peer = Peer::start(&home, 18, &[&permid]);
    let path = crawler.path().join("reply");
    for there in [false, true] {
        if there {
            std::fs::write(&path, "before").expect("a file");
        }
        let long = "SELECT hex(zeroblob(1000))";
        let args = ["request", &peer.addr, "database", long, "--frequency", "0", "--out", "reply"];
        let outcome = cramped(&crawler, &args);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(
            outcome.stderr.contains("reply: File too large") && outcome.stderr.contains("--out"),
            "{outcome:?}"
        );
        assert!(outcome.stdout.contains(&"0".repeat(100)), "{outcome:?}");
        assert_eq!(
            path.metadata().map(|it| it.len()).ok(),
            there.then_some(0),
            "nothing that looks like a reply"
        );
    }
}

#[test]
fn statistics_that_cannot_be_made_leave_nothing_behind() {
    let home = Home::new();
    let outcome =
        cramped(&home, &["peer", "--listen", "127.0.0.1:0", "--data", "statistics.sqlite"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("statistics.sqlite: ") && outcome.stderr.contains("--data"),
        "{outcome:?}"
    );
    assert!(!home.path().join("statistics.sqlite").exists());
}

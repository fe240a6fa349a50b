//! What peers can answer to a screen: the others answer it all the same, and whoever sits before it
//! does not notice.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::alone;
use super::answering::{ATTACKERS, Crowd, HONEST, bombs, large};
use super::honest::{Attack, Times, compare_with};
use super::terminal::Terminal;
use super::victim::{Ceilings, PATIENCE, usage};

const ALL: u8 = ATTACKERS + HONEST;
/// Keys that are timed.
const KEYS: usize = 40;
/// A key is pressed while what the attackers answer comes and is read.
const BETWEEN: Duration = Duration::from_millis(100);

/// A screen that is connected to everybody in a crowd, and the request to them all on its way.
fn asking(crowd: &Crowd) -> Terminal {
    let path = |name: &str| crowd.home.path().join(name).to_string_lossy().into_owned();
    fs::write(path("peers.txt"), crowd.targets().join("\n")).expect("written");
    let (peers, home) = (path("peers.txt"), crowd.home.path().to_string_lossy().into_owned());
    let program = env!("CARGO_BIN_EXE_swarmscope");
    let mut terminal =
        Terminal::run(140, 44, program, &["tui", "--bootstrap", &peers], &[("HOME", &home)]);
    terminal.wait("all connections", |rows| rows[0].contains(&format!("● {ALL}")));
    terminal.keys("a");
    terminal.wait_for(&format!("{ALL} marked"));
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.keys("\u{13}"); // ctrl-s
    terminal.wait_for("nothing sent yet");
    terminal.enter();
    terminal.wait_for("69 sent");
    terminal
}

/// How long a key waits for its frame.
fn press(terminal: &mut Terminal, n: usize) -> Duration {
    let typed = format!("zz{n}");
    let pressed = Instant::now();
    terminal.keys(":");
    terminal.keys(&typed);
    terminal.wait_for(&typed);
    let took = pressed.elapsed();
    terminal.keys("\u{1b}");
    terminal.wait("the list again", |rows| !rows.iter().any(|row| row.contains(&typed)));
    took
}

/// So many keys at each, in turn, while what the attackers answered is read.
fn keys(attacked: &mut Terminal, other: &mut Terminal) -> Times {
    let (mut times, mut beside) = (Vec::new(), Vec::new());
    for n in 0..KEYS {
        beside.push(press(other, n));
        times.push(press(attacked, n));
        thread::sleep(BETWEEN);
    }
    Times::of(times, beside)
}

/// Waits until everything that came has been read.
fn wait_until_read(crowd: &Crowd, terminal: &Terminal) {
    let until = Instant::now() + PATIENCE;
    loop {
        let limits = crowd.home.lines(&["limits", "--json"]);
        let mut own = limits.iter().filter(|line| line["pid"] == terminal.id());
        let held = own.find(|line| line["limit"] == "reply-bytes-in-all");
        if held.is_some_and(|line| line["used"] == 0) {
            return;
        }
        assert!(Instant::now() < until, "it is never read: {held:?}");
        thread::sleep(BETWEEN);
    }
}

/// A request to attackers and honest peers goes on as one to peers that are all honest, beside it.
fn hold(attack: &str, replies: &[Option<Bytes>], ceilings: Ceilings) {
    let _alone = alone();
    let (crowd, quiet) = (Crowd::start(0, replies), Crowd::quiet(100));
    let (mut other, mut attacked) = (asking(&quiet), asking(&crowd));
    let times = keys(&mut attacked, &mut other);
    compare_with(attack, "a key waits for its frame", Attack::Computes, times);
    attacked.wait("an answer of each honest peer", |rows| {
        let honest = format!(" {HONEST} ");
        rows.iter().any(|row| row.contains(&honest) && row.contains("7 rows: peer_count"))
    });
    attacked.wait("an end of each request", |rows| {
        rows.iter().any(|row| row.contains("OUTCOME  69 of 69"))
    });
    wait_until_read(&crowd, &attacked);
    let quiet = usage(other.id()).expect("it runs").memory;
    let now = usage(attacked.id()).expect("it runs");
    let grown = now.memory.saturating_sub(quiet) >> 10;
    now.is_below(attack, &format!("+{grown}"), grown, ceilings);
    for mut terminal in [attacked, other] {
        terminal.keys("\u{3}"); // ctrl-c
        assert_eq!(terminal.end().0, 130);
    }
}

#[test]
fn replies_of_60_mib_to_a_screen_hold_no_answer_and_no_key_up() {
    let replies = vec![Some(large()); ATTACKERS.into()];
    hold(
        "48 peers that send a screen 60 MiB each",
        &replies,
        Ceilings { memory: 1000, files: 128 },
    );
}

#[test]
fn bombs_in_replies_to_a_screen_hold_no_answer_and_no_key_up() {
    let replies: Vec<_> = bombs().into_iter().map(Some).cycle().take(ATTACKERS.into()).collect();
    hold(
        "48 peers whose replies to a screen are bombs",
        &replies,
        Ceilings { memory: 800, files: 128 },
    );
}

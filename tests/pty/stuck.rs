//! A terminal that takes nothing for a while: a stalled line, a window that is held still.

use std::fs;
use std::thread;
use std::time::Duration;

use super::swarm::Swarm;
use super::terminal::{FRAME_ENDS, Terminal};
use super::{ESC, ask_for_a_nat_test, connected};

const PEERS: usize = 12;
/// How long nothing is read.
const STUCK: Duration = Duration::from_secs(5);
/// Between two keys that are typed blindly.
const GAP: Duration = Duration::from_millis(10);
/// What the program may grow by meanwhile, in KiB.
const MOST_GROWTH: u64 = 16 << 10;

/// KiB of the process that are in memory.
fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Has whole screens drawn for so long, until no more goes into the line; an even number of times,
/// so that they end as they began.
fn fill(terminal: &mut Terminal, how_long: Duration) {
    for _ in 0..how_long.as_millis() / GAP.as_millis() / 2 {
        for _ in 0..2 {
            terminal.keys("L");
            thread::sleep(GAP);
        }
    }
}

/// How many frames were painted.
fn frames(printed: &[u8]) -> usize {
    printed.windows(FRAME_ENDS.len()).filter(|bytes| *bytes == FRAME_ENDS).count()
}

#[test]
fn a_terminal_that_is_stuck_for_a_while_costs_neither_keys_nor_connections() {
    let swarm = Swarm::start(PEERS);
    let mut terminal = swarm.screen(200, 60);
    terminal.wait("all peers", |rows| connected(rows) == Some(12));
    let (before, painted) = (resident(terminal.id()), frames(&terminal.printed().0));

    terminal.stick(true);
    fill(&mut terminal, STUCK);
    // blindly: text that can be read afterwards
    let text: String = ('a'..='z').cycle().take(130).collect();
    terminal.keys("/");
    terminal.keys(&text);
    let grown = resident(terminal.id()).saturating_sub(before);
    terminal.stick(false);

    let rows =
        terminal.wait("what was typed blindly", |rows| rows.iter().any(|row| row.contains(&text)));
    assert_eq!(connected(&rows), Some(12), "{}", rows.join("\n"));
    let painted = frames(&terminal.printed().0) - painted;
    assert!(painted < 250, "{painted} frames were painted: it was not stuck");
    assert!(grown < MOST_GROWTH, "{grown} KiB more than before");
    // the connections are as good as before
    terminal.keys(ESC);
    terminal.wait("the filter to go", |rows| !rows.iter().any(|row| row.contains(&text)));
    ask_for_a_nat_test(&mut terminal);
    terminal.wait_for("error 0, success");
    terminal.keys("L");
    let log = terminal.wait_for("LOG");
    assert!(
        !log.iter().any(|row| row.contains("closed") || row.contains("disconnected")),
        "{}",
        log.join("\n")
    );
    terminal.keys("q");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

/// `ESC [` is Alt and `[`, or the beginning of anything: whoever reads it waits for more. The
/// screen must not.
#[test]
fn half_a_key_behind_others_holds_nothing_up() {
    let mut terminal = Terminal::start(200, 60, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    terminal.stick(true);
    fill(&mut terminal, Duration::from_secs(2));
    // while the program hangs in the middle of a frame
    terminal.keys("L");
    thread::sleep(GAP);
    terminal.keys("\u{1b}[");
    thread::sleep(GAP);
    terminal.stick(false);
    let mut clock = terminal.wait_for("LOG").first().cloned();
    for _ in 0..3 {
        clock = terminal
            .wait("the clock to go on", |rows| rows.first() != clock.as_ref())
            .first()
            .cloned();
    }
    terminal.keys("BL"); // the rest of it: a key down
    terminal.wait_for("No peers yet.");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

//! The real binary while nothing happens.

use std::thread;
use std::time::Duration;

use crate::process::{Share, resident};
use crate::swarm::Swarm;

const PEERS: usize = 12;
/// Handshakes, the first gossip and what the first hint says are over by then.
const SETTLED: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
/// Per cent of a processor.
const GOAL: f64 = 0.5;

pub fn measure() {
    let swarm = Swarm::start(PEERS);
    let mut terminal = swarm.screen(120, 40);
    terminal.wait("12 connections", |rows| rows[0].contains(&format!("● {PEERS}")));
    thread::sleep(SETTLED);
    let share = Share::of(terminal.id());
    let before = terminal.printed().0.len();
    thread::sleep(MINUTE);
    let (share, printed) = (share.so_far(), terminal.printed().0.len() - before);
    let verdict = if share < GOAL { "below" } else { "NOT below" };
    println!(
        "idle, {PEERS} quiet peers, {MINUTE:?}: {share:.2} % of a processor, {verdict} {GOAL} %"
    );
    println!("  it printed {printed} B, and has {} MiB in memory", resident(terminal.id()).0 >> 20);
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

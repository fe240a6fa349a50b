//! What the system tells of a process.

use std::fs;
use std::time::{Duration, Instant};

/// Ticks of the processor's clock in a second: what Linux tells every program, whatever it counts
/// inside.
const TICKS: u64 = 100;

/// Bytes of it that are in memory: now, and the most there ever were.
pub fn resident(id: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let kib = |name: &str| {
        let line =
            status.lines().find_map(|line| line.strip_prefix(name)).expect("the system tells");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number")
    };
    (kib("VmRSS:") * 1024, kib("VmHWM:") * 1024)
}

/// How long it has had a processor, all its threads together.
fn worked(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    // behind the name, which is in brackets and may hold anything: state is the first, the times
    // are the 12th and 13th
    let behind = stat.rsplit(") ").next().expect("a name");
    let ticks = behind
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum::<u64>();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// The share of one processor that a process takes from here on.
pub struct Share {
    id: u32,
    since: Instant,
    before: Duration,
}

impl Share {
    pub fn of(id: u32) -> Self {
        Self { id, since: Instant::now(), before: worked(id) }
    }

    /// In per cent.
    pub fn so_far(&self) -> f64 {
        worked(self.id).saturating_sub(self.before).as_secs_f64()
            / self.since.elapsed().as_secs_f64()
            * 100.0
    }
}

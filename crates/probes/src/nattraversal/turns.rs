//! Whose tries run, and when those of the last minute began: few in all, and a quarter of them never
//! for the same Crawler, so that another one has its turn.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use swarmscope_wire::Permid;

/// How many tries run at a time. A Crawler pairs a peer with one other, or with few.
pub(super) const AT_ONCE: usize = 4;
/// How many begin within a minute: a victim that a rendezvous names gets two short datagrams a
/// second of all Crawlers together.
pub(super) const A_MINUTE: usize = 12;
/// What one Crawler has of them: it pairs this peer with many others, one after the other.
pub(super) const fn share(most: usize) -> usize {
    most - most / 4
}

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Both lists are short, because they are bounded.
#[derive(Default)]
pub(super) struct Turns {
    running: Vec<Permid>,
    begun: VecDeque<(Instant, Permid)>,
}

impl Turns {
    /// A try of this Crawler begins.
    ///
    /// # Errors
    /// It may not begin now: why, and when to ask again.
    pub(super) fn begin(&mut self, crawler: Permid, now: Instant) -> Result<(), String> {
        while self.begun.front().is_some_and(|(at, _)| now >= *at + MINUTE) {
            self.begun.pop_front();
        }
        let own = self.running.iter().filter(|of| **of == crawler).count();
        within(self.running.len(), own, AT_ONCE, "are running already; ask again in 20 s")?;
        let own = self.begun.iter().filter(|(_, of)| *of == crawler).count();
        within(self.begun.len(), own, A_MINUTE, "began in the last minute; ask again in a minute")?;
        self.running.push(crawler);
        self.begun.push_back((now, crawler));
        Ok(())
    }

    /// A try of this Crawler has ended.
    pub(super) fn end(&mut self, crawler: Permid) {
        if let Some(at) = self.running.iter().position(|of| *of == crawler) {
            self.running.swap_remove(at);
        }
    }
}

/// Whether there is room for one more among at most `most`.
fn within(all: usize, own: usize, most: usize, what: &str) -> Result<(), String> {
    match (all < most, own < share(most)) {
        (true, true) => Ok(()),
        (_, false) => Err(format!("busy: {own} tries of yours {what}")),
        (false, true) => Err(format!("busy: {all} tries {what}")),
    }
}

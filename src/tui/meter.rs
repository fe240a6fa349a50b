//! What the loop takes: the newest times of each kind of work, and how many there were in a second.

use std::time::Duration;

use swarmscope_peer::limits::{Reading, Unit};

use crate::screen::figures::{Figures, Reached, Spread};

/// Of how many messages the times are kept: more than a busy second brings, so that a slow one is
/// in the next figures.
const MESSAGES: usize = 8192;
/// Of how many frames: some seconds of them.
const FRAMES: usize = 512;

/// The newest times of one kind of work, as many as `KEPT`.
#[derive(Default, Debug)]
pub struct Times<const KEPT: usize> {
    newest: Vec<Duration>,
    next: usize,
}

impl<const KEPT: usize> Times<KEPT> {
    pub fn add(&mut self, took: Duration) {
        if self.newest.len() < KEPT {
            self.newest.push(took);
        } else {
            self.newest[self.next] = took;
        }
        self.next = (self.next + 1) % KEPT;
    }

    #[must_use]
    pub fn spread(&self) -> Spread {
        let mut sorted = self.newest.clone();
        sorted.sort_unstable();
        let at = |share: usize| {
            sorted.len().checked_sub(1).map_or(Duration::ZERO, |last| sorted[last * share / 100])
        };
        Spread { p50: at(50), p99: at(99), most: at(100) }
    }
}

/// All that is measured.
#[derive(Default, Debug)]
pub struct Meter {
    pub update: Times<MESSAGES>,
    pub draw: Times<FRAMES>,
    pub key: Times<FRAMES>,
    messages: u64,
    frames: u64,
    most_waiting: usize,
}

impl Meter {
    /// A message was folded.
    pub fn folded(&mut self, took: Duration) {
        self.update.add(took);
        self.messages += 1;
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, took: Duration) {
        self.draw.add(took);
        self.frames += 1;
    }

    /// So many events waited.
    pub fn waited(&mut self, events: usize) {
        self.most_waiting = self.most_waiting.max(events);
    }

    /// The figures of the second that ends now. `limits`: those of the node, if one runs.
    pub fn second(&mut self, events: usize, decodings: usize, limits: &[Reading]) -> Figures {
        let figures = Figures {
            update: self.update.spread(),
            draw: self.draw.spread(),
            key: self.key.spread(),
            messages: self.messages,
            frames: self.frames,
            events: (events, self.most_waiting),
            decodings,
            resident: resident(),
            limits: reached(limits),
        };
        (self.messages, self.frames) = (0, 0);
        figures
    }
}

/// Of these limits, those that were reached.
fn reached(limits: &[Reading]) -> Vec<Reached> {
    let of = |reading: &Reading| {
        let Reading { limit, allowed, used, most, refused } = *reading;
        let bytes = limit.unit() == Unit::Bytes;
        let limit = limit.key().to_owned();
        Reached { limit, bytes, allowed, used: used.unwrap_or(most), refused }
    };
    let mut all: Vec<_> = limits.iter().filter(|it| it.refused > 0).map(of).collect();
    all.sort_by_key(|limit| std::cmp::Reverse(limit.refused));
    all
}

/// Bytes of this process that are in memory, as Linux tells them.
#[must_use]
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use swarmscope_peer::limits::{self as node, Limit, Limits};

    use super::*;

    #[test]
    fn the_newest_times_are_spread() {
        let mut times = Times::<512>::default();
        assert_eq!(times.spread(), Spread::default());
        (0..10 * 512).for_each(|n| times.add(Duration::from_micros(n)));
        let first = 9 * 512;
        let spread = times.spread();
        assert_eq!(spread.p50, Duration::from_micros(first + 255));
        assert_eq!(spread.p99, Duration::from_micros(first + 505));
        assert_eq!(spread.most, Duration::from_micros(first + 511));
    }

    #[test]
    fn one_slow_message_of_a_busy_second_is_told() {
        let mut meter = Meter::default();
        meter.folded(Duration::from_millis(20));
        (0..5_000).for_each(|_| meter.folded(Duration::from_micros(2)));
        assert_eq!(meter.second(0, 0, &[]).update.most, Duration::from_millis(20));
    }

    #[test]
    fn a_second_counts_from_nothing() {
        let mut meter = Meter::default();
        meter.folded(Duration::from_millis(1));
        meter.drawn(Duration::from_millis(2));
        meter.waited(7);
        let figures = meter.second(3, 1, &[]);
        assert_eq!(
            (figures.messages, figures.frames, figures.events, figures.decodings),
            (1, 1, (3, 7), 1)
        );
        assert_eq!(meter.second(0, 0, &[]).messages, 0);
        assert!(figures.resident.is_none_or(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn limits_that_were_reached_are_told_and_no_others() {
        let limits = Limits::default();
        let node = node::Meter::new(&limits);
        node.uses(Limit::ConnectionsPerSource, 384);
        node.refused(Limit::ConnectionsPerSource);
        node.uses(Limit::FrameBytes, 600);
        (0..3).for_each(|_| node.refused(Limit::FrameBytes));
        node.uses(Limit::Known, 2_500); // full is not yet reached: nobody was turned away
        let told = Meter::default().second(0, 0, &node.read()).limits;
        let told: Vec<_> =
            told.iter().map(|it| (&it.limit[..], it.bytes, it.used, it.refused)).collect();
        let expected = [("frame-bytes", true, 600, 3), ("connections-per-source", false, 384, 1)];
        assert_eq!(told, expected);
    }
}

//! The last minute, second by second: what came in, and how many peers were known and connected.
//! Folded like everything else, so that a replay shows what was seen.

use std::collections::VecDeque;

use swarmscope_peer::node::Event;

/// Seconds that are kept: as many as a line across a small terminal has room for.
pub const SECONDS: usize = 60;

/// One second.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Second {
    /// Events that the node told.
    pub events: u64,
    /// Payload bytes of the parts of replies.
    pub bytes: u64,
    /// Payload bytes of the requests that went out.
    pub sent: u64,
    /// Peers known at its end.
    pub known: usize,
    /// Peers connected at its end.
    pub connected: usize,
}

/// What a message tells: how many events, and payload bytes of replies and of requests.
#[derive(Clone, Copy, Default, Debug)]
pub struct Brought {
    pub events: u64,
    pub bytes: u64,
    pub sent: u64,
}

impl Brought {
    /// Of what the node told.
    #[must_use]
    pub fn by(event: &Event) -> Self {
        let (bytes, sent) = match event {
            Event::Part { payload, .. } => (payload.len() as u64, 0),
            Event::Sent { payload, .. } => (0, payload.len() as u64),
            _ => (0, 0),
        };
        Self { events: 1, bytes, sent }
    }
}

/// The last seconds, oldest first.
#[derive(Clone, Default, Debug)]
pub struct Trend {
    seconds: VecDeque<Second>,
    /// Which second the newest one is, since the session began.
    newest: u64,
}

impl Trend {
    /// The seconds that were seen, oldest first; the newest is not over yet.
    #[must_use]
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = &Second> + ExactSizeIterator {
        self.seconds.iter()
    }

    /// The seconds that are over, oldest first.
    #[must_use]
    pub fn over(&self) -> impl DoubleEndedIterator<Item = &Second> + ExactSizeIterator + Clone {
        self.seconds.range(..self.seconds.len().saturating_sub(1))
    }

    /// The newest second that is over.
    #[must_use]
    pub fn last(&self) -> Option<&Second> {
        self.seconds.iter().rev().nth(1)
    }

    /// Takes in what a message brought, and how the swarm stands after it.
    pub(super) fn add(&mut self, second: u64, brought: Brought, known: usize, connected: usize) {
        if self.seconds.is_empty() {
            self.newest = second;
            self.seconds.push_back(Second::default());
        }
        // a clock that goes back changes no second that is over
        let missing = second.saturating_sub(self.newest);
        for _ in 0..missing.min(SECONDS as u64) {
            // nothing was told meanwhile: peers are as they were
            let before = self.seconds.back().copied().unwrap_or_default();
            self.seconds.push_back(Second { events: 0, bytes: 0, sent: 0, ..before });
        }
        self.newest = self.newest.max(second);
        while self.seconds.len() > SECONDS {
            self.seconds.pop_front();
        }
        if let Some(newest) = self.seconds.back_mut() {
            newest.events = newest.events.saturating_add(brought.events);
            newest.bytes = newest.bytes.saturating_add(brought.bytes);
            newest.sent = newest.sent.saturating_add(brought.sent);
            (newest.known, newest.connected) = (known, connected);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(events: u64, bytes: u64) -> Brought {
        Brought { events, bytes, sent: 0 }
    }

    #[test]
    fn a_quiet_second_is_a_second_with_nothing() {
        let mut trend = Trend::default();
        trend.add(5, brought(2, 100), 3, 1);
        trend.add(5, brought(1, 0), 4, 2);
        trend.add(8, brought(1, 7), 4, 1);
        let seen: Vec<_> =
            trend.seconds().map(|s| (s.events, s.bytes, s.known, s.connected)).collect();
        assert_eq!(seen, [(3, 100, 4, 2), (0, 0, 4, 2), (0, 0, 4, 2), (1, 7, 4, 1)]);
        assert_eq!(trend.last().map(|second| second.events), Some(0), "the newest is not over");
        assert_eq!(trend.over().map(|second| second.bytes).sum::<u64>(), 100);
    }

    #[test]
    fn no_more_than_a_minute_is_kept_however_long_nothing_was_told() {
        let mut trend = Trend::default();
        trend.add(0, brought(1, 0), 1, 1);
        trend.add(u64::MAX, brought(1, 0), 2, 2);
        trend.add(3, brought(1, 0), 2, 2);
        assert_eq!(trend.seconds().len(), SECONDS);
        assert_eq!(trend.seconds().last().map(|second| second.events), Some(2));
    }
}

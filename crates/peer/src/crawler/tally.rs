//! Counts of what was dropped or refused: told at once for the first, then at most once a second, and never lost.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How often the same thing is told.
pub(super) const TELL_EVERY: Duration = Duration::from_secs(1);
/// How many different things are counted at the same time; a stranger can't make more of them.
const MANY: usize = 4096;

/// Counts by `K`, each with the last particulars `T`.
#[derive(Debug)]
pub(super) struct Tally<K, T> {
    counts: HashMap<K, Count<T>>,
    /// What is counted anew after this time; `None`: never.
    window: Option<Duration>,
}

#[derive(Debug)]
struct Count<T> {
    since: Instant,
    told: Instant,
    times: u64,
    /// Not told yet.
    fresh: Option<T>,
}

impl<T> Count<T> {
    fn is_over(&self, window: Option<Duration>, now: Instant) -> bool {
        window.is_some_and(|window| now >= self.since + window)
    }
}

impl<K: Eq + Hash + Copy, T> Tally<K, T> {
    pub(super) fn new(window: Option<Duration>) -> Self {
        Self { counts: HashMap::new(), window }
    }

    /// Counts `more`. What is to be told now, if anything: how often.
    pub(super) fn count(&mut self, key: K, what: T, more: u64, now: Instant) -> Option<(T, u64)> {
        if self.counts.len() >= MANY {
            let window = self.window;
            self.counts.retain(|_, count| count.fresh.is_some() || !count.is_over(window, now));
        }
        let full = self.counts.len() >= MANY;
        let Some(count) = self.counts.get_mut(&key) else {
            if full {
                return None;
            }
            self.counts.insert(key, Count { since: now, told: now, times: more, fresh: None });
            return Some((what, more));
        };
        if count.fresh.is_none() && count.is_over(self.window, now) {
            *count = Count { since: now, told: now, times: more, fresh: None };
            return Some((what, more));
        }
        count.times += more;
        if now < count.told + TELL_EVERY {
            count.fresh = Some(what);
            return None;
        }
        count.told = now;
        Some((what, count.times))
    }

    /// What is due to be told.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(K, T, u64)> {
        let due = |count: &Count<T>| count.fresh.is_some() && now >= count.told + TELL_EVERY;
        let tell = self.counts.iter_mut().filter(|(_, count)| due(count));
        tell.filter_map(|(key, count)| {
            count.told = now;
            count.fresh.take().map(|what| (*key, what, count.times))
        })
        .collect()
    }

    /// When something will be due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.counts.values().filter(|count| count.fresh.is_some()).map(|count| count.told + TELL_EVERY).min()
    }

    /// Forgets what `gone` says.
    pub(super) fn forget(&mut self, gone: impl Fn(&K) -> bool) {
        self.counts.retain(|key, _| !gone(key));
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_once_a_second_and_no_count_is_lost() {
        let (mut tally, t0) = (Tally::new(None), Instant::now());
        let mut told = 0;
        for ms in 0..3500u64 {
            let now = t0 + Duration::from_millis(ms);
            told += u32::from(tally.count(7u8, ms, 1, now).is_some());
        }
        assert_eq!(told, 4);
        let next = tally.next().unwrap();
        assert_eq!(tally.due(next), vec![(7, 3499, 3500)]);
        assert_eq!(tally.next(), None);
    }

    #[test]
    fn a_window_begins_anew() {
        let (mut tally, t0) = (Tally::new(Some(Duration::from_secs(60))), Instant::now());
        assert_eq!(tally.count((), 1, 1, t0), Some((1, 1)));
        assert_eq!(tally.count((), 2, 9, t0 + Duration::from_secs(59)), Some((2, 10)));
        assert_eq!(tally.count((), 3, 1, t0 + Duration::from_secs(60)), Some((3, 1)));
    }
}

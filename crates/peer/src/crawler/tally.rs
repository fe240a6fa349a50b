//! Counts of what was dropped or refused: told at once for the first, then at most once a second,
//! and never lost.

use std::collections::{BTreeMap, HashMap};
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
    /// What is to be told, in the order of its time.
    order: BTreeMap<(Instant, u64), K>,
    next: u64,
    /// When room was made last.
    swept: Option<Instant>,
    /// What is counted anew after this time; `None`: never.
    window: Option<Duration>,
}

#[derive(Debug)]
struct Count<T> {
    since: Instant,
    told: Instant,
    times: u64,
    /// Not told yet, and its place in the order.
    fresh: Option<(T, (Instant, u64))>,
}

impl<T> Count<T> {
    fn is_over(&self, window: Option<Duration>, now: Instant) -> bool {
        window.is_some_and(|window| now >= self.since + window)
    }
}

impl<K: Eq + Hash + Copy, T> Tally<K, T> {
    pub(super) fn new(window: Option<Duration>) -> Self {
        Self { counts: HashMap::new(), order: BTreeMap::new(), next: 0, swept: None, window }
    }

    /// Counts `more`. What is to be told now, if anything: how often.
    pub(super) fn count(&mut self, key: K, what: T, more: u64, now: Instant) -> Option<(T, u64)> {
        let Some(count) = self.counts.get_mut(&key) else {
            if !self.has_room(now) {
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
            let place = count.fresh.take().map_or_else(
                || {
                    self.next += 1;
                    (count.told + TELL_EVERY, self.next)
                },
                |(_, place)| place,
            );
            count.fresh = Some((what, place));
            self.order.insert(place, key);
            return None;
        }
        count.told = now;
        if let Some((_, place)) = count.fresh.take() {
            self.order.remove(&place);
        }
        Some((what, count.times))
    }

    /// Whether one more thing may be counted. Where there are many, those are forgotten whose time
    /// is over, once a second.
    fn has_room(&mut self, now: Instant) -> bool {
        if self.counts.len() >= MANY && self.swept.is_none_or(|swept| now >= swept + TELL_EVERY) {
            self.swept = Some(now);
            let window = self.window;
            self.counts.retain(|_, count| count.fresh.is_some() || !count.is_over(window, now));
        }
        self.counts.len() < MANY
    }

    /// What is due to be told.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(K, T, u64)> {
        let mut due = Vec::new();
        while let Some(first) = self.order.first_entry().filter(|first| first.key().0 <= now) {
            let key = first.remove();
            let Some(count) = self.counts.get_mut(&key) else { continue };
            count.told = now;
            due.extend(count.fresh.take().map(|(what, _)| (key, what, count.times)));
        }
        due
    }

    /// When something will be due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.order.first_key_value().map(|((at, _), _)| *at)
    }

    /// Forgets what `gone` says.
    pub(super) fn forget(&mut self, gone: impl Fn(&K) -> bool) {
        self.counts.retain(|key, _| !gone(key));
        self.order.retain(|_, key| !gone(key));
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
    #[allow(clippy::disallowed_methods)] // it is about how long it takes
    fn a_count_costs_the_same_however_many_things_are_counted() {
        let (mut tally, t0) = (Tally::new(None), Instant::now());
        for key in 0..MANY {
            tally.count(key, (), 1, t0);
            tally.count(key, (), 1, t0); // to be told later
        }
        let began = Instant::now();
        for key in (0..MANY).cycle().take(100_000) {
            tally.count(key, (), 1, t0);
            assert!(tally.next().is_some());
        }
        let took = began.elapsed();
        assert!(
            took < Duration::from_secs(2),
            "{took:?} for what takes 100 ms where nothing is scanned"
        );
        assert_eq!(tally.due(t0 + TELL_EVERY).len(), MANY);
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

//! Crawler side: which channels questions of ours went over in the last hour, and with whom. A
//! reply that belongs to no request may be late, if its channel was used; on a channel that was not
//! it is a guess (protocol.md §4: a channel lives an hour). Whoever answers a question of an earlier
//! process with our identity guesses nothing: so nobody guesses in the first hour, unless there was
//! no earlier one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use super::channels::LIFE;
use super::tally::TELL_EVERY;
use swarmscope_wire::{ChannelId, Permid};

/// Uses that are remembered of one period, for as many questions as a crawl puts to a hundred peers
/// a second in an hour and more: what 2^19 buckets of nine bytes hold before there are twice as
/// many. Beyond, the period ends early, and until an hour is known again nothing counts as guessed.
const MOST_USES: usize = 7 << 16;
/// Peers whose guesses are counted at the same time.
const MOST_GUESSERS: usize = 4096;

/// The channels of the last hour, and who sent replies on others.
#[derive(Debug)]
pub(super) struct Used {
    /// No earlier process has asked anybody with our identities, and nothing was let go yet.
    everything: bool,
    /// All uses since then are known.
    complete_from: Instant,
    /// When the newer period began.
    began: Instant,
    newer: HashSet<u64>,
    older: HashSet<u64>,
    hasher: RandomState,
    guessers: Guessers,
}

/// The channels that one peer guessed, within an hour of the first.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Guessed {
    since: Instant,
    channels: [u64; 4],
}

impl Guessed {
    fn count(&self) -> u32 {
        self.channels.iter().map(|bits| bits.count_ones()).sum()
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.since + LIFE
    }
}

/// Who guessed. Where there are too many, the one with the fewest channels makes room, of those the
/// one that began first: keys cost a stranger little, and guesses with each of them more.
#[derive(Debug, Default)]
struct Guessers {
    peers: HashMap<Permid, Guessed>,
    /// The same, whoever makes room first being the first.
    order: BTreeSet<(u32, Instant, Permid)>,
    /// When those were let go last whose hour is over.
    swept: Option<Instant>,
}

impl Guessers {
    fn guess(&mut self, permid: Permid, channel: ChannelId, now: Instant) {
        let before = self.peers.get(&permid).copied();
        if before.is_none() {
            self.make_room(now);
        }
        let new = Guessed { since: now, channels: [0; 4] };
        let mut guessed = before.filter(|before| !before.is_over(now)).unwrap_or(new);
        guessed.channels[usize::from(channel.0 / 64)] |= 1 << (channel.0 % 64);
        if before == Some(guessed) {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before.count(), before.since, permid));
        }
        self.order.insert((guessed.count(), guessed.since, permid));
        self.peers.insert(permid, guessed);
    }

    /// For one more. Looks through all of them at most once a second.
    fn make_room(&mut self, now: Instant) {
        if self.peers.len() < MOST_GUESSERS {
            return;
        }
        if self.swept.is_none_or(|swept| now >= swept + TELL_EVERY) {
            self.swept = Some(now);
            self.peers.retain(|_, guessed| !guessed.is_over(now));
            self.order.retain(|(_, since, _)| now < *since + LIFE);
        }
        if self.peers.len() >= MOST_GUESSERS
            && let Some((_, _, fewest)) = self.order.pop_first()
        {
            self.peers.remove(&fewest);
        }
    }
}

impl Used {
    pub(super) fn new(first_run: bool, now: Instant) -> Self {
        Self {
            everything: first_run,
            complete_from: now,
            began: now,
            newer: HashSet::new(),
            older: HashSet::new(),
            hasher: RandomState::new(),
            guessers: Guessers::default(),
        }
    }

    /// A question of ours goes over a channel, or has ended there.
    pub(super) fn uses(&mut self, permid: Permid, channel: ChannelId, now: Instant) {
        self.turn(now);
        if self.newer.len() >= MOST_USES {
            self.end_period(now);
        }
        // Two of one sum are taken for one: then a guess is not counted, which claims nothing.
        self.newer.insert(self.hasher.hash_one((permid, channel)));
    }

    /// A reply belongs to no request: a guess, where an hour is known and no question had gone over
    /// this channel in it.
    pub(super) fn stray(&mut self, permid: Permid, channel: ChannelId, now: Instant) {
        self.turn(now);
        let is_known = self.everything || now >= self.complete_from + LIFE;
        let sum = self.hasher.hash_one((permid, channel));
        if !is_known || self.newer.contains(&sum) || self.older.contains(&sum) {
            return;
        }
        self.guessers.guess(permid, channel, now);
    }

    /// On how many channels a peer guessed, within an hour of the first.
    pub(super) fn guessed(&self, permid: Permid, now: Instant) -> u32 {
        let guessed = self.guessers.peers.get(&permid).filter(|guessed| !guessed.is_over(now));
        guessed.map_or(0, Guessed::count)
    }

    /// Lets go of what was used more than an hour ago, each hour.
    fn turn(&mut self, now: Instant) {
        if now < self.began + LIFE {
            return;
        }
        let is_long_ago = now >= self.began + LIFE * 2;
        self.end_period(now);
        if is_long_ago {
            self.older = HashSet::new();
        }
    }

    fn end_period(&mut self, now: Instant) {
        self.everything &= self.older.is_empty();
        self.complete_from = self.began;
        self.began = now;
        self.older = std::mem::take(&mut self.newer);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::Duration;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn permid(n: u8) -> Permid {
        Permid::Ed25519([n; 32])
    }

    /// One of many.
    fn one(n: usize) -> Permid {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_le_bytes());
        Permid::Ed25519(bytes)
    }

    fn guesses(used: &mut Used, peer: u8, channel: u8, now: Instant) -> u32 {
        used.stray(permid(peer), ChannelId(channel), now);
        used.guessed(permid(peer), now)
    }

    #[test]
    fn nobody_guesses_before_an_hour_is_known() {
        let t0 = Instant::now();
        let mut used = Used::new(false, t0);
        assert_eq!(guesses(&mut used, 1, 7, t0 + 59 * MINUTE), 0);
        assert_eq!(guesses(&mut used, 1, 7, t0 + 60 * MINUTE), 1);
        assert_eq!(guesses(&mut Used::new(true, t0), 1, 7, t0), 1, "nobody asked before us");
    }

    #[test]
    fn a_use_is_remembered_for_an_hour_and_not_for_ever() {
        let t0 = Instant::now();
        for minutes in [0, 1, 30, 59, 60, 61, 90] {
            let mut used = Used::new(true, t0);
            let at = t0 + minutes * MINUTE;
            used.uses(permid(1), ChannelId(7), at);
            for after in [0, 1, 30, 59] {
                assert_eq!(guesses(&mut used, 1, 7, at + after * MINUTE), 0, "{minutes}+{after}");
            }
            assert_eq!(guesses(&mut used, 2, 7, at + 59 * MINUTE), 1, "another peer");
            assert_eq!(guesses(&mut used, 1, 7, at + 121 * MINUTE), 1);
        }
    }

    #[test]
    fn guesses_are_channels_of_one_hour() {
        let t0 = Instant::now();
        let mut used = Used::new(true, t0);
        for _ in 0..1000 {
            assert_eq!(guesses(&mut used, 1, 0, t0), 1, "a long reply is one guess");
        }
        assert_eq!(guesses(&mut used, 1, 255, t0 + 59 * MINUTE), 2);
        assert_eq!(used.guessed(permid(1), t0 + 60 * MINUTE), 0);
        assert_eq!(guesses(&mut used, 1, 3, t0 + 61 * MINUTE), 1);
    }

    #[test]
    fn what_had_to_be_let_go_makes_no_guesses() {
        let t0 = Instant::now();
        let mut used = Used::new(true, t0);
        for n in 0..=2 * MOST_USES {
            used.uses(one(n), ChannelId(1), t0 + MINUTE);
        }
        assert!(used.newer.len() + used.older.len() <= 2 * MOST_USES);
        for n in [0, MOST_USES, 2 * MOST_USES, 2 * MOST_USES + 1] {
            used.stray(one(n), ChannelId(1), t0 + 2 * MINUTE);
            assert_eq!(used.guessed(one(n), t0 + 2 * MINUTE), 0, "{n}");
        }
        used.stray(one(0), ChannelId(1), t0 + 121 * MINUTE);
        assert_eq!(used.guessed(one(0), t0 + 121 * MINUTE), 1, "an hour is known again");
    }

    #[test]
    fn those_who_guess_take_bounded_room() {
        let t0 = Instant::now();
        let mut used = Used::new(true, t0);
        for n in 0..20_000 {
            used.stray(one(n), ChannelId(1), t0);
        }
        assert_eq!(used.guessers.peers.len(), MOST_GUESSERS);
        assert_eq!(used.guessers.order.len(), MOST_GUESSERS);
        assert_eq!(guesses(&mut used, 9, 1, t0 + 60 * MINUTE), 1, "their hour is over");
        assert_eq!((used.guessers.peers.len(), used.guessers.order.len()), (1, 1));
    }

    #[test]
    fn keys_of_one_guess_each_do_not_hide_who_guesses_many() {
        let t0 = Instant::now();
        let mut used = Used::new(true, t0);
        for n in 0..5000 {
            used.stray(one(n), ChannelId(1), t0);
        }
        for channel in 1..=9 {
            assert_eq!(guesses(&mut used, 200, channel, t0 + MINUTE), u32::from(channel));
        }
        for n in 5000..10_000 {
            used.stray(one(n), ChannelId(1), t0 + 2 * MINUTE);
        }
        assert_eq!(used.guessed(permid(200), t0 + 2 * MINUTE), 9);
        assert_eq!(used.guessed(one(9999), t0 + 2 * MINUTE), 1, "the newest");
        assert_eq!(used.guessed(one(4999), t0 + 2 * MINUTE), 0, "the oldest made room");
    }

    #[test]
    fn those_who_guess_are_looked_through_once_a_second() {
        let t0 = Instant::now();
        let mut used = Used::new(true, t0);
        for n in 0..MOST_GUESSERS {
            used.stray(one(n), ChannelId(1), t0);
        }
        let rounds = [(3_599_500, 4096), (3_600_000, 4096), (3_600_500, 3)];
        for (new, (ms, left)) in (5000..).zip(rounds) {
            used.stray(one(new), ChannelId(2), t0 + Duration::from_millis(ms));
            assert_eq!(used.guessers.peers.len(), left, "{new}");
        }
    }
}

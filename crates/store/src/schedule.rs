//! When a peer is visited again, and when a question may be put to it again. Pure: the time is
//! passed in.
//!
//! A round visits every peer that is due once. A peer that was reached is due in the next round.
//! One that was not rests for a time that depends on the cause, doubles with every further failure
//! and has a cap; it is due at the beginning of the round in which that time ends, so that no round
//! waits for it. A peer that was online for long before it failed gets more patience than one
//! never reached.

use std::time::Duration;

use crate::outcome::Class;
use crate::time::{Time, millis};

/// A peer accepts a message again when this much less than the frequency has passed since it last
/// accepted it (protocol.md §4: 5 s). One second of it is left for clocks that differ.
const FLEXIBILITY: Duration = Duration::from_secs(4);

/// The original gives a peer up at its 28th failed attempt in a row (protocol.md §4).
pub const GIVES_UP_AT: u32 = 28;

/// A peer that was there for so many hours is likely to be there for an hour more (nebula's monitor
/// waits half as long as a peer has been up).
const STABILITY: u32 = 4;

/// How long a given-up peer rests: word of it may still come, and one dial a week costs nobody
/// much.
const GIVEN_UP: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often peers are visited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// From one round's beginning to the next one's.
    pub every: Duration,
    /// The longest rest after failures, before a peer is given up.
    pub longest: Duration,
    /// The longest time until a peer that is reached again and again is visited again; none where
    /// everybody is in every round.
    pub stable: Option<Duration>,
}

impl Policy {
    /// Rounds at this distance, rests of at most a day, or of a round where that is longer.
    #[must_use]
    pub fn every(every: Duration) -> Self {
        Self { every, longest: every.max(Duration::from_secs(24 * 3600)), stable: None }
    }
}

/// What is known of a peer before a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Past {
    /// Failed visits since it was last reached.
    pub failures: u32,
    /// Since when every visit reached it.
    pub online_since: Option<Time>,
}

/// What follows from a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// Failed visits since it was last reached.
    pub failures: u32,
    /// Since when every visit reached it.
    pub online_since: Option<Time>,
    /// When it is due again.
    pub due: Time,
}

/// What follows from a visit that ended at `now` in the round that began at `began`.
#[must_use]
pub fn next(policy: &Policy, past: Past, class: Class, began: Time, now: Time) -> Next {
    let next_round = following(policy, began, now);
    match class {
        Class::Reached => {
            let since = past.online_since.unwrap_or(now);
            let rest = policy.stable.map(|longest| (now.since(since) / STABILITY).min(longest));
            let due = rest.map_or(next_round, |rest| following(policy, began, now.after(rest)));
            Next { failures: 0, online_since: Some(since), due: due.max(next_round) }
        }
        Class::Ours => {
            Next { failures: past.failures, online_since: past.online_since, due: next_round }
        }
        _ => {
            let failures = past.failures.saturating_add(1);
            let rest =
                rest(policy, class, failures, past.online_since.map(|since| now.since(since)));
            let due = beginning(policy, began, now.after(rest)).max(next_round);
            Next { failures, online_since: None, due }
        }
    }
}

/// The beginning of the first round after `now`, where rounds begin at `began` and every so often
/// since.
#[must_use]
pub fn following(policy: &Policy, began: Time, now: Time) -> Time {
    beginning(policy, began, now).after(policy.every.max(Duration::from_millis(1)))
}

/// The beginning of the round that `time` falls into.
fn beginning(policy: &Policy, began: Time, time: Time) -> Time {
    let every = millis(policy.every).max(1);
    let rounds = millis(time.since(began)) / every;
    Time(began.0.saturating_add(every.saturating_mul(rounds)))
}

/// How long an unreachable peer is left alone. `uptime`: how long it had been reached
/// without a failure before this one.
fn rest(policy: &Policy, class: Class, failures: u32, uptime: Option<Duration>) -> Duration {
    if failures >= GIVES_UP_AT {
        return GIVEN_UP.max(policy.longest);
    }
    let first = match class {
        Class::Reached | Class::Ours => Duration::ZERO,
        // A restart takes minutes, and the next round comes after it.
        Class::Refused | Class::Broken => policy.every.min(Duration::from_secs(120)),
        Class::Silent => policy.every.min(Duration::from_secs(32 * 60)),
        // Neither a stranger at its address nor an old program changes within the hour.
        Class::Other | Class::Version => policy.every.max(Duration::from_secs(3600)),
    };
    let tolerated = patience(uptime.unwrap_or_default());
    let doublings = failures.saturating_sub(1 + tolerated).min(20);
    (first * (1 << doublings)).min(policy.longest)
}

/// How many failures a peer may have before its rests grow, by how long it had been up.
fn patience(uptime: Duration) -> u32 {
    match uptime.as_secs() / 3600 {
        0 => 0,
        1..6 => 1,
        6..24 => 2,
        _ => 3,
    }
}

/// Before when a message must not be sent again, so that it meets no 254 of our own making. `known`
/// is the latest time at which the peer can have accepted it: when its first part came, or when
/// waiting for it ended.
#[must_use]
pub fn not_before(known: Time, frequency: Duration) -> Time {
    known.after(frequency.saturating_sub(FLEXIBILITY))
}

/// When a peer is due, given its next round and the clocks of the questions that it is asked in
/// rounds: a clock that runs out within the next round is waited for, a later one is not.
#[must_use]
pub fn due(policy: &Policy, next_round: Time, clocks: impl IntoIterator<Item = Time>) -> Time {
    let end = next_round.after(policy.every);
    clocks.into_iter().filter(|clock| *clock < end).fold(next_round, Time::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn hourly() -> Policy {
        Policy::every(HOUR)
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1000)
    }

    fn fails(class: Class, failures: u32) -> Duration {
        let past = Past { failures, online_since: None };
        next(&hourly(), past, class, at(0), at(60)).due.since(at(60))
    }

    #[test]
    fn who_is_reached_for_long_is_visited_less_often_only_where_that_is_wanted() {
        let day = 24 * 3600;
        let past = Past { failures: 0, online_since: Some(at(0)) };
        let due = |stable| {
            let policy = Policy { stable, ..hourly() };
            next(&policy, past, Class::Reached, at(day), at(day + 60)).due
        };
        assert_eq!(due(None), at(day + 3600));
        assert_eq!(due(Some(HOUR * 24)), at(day + 7 * 3600), "a quarter of a day, then the round");
        assert_eq!(due(Some(HOUR * 2)), at(day + 3 * 3600), "no longer than was asked for");
        let failed = next(&hourly(), past, Class::Silent, at(day), at(day + 60));
        assert_eq!(failed.online_since, None, "and who fails is visited as everybody");
    }

    #[test]
    fn who_was_reached_is_due_in_the_next_round() {
        let after = next(
            &hourly(),
            Past { failures: 3, online_since: None },
            Class::Reached,
            at(0),
            at(50),
        );
        assert_eq!(after, Next { failures: 0, online_since: Some(at(50)), due: at(3600) });
        let past = Past { failures: 0, online_since: after.online_since };
        let again = next(&hourly(), past, Class::Reached, at(3600), at(3650));
        assert_eq!(again, Next { failures: 0, online_since: Some(at(50)), due: at(7200) });
    }

    #[test]
    fn a_round_that_takes_longer_than_its_time_is_followed_by_the_next_whole_one() {
        assert_eq!(following(&hourly(), at(0), at(3599)), at(3600));
        assert_eq!(following(&hourly(), at(0), at(3600)), at(7200));
        assert_eq!(following(&hourly(), at(100), at(0)), at(3700), "a clock that was set back");
    }

    #[test]
    fn rests_depend_on_why_and_double_up_to_their_cap() {
        // The next round is 59 minutes away; shorter rests end there.
        assert_eq!(fails(Class::Refused, 0), Duration::from_secs(3540));
        assert_eq!(fails(Class::Silent, 0), Duration::from_secs(3540));
        assert_eq!(fails(Class::Silent, 3), Duration::from_secs(4 * 3600 - 60), "not 4 h 16 min");
        assert!(fails(Class::Refused, 3) < fails(Class::Silent, 3));
        assert_eq!(fails(Class::Version, 0), Duration::from_secs(3540));
        assert_eq!(fails(Class::Other, 10), Duration::from_secs(24 * 3600 - 60));
        assert_eq!(
            fails(Class::Silent, GIVES_UP_AT - 1),
            GIVEN_UP.saturating_sub(Duration::from_secs(60))
        );
    }

    #[test]
    fn what_fails_here_is_not_held_against_a_peer() {
        let past = Past { failures: 2, online_since: Some(at(1)) };
        let after = next(&hourly(), past, Class::Ours, at(0), at(60));
        assert_eq!((after.failures, after.online_since), (2, Some(at(1))));
    }

    #[test]
    fn long_uptime_buys_patience() {
        let long = rest(&hourly(), Class::Silent, 3, Some(Duration::from_secs(48 * 3600)));
        let short = rest(&hourly(), Class::Silent, 3, Some(Duration::from_secs(60)));
        assert!(long < short, "{long:?} {short:?}");
    }

    #[test]
    fn a_clock_that_runs_out_in_the_next_round_is_waited_for() {
        assert_eq!(due(&hourly(), at(3600), []), at(3600));
        assert_eq!(due(&hourly(), at(3600), [at(10), at(3700)]), at(3700));
        assert_eq!(due(&hourly(), at(3600), [at(90_000)]), at(3600), "one that is asked daily");
    }

    proptest! {
        /// The gate of protocol.md §4: accepted if `last + frequency < now + 5`.
        #[test]
        fn no_254_of_our_own_making(sent in 0_i64..1_000_000, travels in 0_i64..30_000, frequency in 5_u64..65_536) {
            let (accepted, answered) = (Time(sent + travels / 2), Time(sent + travels));
            let again = not_before(answered, Duration::from_secs(frequency));
            prop_assert!(accepted.after(Duration::from_secs(frequency)) < again.after(Duration::from_secs(5)));
        }

        #[test]
        fn nobody_is_due_before_the_next_round(failures in 0_u32..100, seconds in 0_i64..100_000, class in 0_usize..7) {
            let class = [Class::Reached, Class::Refused, Class::Silent, Class::Other, Class::Version, Class::Broken, Class::Ours][class];
            let after = next(&hourly(), Past { failures, online_since: None }, class, at(0), at(seconds));
            prop_assert!(after.due >= following(&hourly(), at(0), at(seconds)) && after.due > at(seconds));
            prop_assert!(after.due.since(at(seconds)) <= GIVEN_UP);
            prop_assert!(after.due.0 % 3_600_000 == 0, "with the beginning of a round, so that none waits");
        }
    }
}

//! A week of hourly rounds on paper: nothing grows but what is documented to.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "a rehearsal needs a beginning of time")]

use std::time::{Duration, Instant};

use swarmscope_crawl::Settings;
use swarmscope_crawl::sim::{NatCheck, Rehearsal, Rest, World, rehearsal::beginning};
use swarmscope_peer::crawler::Registry;
use swarmscope_store::{Store, StoreKey};
use swarmscope_wire::MessageId;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: usize = 24;
const PEERS: u32 = 60;

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A tenth of the swarm is away at any time, for half an hour to some hours.
fn week(keep: Duration) -> Vec<Rest> {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("week.sqlite").display().to_string().parse().unwrap();
    let key = StoreKey::new([7; 32]);
    let world = World { away: 10, period: HOUR * 29, ..World::mixed(3, PEERS, 7760) };
    let settings = Settings {
        targets: vec![world.address(0).to_string().parse().unwrap()],
        questions: vec![MessageId::NATCHECK],
        every: HOUR,
        keep: Some(keep),
        ..Settings::new(Registry::default().with_question(NatCheck))
    };
    let store = Store::crawl(&place, &key).unwrap();
    let began = beginning(Instant::now());
    let mut rehearsal = Rehearsal::new(store, key, settings, world, began).unwrap();
    let files = open_files();
    let rounds: Vec<Rest> = (0..7 * DAY).map(|_| rehearsal.round().unwrap()).collect();
    assert_eq!(rehearsal.too_soon, 0, "no 254 of our own making in a week");
    assert!(open_files() <= files, "descriptors: {files} before, {} after", open_files());
    rounds
}

fn largest(rounds: &[Rest], of: impl Fn(&Rest) -> u64) -> u64 {
    rounds.iter().map(of).max().unwrap()
}

#[test]
fn a_week_leaves_no_more_behind_than_its_second_day_and_its_figures_are_near_the_truth() {
    let rounds = week(HOUR * 24);
    let (second, last) = (&rounds[DAY..2 * DAY], &rounds[6 * DAY..]);
    let bytes = |rest: &Rest| rest.store_bytes;
    // Visits of more than a day are gone; the figures of their rounds stay.
    let grown = largest(last, bytes).saturating_sub(largest(second, bytes));
    let a_round = grown / (5 * DAY as u64);
    assert!(a_round < 1200, "{a_round} bytes stay of each round");
    let remembered = |rest: &Rest| rest.remembered as u64;
    let (early, late) = (largest(second, remembered), largest(last, remembered));
    assert!(late <= early.max(u64::from(PEERS) * 2), "in memory: {early}, then {late}");
    for (number, rest) in rounds.iter().enumerate().skip(1) {
        let (reached, truth) = (rest.figures.reached() as f64, rest.reachable as f64);
        // Who came back within the hour may still be resting after its failure.
        assert!(
            reached <= truth * 1.05 && reached >= truth * 0.85,
            "round {number}: {reached} reached of {truth} that could be"
        );
    }
}

#[test]
fn who_is_reached_for_long_is_visited_less_often_where_that_is_wanted() {
    let visits = |stable| {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("stable.sqlite").display().to_string().parse().unwrap();
        let key = StoreKey::new([7; 32]);
        let world = World::plain(3, 30, 7760);
        let settings = Settings {
            targets: vec![world.address(0).to_string().parse().unwrap()],
            questions: vec![MessageId::NATCHECK],
            every: HOUR,
            stable,
            ..Settings::new(Registry::default().with_question(NatCheck))
        };
        let store = Store::crawl(&place, &key).unwrap();
        let began = beginning(Instant::now());
        let mut rehearsal = Rehearsal::new(store, key, settings, world, began).unwrap();
        let day: Vec<_> = (0..DAY).map(|_| rehearsal.round().unwrap().figures).collect();
        assert_eq!(rehearsal.too_soon, 0);
        assert_eq!(day[0].reached(), 30);
        // Rounds that leave somebody out are no snapshots: nothing follows from comparing them.
        assert!(day.iter().skip(1).all(|round| round.before.is_some() == stable.is_none()));
        day.iter().map(|round| round.dialled).sum::<u64>()
    };
    assert_eq!(visits(None), 30 * DAY as u64);
    let fewer = visits(Some(HOUR * 24));
    assert!((30 * 4..30 * 14).contains(&fewer), "{fewer}");
}

//! What peers can answer to whoever asks them: replies of 60 MiB, and such as want memory or time to
//! be read. Whoever asks is a process, and honest peers beside them are visited all the same.

use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::alone;
use super::answering::{ATTACKERS, Crowd, HONEST, bombs, large};
use super::asked::{Asked, Asking};
use super::honest::{Attack, Times, compare_with};
use super::page::keep;
use super::victim::{Ceilings, PATIENCE};

/// A crawl begins so many visits a second, in an order of its own: those of the honest while what
/// the attackers answer comes and is read.
const RATE: &str = "10";
/// What an honest peer answers: its tables, which are empty.
const HONEST_BYTES: u64 = 166;

/// A crawl of everybody in a crowd.
struct Crawl {
    asking: Asking,
    began: Instant,
    crowd: Crowd,
}

impl Crawl {
    fn start(crowd: Crowd) -> Self {
        let targets = crowd.targets();
        let options = ["--rounds", "1", "--store", "c.sqlite", "--probe", "database"];
        let args = ["crawl", "--json", "--rate", RATE].into_iter().chain(options);
        let args: Vec<_> = args.chain(targets.iter().map(String::as_str)).collect();
        Self { began: Instant::now(), asking: Asking::start(&crowd.home, &args), crowd }
    }

    /// To its end: how long each visit of an honest peer lasted, and when the last one was over.
    fn whole(self) -> (Asked, Vec<Duration>, Duration) {
        let crawl = self.asking.whole();
        let all = ATTACKERS + HONEST;
        assert_eq!((crawl.code, &crawl.last["reached"]), (0, &all.into()), "{crawl:?}");
        let stored = ["store", "replies", "c.sqlite", "--json"];
        let stored = self.crowd.home.lines(&stored);
        let honest = stored.iter().filter(|reply| reply["bytes"] == HONEST_BYTES);
        assert!(honest.count() >= HONEST.into(), "each honest answer is stored: {stored:?}");
        let visits = || self.crowd.honest.iter().flat_map(|peer| peer.way.ended());
        let patience = Instant::now() + PATIENCE;
        while visits().count() < HONEST.into() {
            assert!(Instant::now() < patience, "one connection each");
            thread::sleep(Duration::from_millis(10));
        }
        let last = visits().map(|visit| visit.at - self.began).max().expect("some");
        (crawl, visits().map(|visit| visit.lasted).collect(), last)
    }
}

/// The two crawls of a series, and what is compared of them.
struct Series {
    attacked: Asked,
    beside: Asked,
    times: Times,
    /// When all honest peers had been visited.
    last: [Duration; 2],
}

impl Series {
    /// Whether visits begin when they would beside an attack.
    fn is_in_time(&self) -> bool {
        let [last, all] = self.last;
        last < all * 3 / 2
    }
}

fn series(replies: &[Option<Bytes>]) -> Series {
    let attacked = Crawl::start(Crowd::start(0, replies));
    let beside = Crawl::start(Crowd::quiet(100));
    let ((beside, quiet, all), (attacked, times, last)) = thread::scope(|scope| {
        let attacked = scope.spawn(|| attacked.whole());
        (beside.whole(), attacked.join().expect("no panic"))
    });
    Series { attacked, beside, times: Times::of(times, quiet), last: [last, all] }
}

/// A crawl of attackers and honest peers goes on as one of peers that are all honest, beside it.
/// Another program may strike one of the two: the best of some series.
fn hold(attack: &str, replies: &[Option<Bytes>], ceilings: Ceilings) {
    const SERIES: usize = 3;
    let _alone = alone();
    let mut best: Option<Series> = None;
    for _ in 0..SERIES {
        let new = series(replies);
        new.attacked.check(attack, &new.beside, ceilings);
        let is_good = new.times.is_within_twice() && new.is_in_time();
        if is_good || new.times.is_better_than(best.as_ref().map(|best| &best.times)) {
            best = Some(new);
        }
        if is_good {
            break;
        }
    }
    let best = best.expect("a series");
    let (times, [last, all]) = (best.times, best.last);
    compare_with(attack, "a visit of an honest peer lasts", Attack::Computes, times);
    let figure = format!("after {:.1} s, beside it {:.1} s", last.as_secs_f64(), all.as_secs_f64());
    keep(attack, "all honest peers were visited", &figure);
    println!("{attack}: all honest peers were visited {figure}");
    assert!(best.is_in_time(), "{attack}: visits begin later: {figure}");
}

#[test]
fn replies_of_60_mib_hold_no_visit_of_others_up() {
    let replies = vec![Some(large()); ATTACKERS.into()];
    let ceilings = Ceilings { memory: 1000, files: 128 };
    hold("48 peers that send a crawl 60 MiB each", &replies, ceilings);
}

#[test]
fn replies_that_take_long_to_read_hold_no_visit_of_others_up() {
    let replies: Vec<_> = bombs().into_iter().map(Some).cycle().take(ATTACKERS.into()).collect();
    let ceilings = Ceilings { memory: 800, files: 128 };
    hold("48 peers whose replies are bombs", &replies, ceilings);
}

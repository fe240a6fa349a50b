//! The clocks of the loop.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use swarmscope_facts::Now;

/// Two readings of the clocks that lie further apart than this are not of one moment: the machine
/// has put the program aside between them, and a recording would show other times than were seen.
const APART: Duration = Duration::from_micros(50);
/// How often the clocks are read until that goes well.
const TRIES: usize = 4;

/// The time of day follows the other clock until the two differ by this much: somebody set it, or
/// the machine slept.
const SET: Duration = Duration::from_millis(2);

/// Where the time of day is counted from.
static ORIGIN: Mutex<Option<Now>> = Mutex::new(None);

/// What time it is, by both clocks, in whole microseconds since one origin: so a recording, which
/// counts microseconds by one clock, shows the times of day again that were seen.
pub fn now() -> Now {
    let read = read_together();
    let mut origin = ORIGIN.lock().unwrap_or_else(PoisonError::into_inner);
    let began = *origin.get_or_insert_with(|| in_micros(read));
    let since = whole_micros(read.instant.saturating_duration_since(began.instant));
    let now = Now { instant: began.instant + since, wall: began.wall + since };
    let off = now.wall.duration_since(read.wall).unwrap_or_else(|before| before.duration());
    if off < SET {
        return now;
    }
    *origin.insert(in_micros(read))
}

fn in_micros(Now { instant, wall }: Now) -> Now {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    Now { instant, wall: UNIX_EPOCH + whole_micros(since) }
}

fn whole_micros(duration: Duration) -> Duration {
    Duration::new(duration.as_secs(), duration.subsec_micros() * 1000)
}

fn read_together() -> Now {
    let read = || {
        let instant = Instant::now();
        let wall = SystemTime::now();
        (Now { instant, wall }, instant.elapsed())
    };
    let together = (0..TRIES).map(|_| read()).find(|(_, apart)| *apart <= APART);
    together.unwrap_or_else(read).0
}

/// When the clock on the screen changes next.
pub fn next_second() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now()
        + Duration::from_secs(1).saturating_sub(Duration::from_nanos(since.subsec_nanos().into()))
}

/// Waits for a moment; without one, for ever.
pub async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_go_on_by_the_same_whole_microseconds() {
        let began = now();
        for _ in 0..1_000 {
            let later = now();
            let (by_one, by_other) =
                (later.instant - began.instant, later.wall.duration_since(began.wall).unwrap());
            assert_eq!((by_one, by_one.subsec_nanos() % 1_000), (by_other, 0));
        }
    }
}

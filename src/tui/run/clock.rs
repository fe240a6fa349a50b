//! The clocks of the loop.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use swarmscope_facts::Now;

/// Two readings of the clocks that lie further apart than this are not of one moment: the machine has put the program aside between
/// them, and a recording would show other times than were seen.
const APART: Duration = Duration::from_micros(50);
/// How often the clocks are read until that goes well.
const TRIES: usize = 4;

/// What time it is, by both clocks.
pub fn now() -> Now {
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
    Instant::now() + Duration::from_secs(1).saturating_sub(Duration::from_nanos(since.subsec_nanos().into()))
}

/// Waits for a moment; without one, for ever.
pub async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

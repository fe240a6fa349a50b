//! How often one address, and everybody together, may be asked. Politeness is in the program, not
//! in advice.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState as Keys;

/// Between two queries to one address: below 4 a second, and so far below it that what the way adds
/// or takes does not make 5 of 4. libtorrent goes deaf for 5 minutes at 5 a second.
pub const NODE_SPACING: Duration = Duration::from_millis(300);
/// Queries a second to everybody together, by default.
pub const TOTAL_RATE: u32 = 250;
/// How long a pause may be made up for by asking faster.
const BURST: Duration = Duration::from_millis(100);

/// The pace of one socket.
#[derive(Debug)]
pub struct Pace {
    /// Between two queries to anybody.
    spacing: Duration,
    /// When the next query is due if all are evenly spaced.
    next: Option<Instant>,
    /// Addresses that may not be asked yet.
    resting: HashMap<IpAddr, Instant, Keys>,
    /// The same in the order of their times.
    order: VecDeque<(Instant, IpAddr)>,
}

impl Pace {
    /// At most `per_second` queries to everybody together, at least 1.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let spacing = Duration::from_secs(1) / per_second.max(1);
        Self { spacing, next: None, resting: HashMap::default(), order: VecDeque::new() }
    }

    /// Whether `to` may be asked now; if so, that it is. Else when to try again.
    ///
    /// # Errors
    /// The first moment at which it may be possible.
    pub fn ask(&mut self, to: IpAddr, now: Instant) -> Result<(), Instant> {
        self.wake(now);
        if let Some(until) = self.resting.get(&to) {
            return Err(*until);
        }
        self.free(now)?;
        let next = self.next.unwrap_or(now).max(now.checked_sub(BURST).unwrap_or(now));
        self.next = Some(next + self.spacing);
        self.resting.insert(to, now + NODE_SPACING);
        self.order.push_back((now + NODE_SPACING, to));
        Ok(())
    }

    /// Whether anybody may be asked now.
    ///
    /// # Errors
    /// When.
    pub fn free(&self, now: Instant) -> Result<(), Instant> {
        self.next.filter(|next| *next > now).map_or(Ok(()), Err)
    }

    fn wake(&mut self, now: Instant) {
        while let Some((until, ip)) = self.order.front().copied().filter(|(until, _)| *until <= now)
        {
            self.order.pop_front();
            if self.resting.get(&ip) == Some(&until) {
                self.resting.remove(&ip);
            }
        }
    }
}

//! How often one source may come: a token bucket each, and one for all, in bounded memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::crawler::network::Network;

/// What is let through at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rates {
    /// So much a second from one source: an IPv4 address, or an IPv6 /64.
    pub per_source: u32,
    /// So much a second from all.
    pub total: u32,
    /// How many seconds' worth may come at once.
    pub burst: u32,
}

/// Which of the two is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TooOften {
    /// The source's own.
    Source,
    /// The one for all.
    Total,
}

/// Sources remembered at the same time: about 256 KiB.
const MAX_SOURCES: usize = 4096;

/// Decides who is let through.
#[derive(Debug)]
pub struct Limiter {
    rates: Rates,
    sources: HashMap<Network, Bucket>,
    /// For everybody, and for the sources that find no room.
    total: Bucket,
    overflow: Bucket,
    /// When idle sources were last looked for.
    swept: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: u32, burst: u32, at: Instant) -> Self {
        Self { tokens: f64::from(rate.saturating_mul(burst)), at }
    }

    fn take(&mut self, rate: u32, burst: u32, now: Instant) -> bool {
        let most = f64::from(rate.saturating_mul(burst));
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(rate);
        self.tokens = (self.tokens + gained).min(most);
        self.at = now;
        let takes = self.tokens >= 1.0;
        if takes {
            self.tokens -= 1.0;
        }
        takes
    }
}

impl Limiter {
    /// Nobody has sent anything yet.
    #[must_use]
    pub fn new(rates: Rates, now: Instant) -> Self {
        let total = Bucket::full(rates.total, rates.burst, now);
        let overflow = Bucket::full(rates.per_source, rates.burst, now);
        Self { rates, sources: HashMap::new(), total, overflow, swept: now }
    }

    /// Whether this address is let through now.
    pub fn allows(&mut self, ip: IpAddr, now: Instant) -> bool {
        self.take(ip, now).is_ok()
    }

    /// The same.
    ///
    /// # Errors
    /// Why it is not.
    pub fn take(&mut self, ip: IpAddr, now: Instant) -> Result<(), TooOften> {
        let Rates { per_source, total, burst } = self.rates;
        let source = Network::from(ip);
        if !self.sources.contains_key(&source) && self.sources.len() >= MAX_SOURCES {
            self.forget_idle(now);
        }
        let room = self.sources.len() < MAX_SOURCES;
        let bucket = match self.sources.get_mut(&source) {
            Some(bucket) => bucket,
            None if room => {
                self.sources.entry(source).or_insert_with(|| Bucket::full(per_source, burst, now))
            }
            None => &mut self.overflow,
        };
        if !bucket.take(per_source, burst, now) {
            return Err(TooOften::Source);
        }
        self.total.take(total, burst, now).then_some(()).ok_or(TooOften::Total)
    }

    /// Whoever was silent long enough for a full bucket needs none. At most once a second: it looks
    /// at all of them.
    fn forget_idle(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) < Duration::from_secs(1) {
            return;
        }
        self.swept = now;
        let full = Duration::from_secs(u64::from(self.rates.burst));
        self.sources.retain(|_, bucket| now.saturating_duration_since(bucket.at) < full);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any instant serves as the beginning of virtual time"
)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v4(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn a_source_gets_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Rates { per_source: 10, total: 1000, burst: 2 }, start);
        let allowed =
            |limiter: &mut Limiter, now| (0..100).filter(|_| limiter.allows(v4(1), now)).count();
        assert_eq!(allowed(&mut limiter, start), 20);
        assert_eq!(allowed(&mut limiter, start + Duration::from_secs(1)), 10);
        assert_eq!(allowed(&mut limiter, start + Duration::from_secs(60)), 20);
        assert!(limiter.allows(v4(2), start), "another source has its own");
    }

    #[test]
    fn a_prefix_is_one_source_and_all_share_the_total() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Rates { per_source: 10, total: 30, burst: 1 }, start);
        let v6 = |low: u128| IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | low));
        assert_eq!((0..100).filter(|low| limiter.allows(v6(*low), start)).count(), 10);
        assert_eq!((0..100).filter(|source| limiter.allows(v4(*source), start)).count(), 20);
    }

    #[test]
    fn a_million_sources_take_bounded_memory() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Rates { per_source: 1, total: u32::MAX, burst: 1 }, start);
        let allowed = (0..1_000_000).filter(|source| limiter.allows(v4(*source), start)).count();
        assert!(limiter.sources.len() <= MAX_SOURCES);
        assert_eq!(allowed, MAX_SOURCES + 1, "those without room share one bucket");
        assert!(
            limiter.allows(v4(2_000_000), start + Duration::from_secs(5)),
            "idle sources make room"
        );
    }
}

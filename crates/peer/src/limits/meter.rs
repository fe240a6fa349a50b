//! What is in use of each limit, the most that ever was, and what was refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Limit, Limits, SMALL, Scope};

/// Counts for all parts of a process; cheap to clone. Whoever keeps a limit says here what is in
/// use of it.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    gauges: [Gauge; Limit::ALL.len()],
    /// Bytes of whole replies that are not read yet: part of [`Limit::ReplyBytesInAll`].
    unread: AtomicU64,
    /// Those of small replies among them.
    unread_small: AtomicU64,
    limits: Limits,
}

/// A whole reply that is not read yet; it counts until this is dropped.
#[derive(Debug)]
pub struct Counted {
    counts: Arc<Counts>,
    bytes: u64,
}

impl Counts {
    /// What a reply of so many bytes is counted as.
    fn unread(&self, bytes: u64) -> impl Iterator<Item = &AtomicU64> {
        let small = (bytes <= SMALL).then_some(&self.unread_small);
        [&self.unread].into_iter().chain(small)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        for count in self.counts.unread(self.bytes) {
            count.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[derive(Debug, Default)]
struct Gauge {
    used: AtomicU64,
    most: AtomicU64,
    refused: AtomicU64,
}

/// One limit as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Which one.
    pub limit: Limit,
    /// What it allows.
    pub allowed: u64,
    /// What is in use now; `None` where it counts each source, permid or connection by itself.
    pub used: Option<u64>,
    /// The most that was in use at a time; of one source, permid or connection where it counts
    /// those.
    pub most: u64,
    /// How often it was reached.
    pub refused: u64,
}

impl Meter {
    /// Nothing is in use.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let gauges = std::array::from_fn(|_| Gauge::default());
        Self(Arc::new(Counts {
            gauges,
            unread: AtomicU64::new(0),
            unread_small: AtomicU64::new(0),
            limits: *limits,
        }))
    }

    /// Counts a reply of so many bytes as one that is not read yet.
    #[must_use]
    pub fn reads(&self, bytes: usize) -> Counted {
        let bytes = bytes as u64;
        for count in self.0.unread(bytes) {
            count.fetch_add(bytes, Ordering::Relaxed);
        }
        self.note_most(Limit::ReplyBytesInAll);
        Counted { counts: Arc::clone(&self.0), bytes }
    }

    /// How many bytes of whole replies are not read yet: of all, and of small ones.
    #[must_use]
    pub fn unread(&self) -> (u64, u64) {
        let bytes = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (bytes(&self.0.unread), bytes(&self.0.unread_small))
    }

    fn gauge(&self, limit: Limit) -> &Gauge {
        &self.0.gauges[limit as usize]
    }

    /// So much is in use now, of the one that this is about where the limit counts each by itself.
    pub fn uses(&self, limit: Limit, used: u64) {
        self.gauge(limit).used.store(used, Ordering::Relaxed);
        self.note_most(limit);
    }

    fn note_most(&self, limit: Limit) {
        self.gauge(limit).most.fetch_max(self.used(limit), Ordering::Relaxed);
        if limit.is_memory() {
            self.gauge(Limit::Memory).most.fetch_max(self.held(), Ordering::Relaxed);
        }
    }

    /// A limit was reached.
    pub fn refused(&self, limit: Limit) {
        self.gauge(limit).refused.fetch_add(1, Ordering::Relaxed);
    }

    fn used(&self, limit: Limit) -> u64 {
        let used = self.gauge(limit).used.load(Ordering::Relaxed);
        match limit {
            Limit::ReplyBytesInAll => used + self.unread().0,
            _ => used,
        }
    }

    /// All bytes that others make this process hold.
    fn held(&self) -> u64 {
        let counted = Limit::ALL.into_iter().filter(|limit| limit.is_memory());
        counted.map(|limit| self.used(limit)).sum()
    }

    /// How many bytes more are within [`Limit::Memory`].
    #[must_use]
    pub fn memory_left(&self) -> u64 {
        self.0.limits.memory.saturating_sub(self.held())
    }

    /// Whether so many bytes more are within [`Limit::Memory`]; counted as refused where not.
    #[must_use]
    pub fn has_memory(&self, bytes: u64) -> bool {
        let fits = bytes <= self.memory_left();
        if !fits {
            self.refused(Limit::Memory);
        }
        fits
    }

    /// All of them.
    #[must_use]
    pub fn read(&self) -> Vec<Reading> {
        let reading = |limit: Limit| {
            let gauge = self.gauge(limit);
            let used = match limit {
                Limit::Memory => Some(self.held()),
                // how many there were in a second that is over says nothing
                Limit::Attempts => None,
                _ => (limit.scope() == Scope::Process).then(|| self.used(limit)),
            };
            Reading {
                limit,
                allowed: limit.of(&self.0.limits),
                used,
                most: gauge.most.load(Ordering::Relaxed),
                refused: gauge.refused.load(Ordering::Relaxed),
            }
        };
        Limit::ALL.into_iter().map(reading).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_stays_and_memory_is_the_sum() {
        let limits = Limits { memory: 1000, ..Limits::default() };
        let meter = Meter::new(&limits);
        meter.uses(Limit::FrameBytes, 600);
        meter.uses(Limit::UnsentBytes, 300);
        meter.uses(Limit::QueuedBytes, 5000); // of one connection: counted elsewhere
        assert!(meter.has_memory(100) && !meter.has_memory(101));
        meter.uses(Limit::FrameBytes, 0);
        assert!(meter.has_memory(700));
        let read = meter.read();
        let of = |limit: Limit| read[limit as usize];
        assert_eq!((of(Limit::FrameBytes).used, of(Limit::FrameBytes).most), (Some(0), 600));
        let memory = of(Limit::Memory);
        assert_eq!((memory.used, memory.most, memory.refused), (Some(300), 900, 1));
        assert_eq!(of(Limit::QueuedBytes).used, None, "there are many connections");
    }

    #[test]
    fn a_reply_counts_until_it_is_read() {
        let limits = Limits { memory: 1000, reply_bytes_in_all: 700, ..Limits::default() };
        let meter = Meter::new(&limits);
        meter.uses(Limit::ReplyBytesInAll, 300);
        let unread = meter.reads(500);
        assert_eq!((meter.unread(), meter.memory_left()), ((500, 500), 200));
        let large = meter.reads(1 << 20);
        assert_eq!(meter.unread(), (500 + (1 << 20), 500));
        drop(large);
        meter.uses(Limit::ReplyBytesInAll, 100);
        let in_all = || meter.read()[Limit::ReplyBytesInAll as usize];
        assert_eq!((in_all().used, in_all().most), (Some(600), 800 + (1 << 20)));
        drop(unread);
        assert_eq!((in_all().used, meter.unread()), (Some(100), (0, 0)));
    }
}

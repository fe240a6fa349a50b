//! The memory that frames take while they are not whole, over all connections together. A length is
//! charged when it is read, before its bytes come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::{Limit, Limits, Meter};
use swarmscope_wire::failure::{By, Cause, Failure};

/// Frames up to this length are not charged: every connection's buffers take as much anyway.
const FREE: usize = 64 * 1024;

/// What all connections have charged.
#[derive(Clone)]
pub(super) struct Assembly {
    charged: Arc<AtomicUsize>,
    allowed: usize,
    meter: Meter,
}

impl Assembly {
    pub(super) fn new(limits: &Limits, meter: Meter) -> Self {
        Self { charged: Arc::default(), allowed: limits.assembling_bytes, meter }
    }

    /// For one connection.
    pub(super) fn share(&self) -> Share {
        Share { assembly: self.clone(), bytes: 0 }
    }
}

/// What one connection has charged; given back when it ends.
pub(super) struct Share {
    assembly: Assembly,
    bytes: usize,
}

impl Share {
    /// The connection's unfinished frame has this length now.
    ///
    /// # Errors
    /// All of them together would take too much.
    pub(super) fn charge(&mut self, announced: usize) -> Result<(), Failure> {
        let bytes = if announced > FREE { announced } else { 0 };
        if bytes == self.bytes {
            return Ok(());
        }
        let more = bytes.saturating_sub(self.bytes) as u64;
        let Assembly { charged, allowed, meter } = &self.assembly;
        let has_memory = more == 0 || meter.has_memory(more);
        charged.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
        let others = charged.fetch_add(bytes, Ordering::Relaxed);
        meter.uses(Limit::FrameBytes, (others + bytes) as u64);
        if bytes > 0 && (others + bytes > *allowed || !has_memory) {
            meter.refused(Limit::FrameBytes);
            let detail = format!(
                "{announced} bytes, while {others} bytes of other frames are being received"
            );
            return Err(Failure::new(Cause::FrameTooLarge, By::Us, detail));
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Assembly { charged, meter, .. } = &self.assembly;
        let before = charged.fetch_sub(self.bytes, Ordering::Relaxed);
        meter.uses(Limit::FrameBytes, (before - self.bytes) as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_connections_share_one_budget_and_give_it_back() {
        let limits = Limits { assembling_bytes: 1_000_000, ..Limits::default() };
        let assembly = Assembly::new(&limits, Meter::new(&limits));
        let (mut one, mut other) = (assembly.share(), assembly.share());
        one.charge(600_000).unwrap();
        one.charge(600_000).unwrap();
        other.charge(FREE).unwrap();
        assert_eq!(other.charge(400_001).unwrap_err().cause, Cause::FrameTooLarge);
        other.charge(0).unwrap();
        other.charge(400_000).unwrap();
        drop(one);
        other.charge(1_000_000).unwrap();
        drop(other);
        assert_eq!(assembly.charged.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn frames_count_towards_the_memory_of_all() {
        let limits = Limits { memory: 1_000_000, ..Limits::default() };
        let meter = Meter::new(&limits);
        meter.uses(Limit::UnsentBytes, 500_000);
        let mut share = Assembly::new(&limits, meter.clone()).share();
        share.charge(400_000).unwrap();
        assert_eq!(share.charge(600_000).unwrap_err().cause, Cause::FrameTooLarge);
        assert_eq!(meter.read()[Limit::Memory as usize].refused, 1);
    }
}

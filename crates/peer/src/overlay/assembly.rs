//! The memory that frames take while they are not whole, over all connections together. A length is
//! charged when it is read, before its bytes come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::limits::Limits;
use swarmscope_wire::failure::{By, Cause, Failure};

/// Frames up to this length are not charged: every connection's buffers take as much anyway.
const FREE: usize = 64 * 1024;

/// What all connections have charged.
#[derive(Clone)]
pub(super) struct Assembly {
    charged: Arc<AtomicUsize>,
    allowed: usize,
}

impl Assembly {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { charged: Arc::default(), allowed: limits.assembling_bytes }
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
        self.assembly.charged.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
        let others = self.assembly.charged.fetch_add(bytes, Ordering::Relaxed);
        if bytes > 0 && others + bytes > self.assembly.allowed {
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
        self.assembly.charged.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_connections_share_one_budget_and_give_it_back() {
        let assembly = Assembly::new(&Limits { assembling_bytes: 1_000_000, ..Limits::default() });
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
}

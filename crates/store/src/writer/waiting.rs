//! How much waits to be written. A server may be away for minutes, and whoever invents peers does
//! not wait for a disk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What requests take in memory that are not done yet.
pub(super) struct Waiting {
    bytes: AtomicU64,
    most: u64,
    /// Gossip that was left out since it was last told of.
    left_out: AtomicU64,
    /// That there was no room has been told, and not yet that there is some again.
    is_told: AtomicBool,
}

impl Waiting {
    pub(super) fn with_room_for(most: u64) -> Self {
        let (bytes, left_out) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { bytes, most, left_out, is_told: AtomicBool::new(false) }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether more is taken. Where not, the log says so.
    pub(super) fn has_room(&self) -> bool {
        let has_room = self.bytes() < self.most;
        if !has_room && !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the store does not keep up: {} bytes wait to be written; until it does, no visit begins and gossip is left out",
                self.bytes()
            );
        }
        has_room
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn leave_out(&self, peers: usize) {
        self.left_out.fetch_add(peers as u64, Ordering::Relaxed);
    }

    /// So many bytes are done. With room for as much again, the log says what was left out.
    pub(super) fn done(&self, bytes: u64) {
        let before = self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        let has_room = before.saturating_sub(bytes) < self.most / 2;
        if has_room && self.is_told.swap(false, Ordering::Relaxed) {
            let left_out = self.left_out.swap(0, Ordering::Relaxed);
            tracing::info!(
                "the store keeps up again; {left_out} peers that were heard of meanwhile were left out, and are heard of again"
            );
        }
    }
}

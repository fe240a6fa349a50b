//! A place among the connections that are being set up.

use tokio::sync::mpsc;

use super::rules::Slot;

/// A slot that is given back when this is dropped.
pub(super) struct HeldSlot {
    pub(super) slot: Slot,
    pub(super) done: mpsc::UnboundedSender<Slot>,
}

impl Drop for HeldSlot {
    fn drop(&mut self) {
        // The listener is gone when the overlay stops; then the slot is of no interest.
        let _ = self.done.send(self.slot);
    }
}

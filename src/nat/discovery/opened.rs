//! The proof that silence was a filter: the answers that did not come are asked for again from a socket that has sent to
//! where they come from. Now they must come, or the server never sent them.

use std::time::Instant;

use super::exchange::{Ask, Exchange, Heard};
use crate::nat::stun::TransactionId;

pub(super) struct Opened {
    open: Vec<TransactionId>,
    /// Whether all that were settled were answered.
    proven: bool,
}

impl Opened {
    pub fn new(asks: Vec<Ask>, exchange: &mut Exchange, now: Instant) -> Self {
        Self { open: asks.into_iter().map(|ask| exchange.ask(ask, now)).collect(), proven: true }
    }

    pub fn heard(&mut self, id: TransactionId, heard: &Heard) {
        self.settle(id, matches!(heard, Heard::Answer { .. }));
    }

    pub fn given_up(&mut self, id: TransactionId) {
        self.settle(id, false);
    }

    fn settle(&mut self, id: TransactionId, answered: bool) {
        if let Some(at) = self.open.iter().position(|open| *open == id) {
            self.open.swap_remove(at);
            self.proven &= answered;
        }
    }

    pub fn is_done(&self) -> bool {
        self.open.is_empty() || !self.proven
    }

    pub const fn is_proven(&self) -> bool {
        self.proven
    }
}

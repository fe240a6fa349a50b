//! How far a recording has been folded.

use std::collections::VecDeque;

use bytes::Bytes;

use swarmscope_facts::Now;
use swarmscope_peer::node::Ticket;
use swarmscope_wire::{ErrorByte, MessageId};

/// Replies that may wait to be read: far more than ever do, unless lines of the recording are
/// missing.
const MOST_UNREAD: usize = 10_000;

/// Where to fold to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    /// In microseconds since the start.
    pub at: i64,
    /// So many lines at most.
    pub lines: usize,
}

impl Goal {
    /// All lines up to a moment.
    pub const fn time(at: i64) -> Self {
        Self { at, lines: usize::MAX }
    }
}

/// How far it has been folded.
#[derive(Clone, Default)]
pub(super) struct Spot {
    /// The first line that is not folded.
    pub next: usize,
    /// In microseconds since the start.
    pub at: i64,
    /// The newest second that has begun.
    pub ticked: i64,
    /// Since when the screen held still.
    pub frozen: Option<Now>,
    /// The terminal's size as it was then: what keys did depends on it.
    pub size: (u16, u16),
    /// Replies that are not read yet.
    unread: VecDeque<Unread>,
}

/// A reply that is not read yet.
#[derive(Clone)]
pub(super) struct Unread {
    pub ticket: Ticket,
    pub message: MessageId,
    pub error: ErrorByte,
    pub payload: Bytes,
}

impl Spot {
    /// The start, in a terminal of this size.
    pub fn start(size: (u16, u16)) -> Self {
        Self { size, ..Self::default() }
    }

    pub fn is_to_be_read(&mut self, reply: Unread) {
        if self.unread.len() == MOST_UNREAD {
            self.unread.pop_front();
        }
        self.unread.push_back(reply);
    }

    pub fn take_unread(&mut self, ticket: Ticket) -> Option<Unread> {
        let at = self.unread.iter().position(|reply| reply.ticket == ticket)?;
        self.unread.remove(at)
    }

    /// Whether one comes from here to a goal without going back.
    pub const fn is_before(&self, goal: Goal) -> bool {
        self.at <= goal.at && self.next <= goal.lines
    }
}

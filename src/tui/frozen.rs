//! The screen that holds still: what happens meanwhile waits in memory, all of it, up to a bound.

use std::collections::VecDeque;

use crate::screen::{Msg, Now};
use swarmscope_facts::held::cost;
use swarmscope_peer::node::{Event, Reply};

/// Messages that may wait; then the screen goes on by itself.
const MOST: usize = 200_000;
/// Bytes of replies that may wait.
const MOST_BYTES: usize = 64 << 20;

/// Since when, and what waits.
pub struct Frozen {
    pub since: Now,
    waiting: VecDeque<(Now, Msg)>,
    bytes: usize,
}

impl Frozen {
    #[must_use]
    pub const fn new(since: Now) -> Self {
        Self { since, waiting: VecDeque::new(), bytes: 0 }
    }

    /// Lets a message wait. Ticks don't: time stands still.
    pub fn wait(&mut self, now: Now, msg: Msg) {
        if matches!(msg, Msg::Tick) {
            return;
        }
        self.bytes += match &msg {
            Msg::Node(Event::Part { payload, .. } | Event::Reply(Reply { payload, .. })) => {
                payload.len()
            }
            Msg::Decoded { decoding, .. } => cost(&decoding.decoded),
            _ => 0,
        };
        self.waiting.push_back((now, msg));
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MOST || self.bytes >= MOST_BYTES
    }

    /// All that waited, in its order.
    #[must_use]
    pub fn thaw(self) -> VecDeque<(Now, Msg)> {
        self.waiting
    }
}

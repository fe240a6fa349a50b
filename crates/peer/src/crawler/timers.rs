//! Every moment at which the engine has something to do by itself, and why.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::conn::{ConnId, ReplyId};
use super::event::Ticket;
use swarmscope_wire::{MessageId, Permid};

/// Why the engine wants to be called at some time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Deadline {
    /// A request's next part, or its whole reply, is due.
    Reply(Ticket),
    /// Channels that have been held for their hour are given back.
    Sweep,
    /// Peer side: a large reply has had its time.
    Sent(ReplyId),
    /// Peer side: the next part of a paced reply may go out on this connection.
    Part(ConnId),
    /// Peer side: the oldest reply that was written on this connection has arrived, if the
    /// connection is still there.
    Certain(ConnId),
    /// Peer side: the Crawler that was served with this id is to be dialled, if it is not
    /// connected.
    DialBack(MessageId),
    /// An initiator is to run at this peer.
    Initiator(Permid, MessageId),
    /// A BuddyCast round.
    Round,
    /// Counts of refused or dropped frames that have not been told yet.
    Tally,
}

/// One time a [`Deadline`].
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Instant, Deadline)>,
    at: HashMap<Deadline, Instant>,
}

impl Timers {
    /// Sets or moves it.
    pub(super) fn set(&mut self, deadline: Deadline, at: Instant) {
        self.clear(deadline);
        self.order.insert((at, deadline));
        self.at.insert(deadline, at);
    }

    /// Sets it, or moves it forward; a sooner time stays.
    pub(super) fn set_sooner(&mut self, deadline: Deadline, at: Instant) {
        if self.at.get(&deadline).is_none_or(|set| at < *set) {
            self.set(deadline, at);
        }
    }

    pub(super) fn clear(&mut self, deadline: Deadline) {
        if let Some(at) = self.at.remove(&deadline) {
            self.order.remove(&(at, deadline));
        }
    }

    pub(super) fn next(&self) -> Option<(Instant, Deadline)> {
        self.order.first().copied()
    }

    /// Takes the first one that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Deadline> {
        let (at, deadline) = self.next()?;
        if at > now {
            return None;
        }
        self.clear(deadline);
        Some(deadline)
    }
}

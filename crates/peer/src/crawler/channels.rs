//! Crawler side: the channels of one peer (protocol.md §4).
//!
//! ```text
//!            open              last part, parts left 0
//!   free ───────────▶ open ─────────────────────────────▶ free
//!    ▲                  │ timeout, cancelled, connection lost, over budget
//!    │  3600 s, or      ▼
//!    └───────────────  held: late parts are recognised, dropped and counted
//!       the last part
//! ```
//!
//! A channel is held so that a late part can't be taken for the part of another request. Only where
//! no channel is free is a held one used again, and then first one of another message-specific id,
//! by which a late part still gives itself away.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::budget::{self, Budget, Budgets, Exceeded, Scope};
use super::conn::ConnId;
use super::event::Ticket;
use super::random::Random;
use swarmscope_wire::crawler::CrawlerReply;
use swarmscope_wire::{ChannelId, MessageId, PartsLeft};

/// How long a channel lives (§4), and how often those that have lived are looked for.
pub(super) const LIFE: Duration = Duration::from_secs(3600);
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// The channels of one peer that are not free, and what their replies take.
#[derive(Debug)]
pub(super) struct Channels {
    slots: HashMap<ChannelId, Slot>,
    budget: Budget,
    per_channel: u64,
}

#[derive(Debug)]
enum Slot {
    Open(Box<Open>),
    Held { message: MessageId, opened: Instant, ended: Instant },
}

#[derive(Debug)]
struct Open {
    ticket: Ticket,
    message: MessageId,
    opened: Instant,
    parts: Parts,
    budget: Budget,
    last: Option<LastPart>,
}

/// The parts of a reply that have come. The first is kept as it came; from the second on all are in
/// one piece that grows: many small ones would leave holes in the process's memory behind.
#[derive(Debug, Default)]
struct Parts {
    count: u32,
    one: Bytes,
    all: Vec<u8>,
}

impl Parts {
    fn push(&mut self, part: Bytes) {
        self.count = self.count.saturating_add(1);
        if self.count == 1 {
            self.one = part;
        } else {
            self.all.extend_from_slice(&std::mem::take(&mut self.one));
            self.all.extend_from_slice(&part);
        }
    }

    fn whole(self) -> Bytes {
        if self.count == 1 { self.one } else { self.all.into() }
    }
}

#[derive(Clone, Copy, Debug)]
struct LastPart {
    conn: ConnId,
    parts_left: PartsLeft,
}

/// A part that was taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) ticket: Ticket,
    /// From 1.
    pub(super) index: u32,
    pub(super) payload: Bytes,
    /// The whole reply, if this was its last part.
    pub(super) whole: Option<Bytes>,
}

/// A part that was not.
#[derive(Debug)]
pub(super) enum Refused {
    /// It belongs to no request: dropped and counted.
    Stray(&'static str),
    /// The reply no longer fits into a budget: its request fails.
    Exceeded(Ticket, Exceeded),
    /// Parts were lost with the connection that carried them: its request fails.
    Missing(Ticket),
}

impl Channels {
    pub(super) fn new(budgets: &Budgets) -> Self {
        Self {
            slots: HashMap::new(),
            budget: Budget::new(Scope::Peer, budgets.peer),
            per_channel: budgets.channel,
        }
    }

    /// Opens a channel, a random free one; `None` if all 255 carry requests.
    pub(super) fn open(
        &mut self,
        ticket: Ticket,
        message: MessageId,
        random: &mut Random,
        now: Instant,
    ) -> Option<ChannelId> {
        self.sweep(now);
        let free: Vec<_> =
            (1..=u8::MAX).map(ChannelId).filter(|id| !self.slots.contains_key(id)).collect();
        let channel = random.pick(&free).copied().or_else(|| self.longest_held(message))?;
        let budget = Budget::new(Scope::Channel, self.per_channel);
        let open =
            Open { ticket, message, opened: now, parts: Parts::default(), budget, last: None };
        self.slots.insert(channel, Slot::Open(Box::new(open)));
        Some(channel)
    }

    fn longest_held(&self, message: MessageId) -> Option<ChannelId> {
        let held = self.slots.iter().filter_map(|(id, slot)| match slot {
            Slot::Open(_) => None,
            Slot::Held { message: was, ended, .. } => Some((*was == message, *ended, *id)),
        });
        held.min().map(|(.., id)| id)
    }

    /// Takes a part. `lives` tells whether a connection is still there.
    pub(super) fn receive(
        &mut self,
        conn: ConnId,
        reply: &CrawlerReply,
        process: &mut Budget,
        lives: impl Fn(ConnId) -> bool,
        now: Instant,
    ) -> Result<Taken, Refused> {
        let Some(slot) = self.slots.get_mut(&reply.channel) else {
            return Err(Refused::Stray("no request is outstanding on this channel"));
        };
        let open = match slot {
            Slot::Held { opened, .. } if now >= *opened + LIFE => {
                self.slots.remove(&reply.channel);
                return Err(Refused::Stray("no request is outstanding on this channel"));
            }
            Slot::Held { message, .. } => {
                if *message == reply.message && reply.parts_left.is_last() {
                    self.slots.remove(&reply.channel);
                }
                return Err(Refused::Stray("its request had already ended"));
            }
            Slot::Open(open) => open,
        };
        if open.message != reply.message {
            return Err(Refused::Stray(
                "the request on this channel has a different message-specific id",
            ));
        }
        if open.last.is_some_and(|last| {
            last.conn != conn && !lives(last.conn) && !follows(last.parts_left, reply.parts_left)
        }) {
            return Err(Refused::Missing(open.ticket));
        }
        budget::charge(reply.payload.len(), [&mut open.budget, &mut self.budget, process])
            .map_err(|exceeded| Refused::Exceeded(open.ticket, exceeded))?;
        // A slice of its frame, which keeps its own bytes and no more; what is small is copied, and
        // keeps nothing whatever it was cut from.
        let is_small = (reply.payload.len() as u64) < budget::PART_FLOOR;
        let payload =
            if is_small { Bytes::copy_from_slice(&reply.payload) } else { reply.payload.clone() };
        open.parts.push(payload.clone());
        open.last = Some(LastPart { conn, parts_left: reply.parts_left });
        let (ticket, index) = (open.ticket, open.parts.count);
        let whole =
            reply.parts_left.is_last().then(|| self.close(reply.channel, process)).flatten();
        Ok(Taken { ticket, index, payload, whole })
    }

    /// Frees a channel whose reply is whole.
    fn close(&mut self, channel: ChannelId, process: &mut Budget) -> Option<Bytes> {
        let Some(Slot::Open(open)) = self.slots.remove(&channel) else { return None };
        self.give_back(&open, process);
        Some(open.parts.whole())
    }

    /// Ends a request without a reply; the channel is held.
    pub(super) fn end(&mut self, channel: ChannelId, process: &mut Budget, now: Instant) {
        let Some(Slot::Open(open)) = self.slots.remove(&channel) else { return };
        self.give_back(&open, process);
        self.slots
            .insert(channel, Slot::Held { message: open.message, opened: open.opened, ended: now });
    }

    fn give_back(&mut self, open: &Open, process: &mut Budget) {
        self.budget.refund(open.budget.held());
        process.refund(open.budget.held());
    }

    /// Frees what was held for its life.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.slots.retain(|_, slot| match slot {
            Slot::Open(_) => true,
            Slot::Held { opened, .. } => now < *opened + LIFE,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What the parts of unfinished replies of this peer hold.
    pub(super) const fn bytes(&self) -> u64 {
        self.budget.held()
    }

    /// What unfinished replies of this peer hold, by the books and by looking.
    #[cfg(test)]
    pub(super) fn held(&self) -> (u64, u64) {
        let counted = self.slots.values().map(|slot| match slot {
            Slot::Open(open) => {
                let Open { parts, budget, .. } = &**open;
                let (bytes, floor) = (parts.one.len() + parts.all.len(), budget::PART_FLOOR);
                assert!((bytes as u64).max(u64::from(parts.count) * floor) <= budget.held());
                budget.held()
            }
            Slot::Held { .. } => 0,
        });
        (self.budget.held(), counted.sum())
    }
}

/// Whether a part with the hint `next` can be the one after a part with the hint `last`: hints are
/// `min(255, floor(remaining / 32768))`, so they go down one by one, but for 2 → 0 where the size
/// is a multiple of 32 768 (§4). Looked at only where the connection between the two parts was
/// lost: what was on its way then is lost without a sign.
const fn follows(last: PartsLeft, next: PartsLeft) -> bool {
    match (last.0, next.0) {
        (255, 254 | 255) | (2, 0) => true,
        (last, next) => next.wrapping_add(1) == last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_of_every_size_follow_each_other_and_show_a_gap() {
        let hint = |left: usize| {
            if left <= 32_768 { 0 } else { u8::try_from(left / 32_768).unwrap_or(255) }
        };
        let hints = |size: usize| {
            (0..size.max(1)).step_by(32_768).map(move |at| PartsLeft(hint(size - at)))
        };
        for size in [32_768, 32_769, 65_536, 70_000, 98_304, 98_305, 300 * 32_768, 299 * 32_768 + 1]
        {
            let all: Vec<_> = hints(size).collect();
            assert!(all.windows(2).all(|two| follows(two[0], two[1])), "{size}");
            let gaps = all.windows(3).filter(|three| follows(three[0], three[2])).count();
            let blind = all.iter().filter(|hint| hint.0 == 255).count().saturating_sub(1);
            let at_the_end = usize::from(size % 32_768 != 0 && all.len() > 2);
            assert_eq!(gaps, blind + at_the_end, "{size}: {all:?}");
        }
    }
}

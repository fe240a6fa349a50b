//! Peer side: replies on their way out, cut into parts as the connection takes them, several of
//! them in turn.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::conn::{ConnId, ReplyId};
use super::core::Core;
use super::directory::Place;
use super::event::Direction;
use super::event::Event;
use super::probe::{Answer, Receipt};
use super::receipts::Receipts;
use super::timers::Deadline;
use crate::limits::{Limit, Limits};
use swarmscope_wire::crawler::{self, CrawlerReply};
use swarmscope_wire::{ChannelId, ErrorByte, MessageId, Permid};

/// How many frames a connection may have before its socket has taken them: a quarter of a megabyte
/// of parts keeps any line busy.
pub(super) const WINDOW: usize = 8;
/// Replies of one part always have room: a Crawler has few questions under way, and most answers
/// are that small.
const SMALL: usize = 32 << 10;
/// How slowly a Crawler may take a large reply, in bytes a second: a line that is slower is no use
/// for one.
const SLOWEST: u64 = 32 << 10;
/// What every large reply gets besides.
const GRACE: Duration = Duration::from_secs(60);

/// Whom a reply goes to, and by which ways.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) permid: Permid,
    pub(super) message: MessageId,
    pub(super) channel: ChannelId,
    /// The connection that the request came on.
    pub(super) conn: ConnId,
    /// Where the Crawler can be dialled back; `None` where it announces no listening port.
    pub(super) home: Option<Place>,
}

/// A reply that is not sent yet.
pub(super) struct Outgoing {
    pub(super) to: Address,
    pub(super) dial_back: DialBack,
    error: ErrorByte,
    payload: Bytes,
    receipt: Option<Receipt>,
    cut: Box<dyn Iterator<Item = CrawlerReply> + Send>,
    /// Parts that the socket has taken.
    written: usize,
    /// Parts that the overlay has.
    handed: usize,
    all_handed: bool,
    not_before: Instant,
}

/// Whether the Crawler may be, or was, dialled for this reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DialBack {
    /// 253 and 254 are for the connection that the request came on.
    Never,
    Possible,
    /// A dial was under way already, on other grounds.
    Joined,
    /// Its dial waits for the end of a connection.
    Waits,
    Used,
}

/// All of them.
pub(super) struct Replies {
    all: HashMap<ReplyId, Outgoing>,
    queues: HashMap<ConnId, VecDeque<ReplyId>>,
    /// Those that are written, and not certain to have arrived.
    pub(super) receipts: Receipts,
    /// Between two parts of one reply.
    pace: Duration,
    unsent: usize,
    limits: Limits,
}

impl Replies {
    pub(super) fn new(pace: Option<Duration>, limits: &Limits) -> Self {
        let (all, queues, receipts) = (HashMap::new(), HashMap::new(), Receipts::default());
        Self { all, queues, receipts, pace: pace.unwrap_or_default(), unsent: 0, limits: *limits }
    }

    /// The limit that another reply of this size, to this Crawler, would exceed.
    pub(super) fn is_too_much(&self, core: &Core, permid: Permid, bytes: usize) -> Option<Limit> {
        let of_one = self.unsent_to(permid);
        core.meter.uses(Limit::UnsentBytesPerCrawler, of_one as u64);
        let over = |held: usize, most| held.saturating_add(bytes) > most;
        match () {
            () if bytes <= SMALL => None,
            () if over(of_one, self.limits.unsent_bytes_per_crawler) => {
                Some(Limit::UnsentBytesPerCrawler)
            }
            () if over(self.unsent, self.limits.unsent_bytes) => Some(Limit::UnsentBytes),
            () if !core.meter.has_memory(bytes as u64) => Some(Limit::UnsentBytes),
            () => None,
        }
    }

    fn unsent_to(&self, permid: Permid) -> usize {
        let theirs = self.all.values().filter(|reply| reply.to.permid == permid);
        theirs.map(|reply| reply.payload.len()).sum()
    }

    fn count(&self, core: &Core) {
        core.meter.uses(Limit::UnsentBytes, self.unsent as u64);
    }

    /// How long a reply of this size may take to go out, with a dial-back; `None` for a small one,
    /// which its connection's own time bounds.
    pub(super) fn patience(&self, bytes: usize) -> Option<Duration> {
        let parts = u32::try_from(bytes / SMALL).unwrap_or(u32::MAX);
        let takes =
            GRACE + Duration::from_secs(bytes as u64 / SLOWEST) + self.pace.saturating_mul(parts);
        (bytes > SMALL).then_some(takes)
    }

    /// Whether this connection has as many replies waiting as it may.
    pub(super) fn is_crowded(&self, conn: ConnId) -> bool {
        self.queues.get(&conn).is_some_and(|queue| queue.len() >= self.limits.unsent_replies)
    }

    pub(super) fn insert(
        &mut self,
        core: &Core,
        id: ReplyId,
        to: Address,
        answer: Answer,
        dial_back: DialBack,
    ) {
        let Answer { error, payload, receipt } = answer;
        self.unsent += payload.len();
        self.count(core);
        let cut = Box::new(crawler::parts(to.message, to.channel, error, payload.clone()));
        let reply = Outgoing {
            to,
            dial_back,
            error,
            payload,
            receipt,
            cut,
            written: 0,
            handed: 0,
            all_handed: false,
            not_before: core.now,
        };
        self.all.insert(id, reply);
    }

    /// Whether a reply has a connection that it goes out on.
    pub(super) fn is_sending(&self) -> bool {
        self.all.values().any(|reply| reply.written < reply.handed) || !self.queues.is_empty()
    }

    pub(super) fn get_mut(&mut self, id: ReplyId) -> Option<&mut Outgoing> {
        self.all.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ReplyId, &Outgoing)> {
        self.all.iter().map(|(id, reply)| (*id, reply))
    }

    /// Puts a reply into the queue of a connection.
    pub(super) fn enqueue(&mut self, core: &mut Core, conn: ConnId, id: ReplyId) {
        self.queues.entry(conn).or_default().push_back(id);
        self.pump(core, conn);
    }

    /// Hands parts to a connection, those of several replies in turn, as far as its window and the
    /// pace allow.
    pub(super) fn pump(&mut self, core: &mut Core, conn: ConnId) {
        let Some(queue) = self.queues.get_mut(&conn) else { return };
        while core.links.open(conn).is_some_and(|link| link.in_flight.len() < WINDOW) {
            let ready =
                |id: &ReplyId| self.all.get(id).is_none_or(|reply| reply.not_before <= core.now);
            let Some(id) = queue.iter().position(ready).and_then(|at| queue.remove(at)) else {
                break;
            };
            let Some(reply) = self.all.get_mut(&id) else { continue };
            let Some(part) = reply.cut.next() else { continue };
            reply.handed += 1;
            reply.not_before = core.now + self.pace;
            reply.all_handed = part.parts_left.is_last();
            if !reply.all_handed {
                queue.push_back(id);
            }
            core.send_counted(conn, part.encode(), Some(id));
        }
        let next =
            queue.iter().filter_map(|id| self.all.get(id)).map(|reply| reply.not_before).min();
        match next {
            Some(at) if at > core.now => core.timers.set(Deadline::Part(conn), at),
            Some(_) => core.timers.clear(Deadline::Part(conn)), /* the window is full: it goes
            * on when frames are written */
            None => {
                core.timers.clear(Deadline::Part(conn));
                self.queues.remove(&conn);
            }
        }
    }

    /// The socket has taken the oldest `frames` frames of a connection.
    pub(super) fn written(&mut self, core: &mut Core, conn: ConnId, frames: usize) {
        let Some(link) = core.links.any_mut(conn) else { return };
        let dialled = link.direction == Direction::Outgoing;
        let frames = frames.min(link.in_flight.len());
        let taken: Vec<_> = link.in_flight.drain(..frames).flatten().collect();
        for id in taken {
            let Some(reply) = self.all.get_mut(&id) else { continue };
            reply.written += 1;
            if reply.all_handed && reply.written == reply.handed {
                let Some(reply) = self.remove(core, id) else { continue };
                let Address { permid, message, channel, conn: came_on, .. } = reply.to;
                core.emit(Event::Answered {
                    permid,
                    message,
                    channel,
                    error: reply.error,
                    bytes: reply.payload.len(),
                });
                // who connects anew may have been started anew, and then takes this for a reply
                // that nobody asked for
                if let Some(receipt) = reply.receipt.filter(|_| conn == came_on || dialled) {
                    self.receipts.written(core, conn, permid, message, receipt);
                }
            }
        }
        self.pump(core, conn);
    }

    /// A connection has ended with these frames not written: the replies that are left without one.
    /// They go on with the first part that the socket had not taken; whether those before it
    /// have arrived nobody can tell.
    pub(super) fn connection_lost(
        &mut self,
        conn: ConnId,
        in_flight: impl Iterator<Item = ReplyId>,
    ) -> Vec<ReplyId> {
        let queued = self.queues.remove(&conn).unwrap_or_default();
        let mut orphans: Vec<_> = queued.into_iter().chain(in_flight).collect();
        orphans.sort_unstable();
        orphans.dedup();
        for id in &orphans {
            let Some(reply) = self.all.get_mut(id) else { continue };
            let Address { message, channel, .. } = reply.to;
            reply.cut = Box::new(
                crawler::parts(message, channel, reply.error, reply.payload.clone())
                    .skip(reply.written),
            );
            (reply.handed, reply.all_handed) = (reply.written, false);
            reply.receipt = reply.receipt.filter(|_| reply.written == 0);
        }
        orphans
    }

    /// How many replies wait, and the bytes they hold.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.all.len(), self.unsent)
    }

    /// Takes a reply out; what stands in a queue of it is passed over.
    pub(super) fn remove(&mut self, core: &Core, id: ReplyId) -> Option<Outgoing> {
        let reply = self.all.remove(&id)?;
        self.unsent -= reply.payload.len();
        self.count(core);
        Some(reply)
    }
}

impl std::fmt::Debug for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replies")
            .field("waiting", &self.all.len())
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}

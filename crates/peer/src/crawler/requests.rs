//! Crawler side (protocol.md §4): requests from the moment they are asked for until they end, each
//! exactly once.
//!
//! ```text
//!   asked ──▶ waiting for a connection ──▶ sent ──▶ parts … ──▶ reply
//!     │                  │                  │  │ connection lost, a dial-back is waited for
//!     ▼                  ▼                  ▼  ▼
//!     └──────────────── failed, with the phase and the cause ◀──
//! ```

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::ask::Ask;
use super::budget::{Budget, Budgets, Scope};
use super::channels::{self, Channels, Refused};
use super::conn::ConnId;
use super::core::Core;
use super::event::{Direction, Event, Ticket};
use super::reply::Reply;
pub use super::sent::BETWEEN_PARTS;
use super::sent::Sent;
use super::tally::Tally;
use super::timers::Deadline;
use super::used::Used;
use crate::limits::Limit;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::frame::{Frame, MAX_AFTER_AUTHENTICATION};
use swarmscope_wire::{ChannelId, MessageId, OverlayVersion, Permid};

/// What a request's fixed fields take of a frame, its id byte included.
const REQUEST_OVERHEAD: usize = 5;
/// How many requests may wait for a connection to one peer: as many as it has channels.
const MAX_WAITING: usize = 255;
/// Refused parts are counted anew after this time.
const COUNT_WINDOW: Duration = Duration::from_secs(60);

/// All requests of this process.
#[derive(Debug)]
pub(super) struct Requests {
    budgets: Budgets,
    process: Budget,
    waiting: HashMap<Permid, VecDeque<(Ticket, Ask)>>,
    /// Of their payloads.
    waiting_bytes: u64,
    sent: HashMap<Ticket, Sent>,
    /// Frames of sent requests that the overlay did not take: for the peer's next connection.
    not_taken: HashMap<Permid, Vec<Frame>>,
    channels: HashMap<Permid, Channels>,
    refused: Tally<(Permid, &'static str), (ChannelId, MessageId)>,
    used: Used,
}

impl Requests {
    pub(super) fn new(budgets: Budgets, used: Used) -> Self {
        Self {
            waiting_bytes: 0,
            process: Budget::new(Scope::Process, budgets.process),
            budgets,
            waiting: HashMap::new(),
            sent: HashMap::new(),
            not_taken: HashMap::new(),
            channels: HashMap::new(),
            refused: Tally::new(Some(COUNT_WINDOW)),
            used,
        }
    }

    /// Sends a request, or dials its peer first.
    pub(super) fn ask(&mut self, core: &mut Core, ticket: Ticket, ask: Ask) {
        let (permid, message, bytes) = (ask.to, ask.message, ask.payload.len() as u64);
        let most = MAX_AFTER_AUTHENTICATION as usize - REQUEST_OVERHEAD;
        if ask.payload.len() > most {
            let detail = format!("{bytes} bytes; {most} fit");
            let failure = Failure::new(Cause::PayloadTooLarge, By::Us, detail);
            return fail(core, ticket, permid, message, failure);
        }
        if let Some(conn) = core.links.newest(permid) {
            return self.send(core, conn, ticket, ask);
        }
        if let Some(detail) = self.may_not_wait(core, permid, bytes) {
            let failure = Failure::new(Cause::ChannelsFull, By::Us, detail);
            return fail(core, ticket, permid, message, failure);
        }
        self.waiting.entry(permid).or_default().push_back((ticket, ask));
        self.waits(core, bytes);
        if let Err(failure) = core.dial(permid, true) {
            self.dial_failed(core, permid, &failure);
        }
    }

    /// Why a request with so large a payload can't wait for a connection.
    fn may_not_wait(&self, core: &Core, permid: Permid, bytes: u64) -> Option<&'static str> {
        if self.waiting.get(&permid).is_some_and(|waiting| waiting.len() >= MAX_WAITING) {
            return Some("too many requests are waiting for a connection");
        }
        if self.waiting_bytes + bytes > core.limits.waiting_bytes || !core.meter.has_memory(bytes) {
            core.meter.refused(Limit::WaitingBytes);
            return Some("the requests that wait for connections hold too much");
        }
        None
    }

    /// So many bytes more wait for a connection.
    fn waits(&mut self, core: &Core, bytes: u64) {
        self.waiting_bytes += bytes;
        core.meter.uses(Limit::WaitingBytes, self.waiting_bytes);
    }

    /// What waited for a peer waits no more.
    fn take_waiting(&mut self, core: &Core, permid: Permid) -> VecDeque<(Ticket, Ask)> {
        let taken = self.waiting.remove(&permid).unwrap_or_default();
        self.waiting_bytes -= taken.iter().map(|(_, ask)| ask.payload.len() as u64).sum::<u64>();
        core.meter.uses(Limit::WaitingBytes, self.waiting_bytes);
        taken
    }

    fn send(&mut self, core: &mut Core, conn: ConnId, ticket: Ticket, ask: Ask) {
        let Ask { to, message, frequency, payload, timeout, origin, wait_for_dial_back } = ask;
        let Some(version) = core.links.open(conn).map(|link| link.version) else { return };
        if version < OverlayVersion::CRAWLER {
            let detail = format!("selected version {version}");
            return fail(
                core,
                ticket,
                to,
                message,
                Failure::new(Cause::VersionNoCrawler, By::Us, detail),
            );
        }
        let channels = self.channels.entry(to).or_insert_with(|| Channels::new(&self.budgets));
        let Some(channel) = channels.open(ticket, message, &mut core.random, core.now) else {
            return fail(core, ticket, to, message, Failure::new(Cause::ChannelsFull, By::Us, ""));
        };
        self.used.uses(to, channel, core.now);
        let request = CrawlerRequest { message, channel, frequency, payload: payload.clone() };
        core.send(conn, request.encode());
        let timeout = timeout.min(channels::LIFE);
        let sent = Sent {
            to,
            message,
            channel,
            at: core.now,
            timeout,
            wait_for_dial_back,
            parts: 0,
            last_part: None,
            between: BETWEEN_PARTS,
            lost: false,
            dialled_back: false,
        };
        let (whole, between) = (sent.timeout, sent.between);
        core.timers.set(Deadline::Reply(ticket), sent.due());
        core.timers.set_sooner(Deadline::Sweep, core.now + channels::SWEEP_EVERY);
        self.sent.insert(ticket, sent);
        core.emit(Event::Sent { ticket, permid: to, message, channel, frequency, payload, origin });
        core.emit(Event::Due { ticket, permid: to, whole, between });
    }

    /// The overlay did not take the frame of a request, because its connection is ending: it goes
    /// out on another one of the peer, or on its next. If there is none the end of the
    /// connection ends the request.
    pub(super) fn not_taken(&mut self, core: &mut Core, permid: Permid, frame: Frame) {
        match core.links.newest(permid) {
            Some(conn) => drop(core.send(conn, frame)),
            None => self.not_taken.entry(permid).or_default().push(frame),
        }
    }

    /// A peer has proved its permid on a new connection: what waited for it goes out there.
    pub(super) fn connected(
        &mut self,
        core: &mut Core,
        conn: ConnId,
        permid: Permid,
        direction: Direction,
    ) {
        for (ticket, sent) in
            self.sent.iter_mut().filter(|(_, sent)| sent.to == permid && sent.lost)
        {
            sent.lost = false;
            sent.dialled_back = direction == Direction::Incoming;
            core.timers.set(Deadline::Reply(*ticket), sent.due());
        }
        for frame in self.not_taken.remove(&permid).unwrap_or_default() {
            let channel = CrawlerRequest::decode(frame.body.clone()).map(|request| request.channel);
            let is_wanted = |sent: &Sent| sent.to == permid && Ok(sent.channel) == channel;
            if self.sent.values().any(is_wanted) {
                core.send(conn, frame);
            }
        }
        for (ticket, ask) in self.take_waiting(core, permid) {
            self.send(core, conn, ticket, ask);
        }
    }

    /// A peer could not be reached: what waited for it fails with the same cause.
    pub(super) fn dial_failed(&mut self, core: &mut Core, permid: Permid, failure: &Failure) {
        for (ticket, ask) in self.take_waiting(core, permid) {
            fail(core, ticket, permid, ask.message, failure.clone());
        }
    }

    /// A CRAWLER_REPLY; whether it was the last part of a reply.
    pub(super) fn reply(&mut self, core: &mut Core, conn: ConnId, reply: &CrawlerReply) -> bool {
        let Some(link) = core.links.heard(conn) else { return false };
        let (permid, direction) = (link.permid, link.direction);
        let Some(channels) = self.channels.get_mut(&permid) else {
            self.refuse(core, permid, reply, "no request is outstanding at this peer");
            return false;
        };
        let (links, meter) = (&core.links, &core.meter);
        self.process.allow(meter.memory_left(), self.budgets.process, meter.unread());
        let taken = channels.receive(
            conn,
            reply,
            &mut self.process,
            |conn| links.heard(conn).is_some(),
            core.now,
        );
        meter.uses(Limit::ReplyBytesPerPeer, channels.bytes());
        meter.uses(Limit::ReplyBytesInAll, self.process.held());
        match taken {
            Ok(taken) => return self.taken(core, permid, direction, reply, taken),
            Err(Refused::Stray(why)) => self.refuse(core, permid, reply, why),
            Err(Refused::Exceeded(ticket, exceeded)) => {
                core.meter.refused(exceeded.scope.limit());
                self.end(core, ticket, |sent| {
                    Failure::new(Cause::TooLarge, By::Us, exceeded.to_string())
                        .delivered(sent.delivered())
                });
            }
            Err(Refused::Missing(ticket)) => self.end(core, ticket, |sent| {
                let detail = format!("after {} parts", sent.parts);
                Failure::new(Cause::PartsMissing, By::Network, detail).delivered(Delivered::Yes)
            }),
        }
        false
    }

    fn taken(
        &mut self,
        core: &mut Core,
        permid: Permid,
        direction: Direction,
        reply: &CrawlerReply,
        taken: channels::Taken,
    ) -> bool {
        let channels::Taken { ticket, index, payload, whole } = taken;
        let Some(sent) = self.sent.get_mut(&ticket) else { return false };
        sent.parts = index;
        sent.last_part = Some(core.now);
        let dialled_back = sent.dialled_back && direction == Direction::Incoming;
        let (message, channel, error) = (sent.message, sent.channel, reply.error);
        let elapsed = core.now.saturating_duration_since(sent.at);
        let parts_left = reply.parts_left;
        core.emit(Event::Part {
            ticket,
            permid,
            channel,
            index,
            parts_left,
            error,
            payload,
            after: elapsed,
        });
        let Some(payload) = whole else {
            core.timers.set(Deadline::Reply(ticket), sent.due());
            return false;
        };
        core.timers.clear(Deadline::Reply(ticket));
        self.sent.remove(&ticket);
        self.used.uses(permid, channel, core.now);
        core.emit(Event::Reply(Reply {
            ticket,
            permid,
            message,
            channel,
            error,
            payload,
            parts: index,
            elapsed,
            dialled_back,
        }));
        true
    }

    fn refuse(&mut self, core: &mut Core, permid: Permid, reply: &CrawlerReply, why: &'static str) {
        self.used.stray(permid, reply.channel, core.now);
        let particulars = (reply.channel, reply.message);
        match self.refused.count((permid, why), particulars, 1, core.now) {
            Some((last, times)) => self.tell_refused(core, permid, last, why, times),
            None => self.arm_tally(core),
        }
    }

    /// Tells the counts that are due.
    pub(super) fn tally(&mut self, core: &mut Core) {
        for ((permid, why), last, times) in self.refused.due(core.now) {
            self.tell_refused(core, permid, last, why, times);
        }
        self.arm_tally(core);
    }

    fn tell_refused(
        &self,
        core: &mut Core,
        permid: Permid,
        (channel, message): (ChannelId, MessageId),
        why: &'static str,
        times: u64,
    ) {
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        let guessed = self.used.guessed(permid, core.now);
        let why = why.into();
        core.emit(Event::ReplyRefused { permid, channel, message, why, times, guessed });
    }

    fn arm_tally(&self, core: &mut Core) {
        if let Some(at) = self.refused.next() {
            core.timers.set_sooner(Deadline::Tally, at);
        }
    }

    /// The deadline of a request has passed.
    pub(super) fn overdue(&mut self, core: &mut Core, ticket: Ticket) {
        let now = core.now;
        self.end(core, ticket, |sent| sent.overdue(now));
    }

    /// Waits so much longer: for the first part, between parts, for the whole reply; no longer than
    /// a channel lives. Nothing happens to a request that has ended.
    pub(super) fn extend(&mut self, core: &mut Core, ticket: Ticket, by: Duration) {
        let Some(sent) = self.sent.get_mut(&ticket) else {
            let mut waiting = self.waiting.values_mut().flatten();
            if let Some((_, ask)) = waiting.find(|(waiting, _)| *waiting == ticket) {
                ask.timeout = ask.timeout.saturating_add(by).min(channels::LIFE);
            }
            return;
        };
        sent.timeout = sent.timeout.saturating_add(by).min(channels::LIFE);
        sent.between = sent.between.saturating_add(by).min(channels::LIFE);
        core.timers.set(Deadline::Reply(ticket), sent.due());
        core.emit(Event::Due {
            ticket,
            permid: sent.to,
            whole: sent.timeout,
            between: sent.between,
        });
    }

    /// The program ends: every request does.
    pub(super) fn stop(&mut self, core: &mut Core) {
        let waiting = self.waiting.values().flatten().map(|(ticket, _)| *ticket);
        let mut tickets: Vec<_> = self.sent.keys().copied().chain(waiting).collect();
        tickets.sort_unstable();
        for ticket in tickets {
            self.give_up(core, ticket, Cause::Stopped);
        }
    }

    /// The operator gives a request up.
    pub(super) fn cancel(&mut self, core: &mut Core, ticket: Ticket) {
        self.give_up(core, ticket, Cause::Cancelled);
    }

    fn give_up(&mut self, core: &mut Core, ticket: Ticket, cause: Cause) {
        let given_up = || Failure::new(cause, By::Us, "");
        if self.sent.contains_key(&ticket) {
            return self.end(core, ticket, |sent| given_up().delivered(sent.delivered()));
        }
        let mut found = None;
        self.waiting.retain(|permid, waiting| {
            if let Some(at) = waiting.iter().position(|(other, _)| *other == ticket) {
                found = waiting.remove(at).map(|(_, ask)| (*permid, ask));
            }
            !waiting.is_empty()
        });
        if let Some((permid, ask)) = found {
            self.waiting_bytes -= ask.payload.len() as u64;
            core.meter.uses(Limit::WaitingBytes, self.waiting_bytes);
            fail(core, ticket, permid, ask.message, given_up());
        }
    }

    /// The last connection of a peer has ended.
    pub(super) fn connection_lost(
        &mut self,
        core: &mut Core,
        permid: Permid,
        answered: bool,
        failure: &Failure,
    ) {
        self.not_taken.remove(&permid);
        let theirs = self.sent.iter().filter(|(_, sent)| sent.to == permid && !sent.lost);
        let mut tickets: Vec<_> = theirs.map(|(ticket, _)| *ticket).collect();
        tickets.sort_unstable();
        for ticket in tickets {
            let Some(sent) = self.sent.get_mut(&ticket).filter(|sent| sent.wait_for_dial_back)
            else {
                let now = core.now;
                self.end(core, ticket, |sent| sent.closed(failure, answered, now));
                continue;
            };
            sent.lost = true;
            core.timers.set(Deadline::Reply(ticket), sent.due());
            core.emit(Event::AwaitingDialBack { ticket, permid });
        }
    }

    /// Ends a sent request without a reply. Its channel is held.
    fn end(&mut self, core: &mut Core, ticket: Ticket, why: impl FnOnce(&Sent) -> Failure) {
        let Some(sent) = self.sent.remove(&ticket) else { return };
        core.timers.clear(Deadline::Reply(ticket));
        self.used.uses(sent.to, sent.channel, core.now);
        if let Some(channels) = self.channels.get_mut(&sent.to) {
            channels.end(sent.channel, &mut self.process, core.now);
            core.meter.uses(Limit::ReplyBytesInAll, self.process.held());
        }
        fail(core, ticket, sent.to, sent.message, why(&sent));
    }

    /// Gives held channels back once they have lived.
    pub(super) fn sweep(&mut self, core: &mut Core) {
        self.channels.retain(|_, channels| {
            channels.sweep(core.now);
            !channels.is_empty()
        });
        if !self.channels.is_empty() {
            core.timers.set(Deadline::Sweep, core.now + channels::SWEEP_EVERY);
        }
    }

    /// Whether a peer owes us a reply.
    pub(super) fn is_outstanding(&self, permid: Permid, message: MessageId) -> bool {
        self.sent.values().any(|sent| sent.to == permid && sent.message == message)
            || self
                .waiting
                .get(&permid)
                .is_some_and(|waiting| waiting.iter().any(|(_, ask)| ask.message == message))
    }

    /// What unfinished replies hold: (by the process's book, by the peers' books, by looking).
    #[cfg(test)]
    pub(super) fn held(&self) -> (u64, u64, u64) {
        let peers = self.channels.values().map(Channels::held);
        let (booked, counted) = peers.fold((0, 0), |sum, held| (sum.0 + held.0, sum.1 + held.1));
        (self.process.held(), booked, counted)
    }

    /// Requests that have not ended.
    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.sent.len() + self.waiting.values().map(VecDeque::len).sum::<usize>()
    }
}

fn fail(core: &mut Core, ticket: Ticket, permid: Permid, message: MessageId, failure: Failure) {
    core.emit(Event::RequestFailed { ticket, permid, message, failure });
}

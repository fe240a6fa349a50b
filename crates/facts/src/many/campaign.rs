//! A request to many that is under way, or has ended: who is asked when, and what has become of
//! everybody.
//!
//! It has no clock of its own: [`Campaign::due`] says when the next request may go out,
//! [`Campaign::send`] takes it. Every peer is asked once; an answer or a failure makes room for the
//! next one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::groups::{Grouping, Groups};
use super::measures::{Latencies, Sorted};
use super::outcome::{Counts, Outcome};
use super::pace::Bucket;
use super::plan::{Plan, Request, Target};
use crate::input::Input;
use crate::networks;
use crate::now::Now;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Event, PeerKey, Reply, Ticket};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{ErrorByte, MessageId, Sha256Sum};

/// Few groups are put in order at once, many at most so often.
const SORT_EVERY: Duration = Duration::from_millis(250);
/// How many groups are few.
const FEW: usize = 64;

/// What has become of one peer.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who it is.
    pub peer: PeerKey,
    /// How it stands.
    pub outcome: Outcome,
    /// Of its request, once the node has given it one.
    pub ticket: Option<Ticket>,
    /// When it went out.
    pub asked: Option<Now>,
    /// When it ended.
    pub ended: Option<Now>,
    /// Since it was sent.
    pub first_part: Option<Duration>,
    /// From the request to its end.
    pub elapsed: Duration,
    /// Parts that came.
    pub parts: u32,
    /// Payload bytes that came.
    pub bytes: usize,
    /// The error byte of its answer.
    pub error: Option<ErrorByte>,
    /// Why it failed.
    pub cause: Option<Cause>,
    /// Who ended it then.
    pub by: Option<By>,
    /// Of its answer's payload, once that was read.
    pub sha256: Option<Sha256Sum>,
    /// Places of its answer's groups: by content, and by shape.
    groups: Option<(usize, usize)>,
}

/// How a campaign stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Requests go out.
    Running,
    /// Nothing goes out until the operator goes on.
    Paused,
    /// Sending has ended.
    Stopped,
    /// Everybody was asked, and every request has ended.
    Done,
}

/// A campaign.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The message and its peers.
    pub plan: Plan,
    /// How it stands.
    pub state: State,
    /// When it began.
    pub started: Now,
    /// When its last request ended, or, where it was stopped, when that was.
    pub ended: Option<Now>,
    /// Which answers are one group.
    pub grouping: Grouping,
    by_content: Groups,
    by_shape: Groups,
    /// How long first parts took.
    pub latencies: Latencies,
    /// Bytes of the answers with error 0.
    pub sizes: Sorted,
    rows: Vec<Row>,
    counts: Counts,
    bucket: Bucket,
    /// The next one to be asked.
    next: usize,
    /// Asked for; the node has not given a ticket yet.
    without_ticket: Vec<usize>,
    by_ticket: HashMap<Ticket, usize>,
    sorted: Instant,
}

impl Campaign {
    /// Begins; nothing has gone out yet.
    #[must_use]
    pub fn new(plan: Plan, now: Now) -> Self {
        let row = |target: &Target| Row {
            peer: target.peer.clone(),
            outcome: Outcome::NotSent,
            ticket: None,
            asked: None,
            ended: None,
            first_part: None,
            elapsed: Duration::ZERO,
            parts: 0,
            bytes: 0,
            error: None,
            cause: None,
            by: None,
            sha256: None,
            groups: None,
        };
        Self {
            state: State::Running,
            started: now,
            ended: None,
            grouping: Grouping::default(),
            by_content: Groups::default(),
            by_shape: Groups::default(),
            latencies: Latencies::default(),
            sizes: Sorted::default(),
            rows: plan.targets.iter().map(row).collect(),
            counts: Counts::new(plan.targets.len()),
            bucket: Bucket::new(plan.pace.rate, now.instant),
            next: 0,
            without_ticket: Vec::new(),
            by_ticket: HashMap::new(),
            sorted: now.instant,
            plan,
        }
    }

    // --- sending
    // ---------------------------------------------------------------------------------------------------------

    /// When the next request may go out; `None` while something else has to happen first.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let may = self.state == State::Running && self.next < self.rows.len();
        (may && self.counts.in_flight() < self.plan.pace.waiting).then(|| self.bucket.due())
    }

    /// The next request, if it may go out now.
    pub fn send(&mut self, now: Now) -> Option<Request> {
        self.due()?;
        if !self.bucket.take(now.instant) {
            return None;
        }
        let at = self.next;
        let request = self.plan.request(self.plan.targets.get(at)?);
        self.next += 1;
        self.rows[at].asked = Some(now);
        self.becomes(at, Outcome::Waiting);
        self.without_ticket.push(at);
        Some(request)
    }

    /// Holds what was not sent yet, or goes on with it.
    pub fn pause(&mut self) {
        self.state = match self.state {
            State::Running => State::Paused,
            State::Paused => State::Running,
            ended => ended,
        };
    }

    /// Sends nothing more. Returns the requests in flight, which are to be cancelled.
    pub fn stop(&mut self, now: Now) -> Vec<Ticket> {
        if !self.under_way() {
            return Vec::new();
        }
        self.state = State::Stopped;
        self.ended = Some(now);
        let mut tickets = Vec::new();
        for at in 0..self.rows.len() {
            if self.rows[at].outcome.in_flight() {
                tickets.extend(self.rows[at].ticket);
                self.ends(at, Outcome::Stopped, now);
            }
        }
        tickets
    }

    // --- what happens
    // ----------------------------------------------------------------------------------------------------

    /// A request was taken: its ticket. Returns whether it is one of this campaign that was stopped
    /// meanwhile.
    pub fn asked(&mut self, peer: &PeerKey, message: MessageId, ticket: Ticket) -> bool {
        if self.plan.message != message {
            return false;
        }
        let sent = self.without_ticket.iter().position(|at| self.rows[*at].peer == *peer);
        let Some(place) = sent.or_else(|| self.sent_instead(peer)) else { return false };
        let at = self.without_ticket.remove(place);
        self.rows[at].ticket = Some(ticket);
        self.by_ticket.insert(ticket, at);
        self.rows[at].outcome == Outcome::Stopped
    }

    /// Where the permids of a recording are masked, its replay sends in another order than was sent
    /// in: the ticket tells who it was. That peer takes the place of the one that waits for a
    /// ticket, and gives it its own.
    fn sent_instead(&mut self, peer: &PeerKey) -> Option<usize> {
        let at = *self.without_ticket.first()?;
        let other = (self.next..self.rows.len()).find(|other| self.rows[*other].peer == *peer)?;
        self.plan.targets.swap(at, other);
        let (before, after) = self.rows.split_at_mut(other);
        std::mem::swap(&mut before[at].peer, &mut after[0].peer);
        // whoever waits now stands where its key belongs: those to come are found by their keys
        let (row, target) = (self.rows.remove(other), self.plan.targets.remove(other));
        let before = self.rows[self.next..].partition_point(|one| one.peer < row.peer);
        self.rows.insert(self.next + before, row);
        self.plan.targets.insert(self.next + before, target);
        Some(0)
    }

    /// Takes notice of something that became known. Returns whether it is the ticket of a request
    /// that was stopped meanwhile: that is to be cancelled.
    pub fn see(&mut self, now: Now, input: &Input) -> Option<Ticket> {
        match input {
            Input::Asked(ask, ticket) => {
                let is_stopped = self.asked(&PeerKey::Permid(ask.to), ask.message, *ticket);
                return is_stopped.then_some(*ticket);
            }
            Input::Network(event) => return self.see_other(now, event),
            Input::Event(Event::Part { ticket, payload, after, .. }) => {
                self.part(*ticket, payload.len(), *after);
            }
            Input::Event(Event::Reply(Reply {
                ticket, error, payload, parts, elapsed, ..
            })) => {
                self.reply(*ticket, *error, payload.len(), *parts, *elapsed, now);
            }
            Input::Event(Event::RequestFailed { ticket, failure, .. }) => {
                self.failed(*ticket, failure, now);
            }
            Input::Decoded { ticket, decoding, .. } => self.decoded(*ticket, decoding, now),
            _ => {}
        }
        None
    }

    /// The same of another network. Of its answers no bytes are kept, and none are counted.
    fn see_other(&mut self, now: Now, event: &networks::Event) -> Option<Ticket> {
        match event {
            networks::Event::Asked { peer, ticket, question, .. }
                if self.asked(peer, *question, *ticket) =>
            {
                return Some(*ticket);
            }
            networks::Event::Part { ticket, after, .. } => self.part(*ticket, 0, *after),
            networks::Event::Answered { ticket, error, summary, says, parts, elapsed, .. }
                if self.has(*ticket) =>
            {
                if networks::nobody_answered(says) {
                    self.nobody(*ticket, *elapsed, now);
                    return None;
                }
                let error = ErrorByte(*error);
                let (decoding, _) = networks::decoding(error, summary, says);
                self.reply(*ticket, error, 0, *parts, *elapsed, now);
                self.decoded(*ticket, &decoding, now);
            }
            networks::Event::Failed { ticket, failure, .. } => self.failed(*ticket, failure, now),
            _ => {}
        }
        None
    }

    /// A part came, so long after the request was sent.
    pub fn part(&mut self, ticket: Ticket, bytes: usize, after: Duration) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        let row = &mut self.rows[at];
        row.parts = row.parts.saturating_add(1);
        row.bytes = row.bytes.saturating_add(bytes);
        if row.first_part.is_none() {
            row.first_part = Some(after);
            self.latencies.add(after);
        }
        if self.rows[at].outcome.in_flight() {
            self.becomes(at, Outcome::Parts);
        }
    }

    /// The whole reply came.
    pub fn reply(
        &mut self,
        ticket: Ticket,
        error: ErrorByte,
        bytes: usize,
        parts: u32,
        elapsed: Duration,
        now: Now,
    ) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        let row = &mut self.rows[at];
        if row.error.is_some() {
            return; // once is enough
        }
        (row.error, row.bytes, row.parts, row.elapsed) = (Some(error), bytes, parts, elapsed);
        if row.first_part.is_none() {
            row.first_part = Some(elapsed);
            self.latencies.add(elapsed);
        }
        if error == ErrorByte::SUCCESS && self.plan.network == Network::Overlay {
            self.sizes.add(bytes as u64);
        }
        let outcome = match error {
            ErrorByte::SUCCESS => Outcome::Answered,
            ErrorByte::FREQUENCY => Outcome::NotYet,
            _ => Outcome::Error,
        };
        self.ends(at, outcome, now);
    }

    /// A reply was read: its group. A 254 says nothing of its peer, so it is in none.
    pub fn decoded(&mut self, ticket: Ticket, decoding: &Decoding, now: Now) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        let row = &mut self.rows[at];
        row.sha256 = Some(decoding.bytes);
        let Some(error) =
            row.error.filter(|error| *error != ErrorByte::FREQUENCY && row.groups.is_none())
        else {
            return;
        };
        let (bytes, parts) = (row.bytes, row.parts);
        let content = self.by_content.add(decoding.content, decoding, error, bytes, parts, now);
        let shape = self.by_shape.add(decoding.shape, decoding, error, bytes, parts, now);
        self.rows[at].groups = Some((content, shape));
        if decoding.failed.is_some() && self.rows[at].outcome == Outcome::Answered {
            self.becomes(at, Outcome::Malformed);
        }
    }

    /// A request ended without a whole reply.
    pub fn failed(&mut self, ticket: Ticket, failure: &Failure, now: Now) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        if !self.rows[at].outcome.in_flight() {
            return;
        }
        (self.rows[at].cause, self.rows[at].by) = (Some(failure.cause), Some(failure.by));
        self.rows[at].elapsed = self.rows[at]
            .asked
            .map(|asked| now.instant.saturating_duration_since(asked.instant))
            .unwrap_or_default();
        self.ends(at, Outcome::of_failure(failure), now);
    }

    /// Every way to the peer was tried, and nobody answered.
    fn nobody(&mut self, ticket: Ticket, elapsed: Duration, now: Now) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        if self.rows[at].outcome.in_flight() {
            self.rows[at].elapsed = elapsed;
            self.ends(at, Outcome::Other, now);
        }
    }

    /// Time has passed, or something has happened: the list of groups is put in order, the end is
    /// noticed.
    pub fn settle(&mut self, now: Now) {
        let often = self.groups().len() <= FEW;
        let long_ago = now.instant.saturating_duration_since(self.sorted) >= SORT_EVERY;
        if self.groups().has_changed() && (often || long_ago) {
            self.sorted = now.instant;
            self.sort();
        }
        if self.under_way() && self.next == self.rows.len() && self.counts.in_flight() == 0 {
            self.state = State::Done;
            self.ended = Some(now);
        }
    }

    fn becomes(&mut self, at: usize, outcome: Outcome) {
        self.counts.moved(self.rows[at].outcome, outcome);
        self.rows[at].outcome = outcome;
    }

    /// An answer that comes after all was stopped is still an answer.
    fn ends(&mut self, at: usize, outcome: Outcome, now: Now) {
        self.becomes(at, outcome);
        self.rows[at].ended = Some(now);
    }

    // --- in groups
    // --------------------------------------------------------------------------------------------------------

    fn sort(&mut self) {
        let norm = self.norm();
        match self.grouping {
            Grouping::Content => self.by_content.sort(norm),
            Grouping::Shape => self.by_shape.sort(norm),
        }
    }

    // --- what there is to see
    // --------------------------------------------------------------------------------------------

    /// Whether anything may still go out.
    #[must_use]
    pub const fn under_way(&self) -> bool {
        matches!(self.state, State::Running | State::Paused)
    }

    /// Whether this peer is to be asked yet.
    #[must_use]
    pub fn is_to_come(&self, peer: &PeerKey) -> bool {
        let to_come = &self.rows[self.next..];
        self.under_way() && to_come.binary_search_by(|row| row.peer.cmp(peer)).is_ok()
    }

    /// Whether a request is one of this campaign's.
    #[must_use]
    pub fn has(&self, ticket: Ticket) -> bool {
        self.by_ticket.contains_key(&ticket)
    }

    /// Whether it has sent this, and waits for its ticket.
    #[must_use]
    pub fn waits_for(&self, peer: &PeerKey, message: MessageId) -> bool {
        let is_it = |at: &usize| self.rows[*at].peer == *peer;
        self.plan.message == message && self.without_ticket.iter().any(is_it)
    }
}

mod shown;
#[cfg(test)]
mod tests;

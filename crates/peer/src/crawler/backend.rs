//! Peer side (protocol.md §4): who may ask, the frequency gate, and the way of a reply back to its
//! Crawler.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;

use super::conn::{ConnId, ReplyId};
use super::core::Core;
use super::directory::{Attempt, Place, at_port};
use super::event::{Event, PeerKey};
use super::gate::{FLEXIBILITY, Gate};
use super::io::Output;
use super::probe::{Answer, Asked, Probe as _};
use super::registry::Registry;
use super::replies::{Address, DialBack, Outgoing, Replies};
use super::roles::{Roles, USED_UP};
use super::timers::Deadline;
use crate::limits::{Limit, Limits};
use swarmscope_wire::crawler::CrawlerRequest;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion, Permid};

/// A payload of this size always has room: most requests have less, and SQL seldom more.
const SMALL: usize = 4 << 10;
/// A dial-back is due when *more* than frequency + 5 s have passed (§4).
const JUST_AFTER: Duration = Duration::from_millis(1);

/// Why a reply is dropped when two of one id wait for a dial-back (§4: one an id, the latest
/// Crawler's).
fn replaced() -> Failure {
    let detail = "a later request with the same id waits for a dial-back now";
    Failure::new(Cause::NotConnected, By::Us, detail)
}

/// A question that has no answer yet, and how many bytes its payload has.
#[derive(Debug)]
struct Open {
    to: Address,
    bytes: usize,
}

/// What a peer has to do with Crawlers.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) registry: Registry,
    allowed: HashSet<Permid>,
    gate: Gate,
    pub(super) roles: Roles,
    asked: HashMap<ReplyId, Open>,
    pub(super) replies: Replies,
    /// Replies that wait for a dial-back: one an id, the latest Crawler's.
    pending: HashMap<MessageId, ReplyId>,
    /// Whom to dial by ourselves later: one an id.
    served: HashMap<MessageId, (Permid, Place)>,
    next_id: u64,
}

impl Backend {
    pub(super) fn new(registry: Registry, pace: Option<Duration>, limits: &Limits) -> Self {
        Self {
            registry,
            allowed: HashSet::new(),
            gate: Gate::default(),
            roles: Roles::default(),
            asked: HashMap::new(),
            replies: Replies::new(pace, limits),
            pending: HashMap::new(),
            served: HashMap::new(),
            next_id: 1,
        }
    }

    /// A CRAWLER_REQUEST, whatever its body.
    pub(super) fn request(&mut self, core: &mut Core, conn: ConnId, body: &Bytes) {
        let Some(link) = core.links.heard(conn) else { return };
        let (permid, version) = (link.permid, link.version);
        let home = (link.listening_port != 0)
            .then(|| Place::from(at_port(link.remote, link.listening_port)));
        let request = match self.check(permid, version, body) {
            Ok(request) => request,
            Err(failure) => {
                let message = MessageId(body.first().copied().unwrap_or_default());
                core.emit(Event::Refused { permid, message, failure: failure.clone() });
                return core.close(conn, failure);
            }
        };
        let CrawlerRequest { message, channel, frequency, payload } = request;
        core.emit(Event::Asked { permid, message, channel, frequency, bytes: payload.len() });
        let to = Address { permid, message, channel, conn, home };
        let Some(probe) = self.registry.probe(message) else {
            return self.answer_at_once(core, to, ErrorByte::UNKNOWN_MESSAGE, b"unknown message");
        };
        if payload.len() > probe.longest_payload() {
            let text = b"the payload is longer than this message allows";
            return self.answer_at_once(core, to, ErrorByte::HANDLER, text);
        }
        if let Some(limit) = self.is_busy(core, permid, payload.len()) {
            core.meter.refused(limit);
            let text = b"this peer is busy with too many requests: ask again later";
            return self.answer_at_once(core, to, ErrorByte::HANDLER, text);
        }
        if let Some((error, text)) = self.roles.refuse(permid, message, core.now) {
            return self.answer_at_once(core, to, error, text);
        }
        if !self.gate.accept(message, frequency, core.now) {
            return self.answer_at_once(core, to, ErrorByte::FREQUENCY, b"frequency error");
        }
        self.roles.accepted(permid, message, core.now);
        self.remember_served(core, &to, frequency.duration());
        let id = self.new_id();
        self.asked.insert(id, Open { to, bytes: payload.len() });
        self.count(core, permid);
        core.output(Output::Ask { id, message, asked: Asked { from: permid, version, payload } });
    }

    /// The limit that a question with such a payload would exceed. The first of each Crawler has
    /// room whatever the others ask: there are no more than are on the allow-list.
    fn is_busy(&self, core: &Core, permid: Permid, bytes: usize) -> Option<Limit> {
        let Limits { questions, questions_per_crawler, question_bytes, .. } = core.limits;
        let of_one = self.asked_by(permid);
        let held: usize = self.asked.values().map(|open| open.bytes).sum();
        let large = bytes > SMALL;
        match () {
            () if of_one >= questions_per_crawler => Some(Limit::QuestionsPerCrawler),
            () if of_one > 0 && self.asked.len() >= questions => Some(Limit::Questions),
            () if large && held + bytes > question_bytes => Some(Limit::QuestionBytes),
            () if large && !core.meter.has_memory(bytes as u64) => Some(Limit::QuestionBytes),
            () => None,
        }
    }

    fn asked_by(&self, permid: Permid) -> usize {
        self.asked.values().filter(|open| open.to.permid == permid).count()
    }

    fn count(&self, core: &Core, permid: Permid) {
        let bytes: usize = self.asked.values().map(|open| open.bytes).sum();
        core.meter.uses(Limit::Questions, self.asked.len() as u64);
        core.meter.uses(Limit::QuestionsPerCrawler, self.asked_by(permid) as u64);
        core.meter.uses(Limit::QuestionBytes, bytes as u64);
    }

    /// What closes the connection without a reply.
    fn check(
        &self,
        permid: Permid,
        version: OverlayVersion,
        body: &Bytes,
    ) -> Result<CrawlerRequest, Failure> {
        if !self.allowed.contains(&permid) {
            return Err(Failure::new(Cause::NotAllowed, By::Us, ""));
        }
        if version < OverlayVersion::CRAWLER {
            return Err(Failure::new(
                Cause::VersionNoCrawler,
                By::Us,
                format!("selected version {version}"),
            ));
        }
        CrawlerRequest::decode(body.clone())
            .map_err(|short| Failure::new(Cause::MessageMalformed, By::Us, short.to_string()))
    }

    fn remember_served(&mut self, core: &mut Core, to: &Address, frequency: Duration) {
        let deadline = Deadline::DialBack(to.message);
        if let Some(home) = to.home.clone() {
            self.served.insert(to.message, (to.permid, home));
            core.timers.set(deadline, core.now + frequency + FLEXIBILITY + JUST_AFTER);
        } else {
            self.served.remove(&to.message);
            core.timers.clear(deadline);
        }
    }

    fn new_id(&mut self) -> ReplyId {
        let id = ReplyId(self.next_id);
        self.next_id += 1;
        id
    }

    fn answer_at_once(
        &mut self,
        core: &mut Core,
        to: Address,
        error: ErrorByte,
        text: &'static [u8],
    ) {
        if self.replies.is_crowded(to.conn) {
            core.meter.refused(Limit::UnsentReplies);
            let detail = "it asks faster than it reads the answers";
            return core.close(to.conn, Failure::new(Cause::QueueFull, By::Us, detail));
        }
        let id = self.new_id();
        let answer = Answer { error, payload: Bytes::from_static(text), receipt: None };
        self.replies.insert(core, id, to, answer, DialBack::Never);
        self.route(core, id);
    }

    /// A probe has answered. A second answer to the same request is ignored: a handler replies
    /// once.
    pub(super) fn answer(&mut self, core: &mut Core, id: ReplyId, answer: Answer) {
        let Some(Open { to, .. }) = self.asked.remove(&id) else { return };
        self.count(core, to.permid);
        let too_much = self.replies.is_too_much(core, to.permid, answer.payload.len());
        let answer = if let Some(limit) = too_much {
            core.meter.refused(limit);
            Answer::failed("this peer has too many unsent replies: ask again later")
        } else if !self.roles.spend(to.permid, answer.payload.len(), core.now) {
            Answer::failed(USED_UP)
        } else {
            answer
        };
        if let Some(patience) = self.replies.patience(answer.payload.len()) {
            core.timers.set(Deadline::Sent(id), core.now + patience);
        }
        self.replies.insert(core, id, to, answer, DialBack::Possible);
        self.route(core, id);
    }

    /// A large reply has had its time: the Crawler takes it so slowly that it is of no use to it
    /// any more.
    pub(super) fn overdue(&mut self, core: &mut Core, id: ReplyId) {
        let Some(reply) = self.replies.get_mut(id) else { return };
        let (permid, detail) = (reply.to.permid, "it reads a large reply too slowly");
        let failure = Failure::new(Cause::QueueFull, By::Us, detail);
        let conns: Vec<_> =
            core.links.of(permid).filter(|conn| core.links.carries(*conn, id)).collect();
        self.undelivered(core, id, &failure);
        for conn in conns {
            core.close(conn, failure.clone());
        }
    }

    /// Sends a reply on the connection its request came on, else on any of its Crawler's, else
    /// dials back.
    fn route(&mut self, core: &mut Core, id: ReplyId) {
        let Some(reply) = self.replies.get_mut(id) else { return };
        let (permid, came_on) = (reply.to.permid, reply.to.conn);
        if !self.allowed.contains(&permid) {
            return self.undelivered(
                core,
                id,
                &Failure::new(Cause::NotAllowed, By::Us, "it was removed from the allow-list"),
            );
        }
        let conn = if core.links.open(came_on).is_some() {
            Some(came_on)
        } else {
            core.links.newest(permid)
        };
        match conn {
            Some(conn) => self.replies.enqueue(core, conn, id),
            None => self.dial_back(core, id),
        }
    }

    fn dial_back(&mut self, core: &mut Core, id: ReplyId) {
        let Some(reply) = self.replies.get_mut(id) else { return };
        let refusal = match (reply.dial_back, &reply.to.home) {
            (DialBack::Never, _) => {
                Failure::new(Cause::Closed, By::Peer, "before the answer could be sent")
            }
            (DialBack::Used, _) => {
                Failure::new(Cause::Closed, By::Peer, "again, after it was dialled back once")
            }
            (_, None) => Failure::new(
                Cause::NotConnected,
                By::Peer,
                "the Crawler announces no listening port to dial back",
            ),
            // The later request wins, whichever of the two answers was ready first.
            _ if self.pending.get(&reply.to.message).is_some_and(|other| *other > id) => replaced(),
            (DialBack::Possible | DialBack::Joined | DialBack::Waits, Some(home)) => {
                let (peer, message) = (PeerKey::Permid(reply.to.permid), reply.to.message);
                let waits = core.links.ending(&peer, home).is_some();
                reply.dial_back = match core.dial_place(peer, home.clone(), false) {
                    true if waits => DialBack::Waits,
                    true => DialBack::Used,
                    false => DialBack::Joined,
                };
                if let Some(earlier) = self.pending.insert(message, id).filter(|it| *it != id) {
                    self.undelivered(core, earlier, &replaced());
                }
                return;
            }
        };
        self.undelivered(core, id, &refusal);
    }

    fn undelivered(&mut self, core: &mut Core, id: ReplyId, failure: &Failure) {
        let Some(reply) = self.replies.remove(core, id) else { return };
        let Address { permid, message, .. } = reply.to;
        core.emit(Event::Undelivered { permid, message, failure: failure.clone() });
    }

    /// A peer has proved its permid on a new connection: what waited for it goes out there.
    pub(super) fn connected(&mut self, core: &mut Core, permid: Permid) {
        for id in self.take_pending(permid) {
            self.route(core, id);
        }
    }

    /// The dial that waited for the end of a peer's connection has begun: for whose reply it was,
    /// it is the one attempt.
    pub(super) fn dialled(&mut self, permid: Permid) {
        for id in self.pending.values() {
            let reply = self.replies.get_mut(*id).filter(|reply| reply.to.permid == permid);
            if let Some(reply) = reply.filter(|reply| reply.dial_back == DialBack::Waits) {
                reply.dial_back = DialBack::Used;
            }
        }
    }

    /// A dial failed, and with it what waited for it, unless the dial was another one than the
    /// reply's own.
    pub(super) fn dial_failed(&mut self, core: &mut Core, attempt: &Attempt, failure: &Failure) {
        let PeerKey::Permid(permid) = attempt.peer else { return };
        for id in self.take_pending(permid) {
            let used = |reply: &mut Outgoing| reply.dial_back == DialBack::Used;
            if self.replies.get_mut(id).is_some_and(used) {
                self.undelivered(core, id, failure);
            } else {
                self.route(core, id);
            }
        }
    }

    /// The dial that waited for the end of a peer's connection does not begin after all: what was
    /// to go out on it stays here.
    pub(super) fn dialled_no_more(&mut self, core: &mut Core, permid: Permid, failure: &Failure) {
        for id in self.take_pending(permid) {
            self.undelivered(core, id, failure);
        }
    }

    fn take_pending(&mut self, permid: Permid) -> Vec<ReplyId> {
        let replies = &mut self.replies;
        let mut is_theirs =
            |id: ReplyId| replies.get_mut(id).is_none_or(|reply| reply.to.permid == permid);
        let taken = self.pending.extract_if(|_, id| is_theirs(*id));
        let mut taken: Vec<_> = taken.map(|(_, id)| id).collect();
        taken.sort_unstable(); // as they were made, and the same in every run
        taken
    }

    /// A connection has ended: replies that were on it find another way.
    pub(super) fn connection_lost(
        &mut self,
        core: &mut Core,
        conn: ConnId,
        in_flight: impl Iterator<Item = ReplyId>,
        failure: &Failure,
    ) {
        core.timers.clear(Deadline::Part(conn));
        self.abandon(core, conn);
        self.replies.receipts.lost(core, conn, failure);
        for id in self.replies.connection_lost(conn, in_flight) {
            self.route(core, id);
        }
    }

    /// Questions that came on a connection which is gone, of Crawlers that are not connected
    /// otherwise and can't be dialled back.
    fn abandon(&mut self, core: &mut Core, conn: ConnId) {
        let lost = |Open { to, .. }: &Open| {
            to.conn == conn && to.home.is_none() && !core.links.is_connected(to.permid)
        };
        let mut lost: Vec<_> = self.asked.extract_if(|_, open| lost(open)).collect();
        lost.sort_unstable_by_key(|(id, _)| *id);
        for (id, Open { to: Address { permid, message, .. }, .. }) in lost {
            self.count(core, permid);
            core.output(Output::Abandon { id });
            let detail = "the Crawler is gone, and announces no listening port to dial back";
            let failure = Failure::new(Cause::NotConnected, By::Peer, detail);
            core.emit(Event::Undelivered { permid, message, failure });
        }
    }

    /// More than frequency + 5 s after a served request: the Crawler is dialled, if it is not
    /// connected and still allowed.
    pub(super) fn dial_back_by_ourselves(&mut self, core: &mut Core, message: MessageId) {
        let Some((permid, home)) = self.served.remove(&message) else { return };
        if self.allowed.contains(&permid) && !core.links.is_connected(permid) {
            core.dial_place(PeerKey::Permid(permid), home, false);
        }
    }

    /// Replaces the allow-list. Crawlers no longer on it get nothing more.
    pub(super) fn allow(&mut self, core: &mut Core, allowed: HashSet<Permid>) {
        self.allowed = allowed;
        let barred = |id: &(ReplyId, Permid)| !self.allowed.contains(&id.1);
        let stopped: Vec<_> =
            self.replies.iter().map(|(id, reply)| (id, reply.to.permid)).filter(barred).collect();
        for (id, _) in stopped {
            self.undelivered(
                core,
                id,
                &Failure::new(Cause::NotAllowed, By::Us, "it was removed from the allow-list"),
            );
        }
        self.pending.retain(|_, id| self.replies.get_mut(*id).is_some());
        let gone: Vec<_> =
            self.served.extract_if(|_, (permid, _)| !self.allowed.contains(permid)).collect();
        for (message, _) in gone {
            core.timers.clear(Deadline::DialBack(message));
        }
    }
}

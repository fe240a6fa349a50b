//! The engine: one process's side of the Crawler protocol, as Crawler and as peer. Inputs come in
//! with the time, outputs are taken out until there are none, and the next deadline says when to
//! come again. No sockets, no clock, no tasks.

use std::time::Instant;

use bytes::Bytes;

use super::ask::Ask;
use super::backend::Backend;
use super::budget::Budgets;
use super::conn::{AttemptId, ConnId};
use super::core::Core;
use super::dialback::Dialback;
use super::directory::{GIVES_UP_AT, News, Place, at_port};
use super::event::{Direction, Event, PeerKey, Source, Ticket, Transport};
use super::gossip::Gossip;
use super::io::{ConnectedPeer, EngineConfig, Input, Output};
use super::links::{Link, Standing};
use super::requests::Requests;
use super::schedule::Schedule;
use super::strangers::Strangers;
use super::target::Target;
use super::timers::Deadline;
use super::traced::{Traced, Watched};
use super::used::Used;
use swarmscope_wire::crawler::CrawlerReply;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{MessageId, Permid};

/// The tickets of requests that the engine makes by itself are counted from here; callers count
/// theirs from below.
const OWN_TICKETS: u64 = 1 << 63;

/// How many targets of a bootstrap list are dialled at the same time: authenticating takes both
/// sides some milliseconds of work, and a target that is not there some seconds of waiting.
const AT_ONCE: usize = 8;

/// The engine.
#[derive(Debug)]
pub struct Engine {
    pub(super) core: Core,
    pub(super) requests: Requests,
    pub(super) backend: Backend,
    gossip: Gossip,
    dialback: Dialback,
    schedule: Schedule,
    strangers: Strangers,
    next_ticket: u64,
    stopping: bool,
}

impl Engine {
    /// An engine that nothing has happened to yet.
    #[must_use]
    pub fn new(config: EngineConfig, now: Instant) -> Self {
        let mut core = Core::new(&config, now);
        Self {
            requests: Requests::new(
                Budgets::from(&config.limits),
                Used::new(config.first_run, now),
            ),
            backend: Backend::new(config.registry.clone(), config.pace, &config.limits),
            gossip: Gossip::new(&config, &mut core),
            dialback: Dialback::new(config.gossip && !config.survey),
            schedule: Schedule::new(config.registry, config.initiators),
            strangers: Strangers::new(),
            next_ticket: OWN_TICKETS,
            stopping: false,
            core,
        }
    }

    /// Takes an input at its time. Deadlines that have passed before it count first.
    pub fn handle(&mut self, input: Input, now: Instant) {
        self.handle_timeout(now);
        match input {
            Input::Connect { target, source } => self.connect(target, source),
            Input::Disconnect(permid) => self.disconnect(permid),
            Input::Forget(peer) => {
                self.core.directory.let_be(&peer);
                if let PeerKey::Permid(permid) = peer {
                    self.dial_no_more(permid);
                }
            }
            Input::Ask { ticket, ask } => self.requests.ask(&mut self.core, ticket, ask),
            Input::Cancel(ticket) => self.requests.cancel(&mut self.core, ticket),
            Input::Extend(ticket, by) => self.requests.extend(&mut self.core, ticket, by),
            Input::Traced { watched, traced } => self.traced(watched, traced),
            Input::Allow(allowed) => self.backend.allow(&mut self.core, allowed),
            Input::Roles(roles) => self.backend.roles.set(roles),
            Input::Answer { id, answer } => self.backend.answer(&mut self.core, id, answer),
            Input::Progress { attempt, phase, detail } => self.progress(attempt, phase, detail),
            Input::DialFailed { attempt, failure } => self.dial_failed(attempt, &failure),
            Input::AcceptFailed { remote, failure, times } => {
                self.strangers.not_accepted(&mut self.core, remote, failure, times);
            }
            Input::DialledBack { remote } => self.dialback.dialled_back(&mut self.core, remote),
            Input::Connected { conn, attempt, peer } => self.connected(conn, attempt, &peer),
            Input::Frame { conn, frame } => self.frame(conn, &frame),
            Input::Written { conn, frames } => {
                self.backend.replies.written(&mut self.core, conn, frames);
            }
            Input::NotSent { conn, frame } => self.not_sent(conn, frame),
            Input::Closed { conn, failure } => self.closed(conn, failure),
            Input::Stop => self.stop(),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.core.now = self.core.now.max(now);
        while let Some(deadline) = self.core.timers.pop_due(self.core.now) {
            let core = &mut self.core;
            match deadline {
                Deadline::Reply(ticket) => self.requests.overdue(core, ticket),
                Deadline::Sweep => self.requests.sweep(core),
                Deadline::Part(conn) => self.backend.replies.pump(core, conn),
                Deadline::Sent(id) => self.backend.overdue(core, id),
                Deadline::Certain(conn) => self.backend.replies.receipts.certain(core, conn),
                Deadline::DialBack(_) | Deadline::Initiator(..) if self.stopping => {}
                Deadline::DialBack(message) => self.backend.dial_back_by_ourselves(core, message),
                Deadline::Initiator(permid, message) => self.initiator(permid, message),
                Deadline::Round => self.gossip.round(core),
                Deadline::Tally => {
                    self.requests.tally(core);
                    self.strangers.tally(core);
                }
            }
        }
    }

    /// When to call [`Self::handle_timeout`], and why. Every input and every timeout can change it.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Instant, Deadline)> {
        self.core.timers.next()
    }

    /// What is to be done, in order; `None` when there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.poll_output()
    }

    /// Whether replies are on their way to Crawlers that are connected.
    #[must_use]
    pub fn is_replying(&self) -> bool {
        self.backend.replies.is_sending()
    }

    fn stop(&mut self) {
        self.stopping = true;
        self.core.timers.clear(Deadline::Round);
        self.requests.stop(&mut self.core);
    }

    fn connect(&mut self, target: Target, source: Source) {
        let core = &mut self.core;
        let place = Place { host: target.host, port: target.port };
        let address = place.address();
        let later = matches!(source, Source::Bootstrap | Source::Dht)
            && self.gossip.is_enabled()
            && core.directory.dialling() >= AT_ONCE;
        let Some(permid) = target.permid else {
            // What the DHT says is dialled once: anybody can announce anything there.
            if self.gossip.is_enabled() && source != Source::Dht {
                core.directory.tell_unnamed(place.clone());
            }
            let peer = PeerKey::Address(place.to_string());
            core.emit(Event::Discovered { peer: peer.clone(), address, version: None, source });
            if later {
                core.directory.list(peer, place);
            } else {
                core.dial_place(peer, place, true);
            }
            return;
        };
        let peer = PeerKey::Permid(permid);
        if core.directory.tell(permid, place.clone(), source.clone(), core.now) == News::Fresh {
            core.emit(Event::Discovered { peer: peer.clone(), address, version: None, source });
        }
        if later {
            core.directory.list(peer, place);
        } else {
            self.dial_pinned(permid);
        }
    }

    fn dial_pinned(&mut self, permid: Permid) {
        let core = &mut self.core;
        let refusal = if core.links.is_connected(permid) {
            Some(Failure::new(Cause::Duplicate, By::Us, ""))
        } else {
            core.dial(permid, true).err()
        };
        if let Some(failure) = refusal {
            core.emit(Event::ConnectFailed {
                peer: PeerKey::Permid(permid),
                failure,
                attempt: 1,
                gives_up_at: 1,
                again_in: None,
            });
        }
    }

    /// Dials the next targets of a long bootstrap list, while there are fewer connections than
    /// there may be.
    fn dial_listed(&mut self) {
        while !self.stopping
            && self.core.directory.dialling() < AT_ONCE
            && self.gossip.wants_more(&self.core)
        {
            match self.core.directory.next_listed() {
                Some((PeerKey::Permid(permid), _)) if self.core.links.is_connected(permid) => {}
                Some((PeerKey::Permid(permid), _)) => self.dial_pinned(permid),
                Some((peer, place)) => drop(self.core.dial_place(peer, place, true)),
                None => return,
            }
        }
    }

    /// What waits for the end of a connection to this peer is not dialled after all.
    fn dial_no_more(&mut self, permid: Permid) {
        let failure = Failure::new(Cause::Closed, By::Us, "disconnected from here");
        for waiting in self.core.after_end.take(permid) {
            self.core.emit(Event::ConnectFailed {
                peer: waiting.peer,
                failure: failure.clone(),
                attempt: 1,
                gives_up_at: 1,
                again_in: None,
            });
            self.requests.dial_failed(&mut self.core, permid, &failure);
            self.backend.dialled_no_more(&mut self.core, permid, &failure);
        }
    }

    fn disconnect(&mut self, permid: Permid) {
        self.core.directory.hold_off(permid);
        self.dial_no_more(permid);
        let conns: Vec<_> = self.core.links.of(permid).collect();
        for conn in conns {
            self.core.close(conn, Failure::new(Cause::Closed, By::Us, "disconnected from here"));
        }
    }

    fn progress(&mut self, attempt: AttemptId, phase: Phase, detail: String) {
        if let Some(peer) = self.core.directory.attempt(attempt).map(|attempt| attempt.peer.clone())
        {
            self.core.emit(Event::Connecting { peer, phase, detail });
        }
    }

    fn traced(&mut self, watched: Watched, traced: Traced) {
        let core = &mut self.core;
        let peer = match watched {
            Watched::Attempt(attempt) => {
                core.directory.attempt(attempt).map(|attempt| attempt.peer.clone())
            }
            Watched::Conn(conn) => {
                core.links.any_mut(conn).map(|link| PeerKey::Permid(link.permid))
            }
        };
        if let Some(peer) = peer {
            core.emit(Event::Traced { peer, traced });
        }
    }

    fn dial_failed(&mut self, attempt: AttemptId, failure: &Failure) {
        let core = &mut self.core;
        let Some(attempt) = core.directory.end(attempt) else { return };
        // That a connection is there already is no failure to reach the peer.
        let counted = failure.cause != Cause::Duplicate;
        let times =
            if counted { core.directory.failed(&attempt, &mut core.random, core.now) } else { 1 };
        let disproved = matches!(failure.cause, Cause::WrongPermid | Cause::OwnPermid);
        if disproved {
            core.directory.disproved(&attempt);
        }
        let again = attempt.keep
            && counted
            && !disproved
            && (self.gossip.is_enabled() || self.schedule.is_on());
        let gives_up_at = if again { GIVES_UP_AT } else { times };
        let again_in =
            if times < gives_up_at { core.directory.wait(&attempt, core.now) } else { None };
        let peer = attempt.peer.clone();
        core.emit(Event::ConnectFailed {
            peer,
            failure: failure.clone(),
            attempt: times,
            gives_up_at,
            again_in,
        });
        if let PeerKey::Permid(permid) = attempt.peer {
            self.requests.dial_failed(core, permid, failure);
            self.schedule.dial_failed(core, permid);
        }
        self.backend.dial_failed(core, &attempt, failure);
        self.dial_listed();
    }

    fn connected(&mut self, conn: ConnId, attempt: Option<AttemptId>, peer: &ConnectedPeer) {
        let attempt = attempt.and_then(|id| self.core.directory.end(id));
        let ConnectedPeer { permid, version, offers, direction, remote, listening_port, rtt } =
            *peer;
        self.enter(conn, attempt.as_ref().is_some_and(|attempt| attempt.keep), peer);
        let core = &mut self.core;
        let dialled = attempt.as_ref().map(|attempt| attempt.place.clone());
        core.reached_from_outside |= direction == Direction::Incoming;
        let listening = match direction {
            Direction::Outgoing => Some(remote),
            Direction::Incoming => (listening_port != 0).then(|| at_port(remote, listening_port)),
        };
        if let Some(place) = &dialled {
            core.directory.named(place);
        }
        let news = core.directory.saw(permid, dialled, listening, version, core.now);
        core.directory.offers(permid, offers);
        if news == News::Fresh && attempt.is_none() {
            let version = Some(version);
            core.emit(Event::Discovered {
                peer: PeerKey::Permid(permid),
                address: listening,
                version,
                source: Source::Incoming,
            });
        }
        let was = attempt.map(|attempt| attempt.peer).filter(|was| *was != PeerKey::Permid(permid));
        let transport = if version.is_encrypted() { Transport::Tls } else { Transport::Legacy };
        core.emit(Event::Connected {
            permid,
            was,
            address: remote,
            listening_port,
            version,
            transport,
            direction,
            rtt,
        });
        core.dial_after_end(permid);
        self.requests.connected(core, conn, permid, direction);
        self.backend.connected(core, permid);
        for ask in self.schedule.connected(core, permid, version) {
            self.ask_by_ourselves(ask);
        }
        self.gossip.connected(&mut self.core, conn);
        self.dialback.connected(&mut self.core, conn);
        self.gossip.hurry(&mut self.core);
        self.dial_listed();
    }

    fn enter(&mut self, conn: ConnId, kept: bool, peer: &ConnectedPeer) {
        let link = Link {
            permid: peer.permid,
            version: peer.version,
            direction: peer.direction,
            remote: peer.remote,
            listening_port: peer.listening_port,
            since: self.core.now,
            kept,
            last_keep_alive: self.core.now,
            standing: Standing::Open,
            answered: false,
            in_flight: std::collections::VecDeque::new(),
        };
        self.core.links.insert(conn, link);
    }

    fn initiator(&mut self, permid: Permid, message: MessageId) {
        if let Some(ask) = self.schedule.due(&mut self.core, permid, message) {
            self.ask_by_ourselves(ask);
        }
    }

    fn ask_by_ourselves(&mut self, ask: Ask) {
        if self.requests.is_outstanding(ask.to, ask.message) {
            return; // the one before is still under way
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.requests.ask(&mut self.core, ticket, ask);
    }

    fn frame(&mut self, conn: ConnId, frame: &Frame) {
        let core = &mut self.core;
        if core.links.heard(conn).is_none() {
            return;
        }
        self.backend.replies.receipts.heard(core, conn);
        let ours = match frame.id {
            FrameId::KEEP_ALIVE => true,
            // the connection is about to be closed
            FrameId::CRAWLER_REQUEST | FrameId::DIALBACK_REQUEST if self.stopping => true,
            FrameId::CRAWLER_REQUEST => {
                self.backend.request(core, conn, &frame.body);
                true
            }
            FrameId::CRAWLER_REPLY => {
                self.reply(conn, frame);
                true
            }
            FrameId::DIALBACK_REQUEST => self.dialback.requested(core, conn, &frame.body),
            FrameId::BUDDYCAST => self.gossip.received(core, conn, &frame.body),
            _ => false,
        };
        if !ours {
            self.strangers.frame(&mut self.core, conn, frame.id);
        }
    }

    /// A part. Who has the whole of a reply that used something up says so by a frame: the peer may
    /// then let go of what it gave.
    fn reply(&mut self, conn: ConnId, frame: &Frame) {
        let reply = match CrawlerReply::decode(frame.body.clone()) {
            Ok(reply) => reply,
            Err(short) => {
                let failure = Failure::new(Cause::MessageMalformed, By::Peer, short.to_string());
                return self.core.close(conn, failure);
            }
        };
        if let Some(link) = self.core.links.any_mut(conn) {
            link.answered = true;
        }
        let whole = self.requests.reply(&mut self.core, conn, &reply);
        if whole && self.backend.registry.get(reply.message).is_some_and(|probe| probe.consumes()) {
            self.core.send(conn, Frame { id: FrameId::KEEP_ALIVE, body: Bytes::new() }); // a connection that ends hears nothing
        }
    }

    fn not_sent(&mut self, conn: ConnId, frame: Frame) {
        let Some(link) = self.core.links.any_mut(conn) else { return };
        if link.standing == Standing::Open {
            link.standing = Standing::Leaving;
        }
        let permid = link.permid;
        // Parts of replies find their way when the connection is told as closed; nothing else is
        // worth sending twice.
        if frame.id == FrameId::CRAWLER_REQUEST {
            self.requests.not_taken(&mut self.core, permid, frame);
        }
    }

    fn closed(&mut self, conn: ConnId, failure: Failure) {
        let core = &mut self.core;
        let Some(link) = core.links.remove(conn) else { return };
        let (permid, answered) = (link.permid, link.answered);
        self.backend.connection_lost(core, conn, link.in_flight.into_iter().flatten(), &failure);
        if core.links.is_connected(permid) {
            return;
        }
        self.requests.connection_lost(core, permid, answered, &failure);
        if core.links.is_gone(permid) {
            core.directory.lost(permid, link.since, &mut core.random, core.now);
            self.strangers.forget(permid);
            core.emit(Event::Disconnected { permid, failure });
            if !self.stopping && core.dial_after_end(permid) {
                self.backend.dialled(permid);
            }
        }
    }
}

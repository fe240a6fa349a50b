//! The visits in flight: what comes from the node and the store goes in, what is to be done comes
//! out. Pure: no socket, no clock, no disk.
//!
//! ```text
//!   leased ─► dial ─► connected ─► permit asked for ─► question sent ─► reply read ─► record
//!               │          └── peers it lists ─► heard      │
//!               └── failed ─────────────────────────────────┴────────────────────────► record
//! ```
//!
//! A question goes out only after the store has said yes on disk, so that no other Crawler, nor
//! this one after a crash, puts it again too soon. A visit ends once, and its record is what the
//! store writes.

mod questions;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use swarmscope_peer::{Ask, Direction, Event, PeerKey, Reply, Source, Target, Ticket};
use swarmscope_store::outcome::{Class, REACHED};
use swarmscope_store::schedule::{self, Next, Past, Policy};
use swarmscope_store::{
    Heard, Leased, Network, PeerHash, PeerId, Permit, RoundId, StoreKey, Time, Visited,
};
use swarmscope_wire::buddycast::is_told;
use swarmscope_wire::failure::{Cause, Delivered, Failure};
use swarmscope_wire::{OverlayVersion, Permid};

use crate::progress::Progress;
use crate::question::Question;
use crate::settings::Settings;
use crate::visit::{Put, Stage, Visit};

/// How long a peer's BuddyCast is waited for once it is connected.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long two peers do not exchange again (protocol.md §7: 4 h).
const BLOCK: Duration = Duration::from_secs(4 * 3600);
/// Added to a question's time while nobody knows when it will be answered.
const UNCERTAIN: Duration = Duration::from_secs(5);

/// The time, in both forms that are needed: one to measure with, one to write down.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For durations.
    pub instant: Instant,
    /// For records.
    pub time: Time,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Dial.
    Connect(Target),
    /// Close every connection to this peer.
    Disconnect(Permid),
    /// Put a question; then say under which ticket, with [`Machine::sent`].
    Ask(Ask),
    /// Record gossip.
    Hear(Vec<Heard>),
    /// Ask the store whether a question may be put.
    Permit(Permit),
    /// Let go of a peer that is not visited, until then.
    PassOver(PeerId, Time),
    /// Read a reply, and hand in what is kept of it.
    Decode(Unread),
    /// Write a visit that has ended.
    Write(Visited),
}

/// A whole reply that is to be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The reply.
    pub reply: Reply,
    /// Its question's place among the questions.
    question: usize,
}

/// All visits in flight.
pub struct Machine {
    key: StoreKey,
    policy: Policy,
    settings: Settings,
    questions: Vec<Question>,
    round: RoundId,
    began: Time,
    visits: HashMap<Permid, Visit>,
    permids: HashMap<PeerId, Permid>,
    tickets: HashMap<Ticket, (Permid, usize)>,
    online: HashMap<Permid, OverlayVersion>,
    hashes: HashMap<PeerHash, Permid>,
    exchanged: HashMap<PeerHash, Instant>,
    seeds: Vec<Target>,
    /// Of them, how many are being dialled.
    asking: usize,
    actions: VecDeque<Action>,
    listens: bool,
    /// Counts.
    pub progress: Progress,
}

impl Machine {
    pub(crate) fn new(settings: Settings, questions: Vec<Question>, key: StoreKey) -> Self {
        Self {
            key,
            policy: settings.policy(),
            seeds: settings.targets.clone(),
            settings,
            questions,
            round: RoundId(0),
            began: Time(0),
            visits: HashMap::new(),
            permids: HashMap::new(),
            tickets: HashMap::new(),
            online: HashMap::new(),
            hashes: HashMap::new(),
            exchanged: HashMap::new(),
            asking: 0,
            actions: VecDeque::new(),
            listens: false,
            progress: Progress::default(),
        }
    }

    /// Whether this Crawler listens: old peers tell nobody else whom they know (protocol.md §7).
    #[must_use]
    pub(crate) const fn listening(mut self, listens: bool) -> Self {
        self.listens = listens;
        self
    }

    /// A round begins, or goes on. Targets of which nobody knows the permid yet are dialled to
    /// learn it; their visit comes by a lease, as everybody's.
    pub fn begin(&mut self, round: RoundId, began: Time, now: Now) {
        (self.round, self.began) = (round, began);
        self.exchanged.retain(|_, at| now.instant < *at + BLOCK);
        (self.progress.round, self.progress.dialled, self.progress.reached) = (round.0, 0, 0);
        let (named, unnamed): (Vec<Target>, Vec<Target>) =
            self.seeds.drain(..).partition(|target| target.permid.is_some());
        let heard: Vec<Heard> = named
            .iter()
            .filter_map(|target| {
                Some(self.heard(target.permid?, Some(target.to_string()), None, now.time))
            })
            .collect();
        if !heard.is_empty() {
            self.actions.push_back(Action::Hear(heard));
        }
        for target in unnamed {
            if self.settings.opt_out.holds(None, target.host.parse().ok(), now.time) {
                self.progress.opted_out += 1;
            } else {
                self.actions.push_back(Action::Connect(target.clone()));
                self.asking += 1;
            }
            self.seeds.push(target); // until it has told who it is
        }
    }

    /// Whether targets are being asked who they are.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.asking > 0
    }

    /// Visits in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.visits.len()
    }

    /// Entries that are kept in memory, of everything: what a crawl of months must not let grow.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.visits.len()
            + self.permids.len()
            + self.tickets.len()
            + self.online.len()
            + self.hashes.len()
            + self.exchanged.len()
            + self.seeds.len()
    }

    /// What is to be done next; until there is nothing.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A peer is this process's to visit.
    pub fn visit(&mut self, leased: Leased, now: Now) {
        let target = leased.address.as_deref().and_then(|address| address.parse::<Target>().ok());
        let permid = target
            .as_ref()
            .and_then(|target| target.permid)
            .or_else(|| self.hashes.get(&leased.hash).copied());
        let Some(permid) = permid else { return self.pass_over(leased.peer, now) };
        let ip = target.as_ref().and_then(|target| target.host.parse::<IpAddr>().ok());
        if self.settings.opt_out.holds(Some(&permid.to_string()), ip, now.time) {
            self.progress.opted_out += 1;
            return self.pass_over(leased.peer, now);
        }
        let online = self.online.get(&permid).copied();
        if self.visits.contains_key(&permid) || (online.is_none() && target.is_none()) {
            return self.pass_over(leased.peer, now);
        }
        self.permids.insert(leased.peer, permid);
        self.visits.insert(permid, Visit::new(leased, now.instant, now.time));
        match (online, target) {
            (Some(version), _) => self.reached(permid, version, None, now),
            (None, Some(target)) => self.actions.push_back(Action::Connect(target)),
            (None, None) => {}
        }
    }

    fn pass_over(&mut self, peer: PeerId, now: Now) {
        let due = schedule::following(&self.policy, self.began, now.time);
        self.actions.push_back(Action::PassOver(peer, due));
    }

    /// Something happened on the network.
    pub fn event(&mut self, event: Event, now: Now) {
        match event {
            Event::Discovered {
                peer: PeerKey::Permid(permid),
                address: Some(address),
                version,
                source: Source::BuddyCast(_),
            } => {
                let heard = self.heard(permid, Some(address.to_string()), version, now.time);
                self.actions.push_back(Action::Hear(vec![heard]));
            }
            Event::Connected {
                permid,
                was,
                address,
                listening_port,
                version,
                direction,
                rtt,
                ..
            } => {
                self.online.insert(permid, version);
                self.hashes.insert(self.hash(permid), permid);
                let place = match direction {
                    Direction::Outgoing => Some(address.to_string()),
                    Direction::Incoming if listening_port != 0 => {
                        Some(std::net::SocketAddr::new(address.ip(), listening_port).to_string())
                    }
                    Direction::Incoming => None,
                };
                if let Some(PeerKey::Address(text)) = was {
                    self.named(permid, &text, version, now);
                } else if direction == Direction::Incoming && !self.visits.contains_key(&permid) {
                    let heard = self.heard(permid, place, Some(version), now.time);
                    self.actions.push_back(Action::Hear(vec![heard]));
                }
                self.reached(permid, version, Some(rtt), now);
            }
            Event::ConnectFailed { peer: PeerKey::Permid(permid), failure, .. } => {
                self.dial_failed(permid, &failure, now);
            }
            Event::ConnectFailed { peer: PeerKey::Address(_), failure, .. } => {
                self.asking = self.asking.saturating_sub(1);
                tracing::warn!("a target could not be reached: {}", failure.cause.text());
            }
            Event::Disconnected { permid, failure } => self.disconnected(permid, &failure, now),
            Event::Gossip { permid, listed, .. } => {
                if let Some(visit) = self.visits.get_mut(&permid) {
                    visit.gossiped = true;
                    visit.listed += u32::try_from(listed).unwrap_or(u32::MAX);
                    self.exchanged.insert(visit.leased.hash, now.instant);
                    self.end_if_done(permid, now);
                }
            }
            Event::Reply(reply) => {
                if let Some((_, question)) = self.tickets.remove(&reply.ticket) {
                    if let Some(put) = self.put_mut(reply.permid, question) {
                        put.reads = true;
                    }
                    self.actions.push_back(Action::Decode(Unread { reply, question }));
                }
            }
            Event::RequestFailed { ticket, permid, failure, .. } => {
                if let Some((_, question)) = self.tickets.remove(&ticket) {
                    self.question_failed(permid, question, &failure, now);
                }
            }
            _ => {}
        }
    }

    /// A target has told who it is.
    fn named(&mut self, permid: Permid, text: &str, version: OverlayVersion, now: Now) {
        self.asking = self.asking.saturating_sub(1);
        self.seeds.retain(|seed| seed.to_string() != text);
        let heard = self.heard(permid, Some(text.to_owned()), Some(version), now.time);
        self.actions.push_back(Action::Hear(vec![heard]));
    }

    /// The peer is connected: its questions are asked for.
    fn reached(
        &mut self,
        permid: Permid,
        version: OverlayVersion,
        rtt: Option<Duration>,
        now: Now,
    ) {
        let Some(visit) =
            self.visits.get_mut(&permid).filter(|visit| visit.stage == Stage::Dialling)
        else {
            return;
        };
        visit.stage = Stage::Connected { at: now.instant };
        (visit.version, visit.rtt) = (Some(version), rtt);
        let tells = is_told(version, self.listens);
        visit.gossiped = !tells || self.exchanged.contains_key(&visit.leased.hash);
        self.progress.dialled_in(now.instant.saturating_duration_since(visit.began));
        for (place, question) in self.questions.iter().enumerate() {
            let fits =
                (question.asked.min_version()..=question.asked.max_version()).contains(&version);
            let is_time = visit.clock(question.message.0).is_none_or(|clock| clock <= now.time);
            if fits && is_time {
                visit.put.push(Put {
                    question: place,
                    awaits_permit: true,
                    sent: None,
                    reads: false,
                });
                self.actions.push_back(Action::Permit(Permit {
                    peer: visit.leased.peer,
                    message: question.message.0,
                    at: now.time,
                    until: now.time.after(question.interval() + UNCERTAIN),
                }));
            }
        }
        self.end_if_done(permid, now);
    }

    fn dial_failed(&mut self, permid: Permid, failure: &Failure, now: Now) {
        if !self.visits.get(&permid).is_some_and(|visit| visit.stage == Stage::Dialling) {
            return;
        }
        match self.online.get(&permid).copied() {
            Some(version) if failure.cause == Cause::Duplicate => {
                self.reached(permid, version, None, now);
            }
            _ => self.end(permid, failure.cause.code(), now),
        }
    }

    fn disconnected(&mut self, permid: Permid, failure: &Failure, now: Now) {
        self.online.remove(&permid);
        self.hashes.remove(&self.hash(permid));
        let Some(visit) = self.visits.get_mut(&permid) else { return };
        if visit.stage == Stage::Dialling {
            return; // an older connection; the dial goes on, and says how it ends
        }
        // Requests that were under way have failed before this; permits and replies that are read
        // come still.
        visit.gossiped = true;
        let unsent: Vec<usize> =
            visit.put.iter().filter(|put| put.awaits_permit).map(|put| put.question).collect();
        for place in unsent {
            let failure = Failure { delivered: Delivered::No, ..failure.clone() };
            self.question_failed(permid, place, &failure, now);
        }
        self.end_if_done(permid, now);
    }

    /// Ends visits that wait for nothing but a BuddyCast which does not come. To be called about
    /// once a second.
    pub fn tick(&mut self, now: Now) {
        let done: Vec<Permid> = self
            .visits
            .iter()
            .filter(|(_, visit)| visit.is_done(now.instant, PATIENCE))
            .map(|(permid, _)| *permid)
            .collect();
        for permid in done {
            self.end(permid, REACHED, now);
        }
    }

    fn end_if_done(&mut self, permid: Permid, now: Now) {
        if self.visits.get(&permid).is_some_and(|visit| visit.is_done(now.instant, PATIENCE)) {
            self.end(permid, REACHED, now);
        }
    }

    /// A visit ends: its record is written, its connection closed.
    fn end(&mut self, permid: Permid, outcome: &str, now: Now) {
        let Some(visit) = self.visits.remove(&permid) else { return };
        self.permids.remove(&visit.leased.peer);
        if visit.stage != Stage::Dialling {
            self.actions.push_back(Action::Disconnect(permid));
        }
        let past =
            Past { failures: visit.leased.failures, online_since: visit.leased.online_since };
        let Next { failures, online_since, due } =
            schedule::next(&self.policy, past, Class::of(outcome), self.began, now.time);
        let due = if outcome == REACHED {
            schedule::due(&self.policy, due, self.clocks(&visit))
        } else {
            due
        };
        self.progress.ended(outcome);
        self.actions.push_back(Action::Write(Visited {
            round: self.round,
            peer: visit.leased.peer,
            at: visit.began_at,
            took: now.instant.saturating_duration_since(visit.began),
            outcome: outcome.to_owned(),
            version: visit.version.map(|version| version.0),
            rtt: visit.rtt,
            listed: visit.listed,
            failures,
            online_since,
            due,
            replies: visit.replies,
        }));
    }

    /// Before when each question of the crawl must not be put to this peer again.
    fn clocks(&self, visit: &Visit) -> Vec<Time> {
        let clock = |question: &Question| {
            let replied =
                visit.replies.iter().find(|replied| replied.message == question.message.0);
            replied.map(|replied| replied.not_before).or_else(|| visit.clock(question.message.0))
        };
        self.questions.iter().filter_map(clock).collect()
    }

    fn hash(&self, permid: Permid) -> PeerHash {
        self.key.peer(Network::Overlay, &permid.to_der())
    }

    /// Word of a peer. What is dialled later is `permid@host:port`: only that peer is told
    /// anything.
    fn heard(
        &self,
        permid: Permid,
        place: Option<String>,
        version: Option<OverlayVersion>,
        at: Time,
    ) -> Heard {
        let address = place.map(|place| format!("{permid}@{place}"));
        Heard { peer: self.hash(permid), address, version: version.map(|version| version.0), at }
    }
}

#[cfg(test)]
mod tests;

//! A crawl on paper: the real machine, schedule and store, on a network and a clock that are
//! numbers. A week passes in seconds, and the truth of every moment is known.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use swarmscope_peer::crawler::decode_reply;
use swarmscope_peer::{Ask, Direction, Event, PeerKey, Reply, Source, Target, Ticket, Transport};
use swarmscope_store::records::State;
use swarmscope_store::store::Opening;
use swarmscope_store::{
    Figures, Network, Permit, Question as Declared, Store, StoreError, StoreKey, Time, Visited,
};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{ChannelId, ErrorByte, OverlayVersion, Permid};

use super::server::natcheck;
use super::world::{Kind, World};
use crate::machine::{Action, Machine, Now};
use crate::question::Question;
use crate::settings::Settings;

/// Peers visited in one second of the paper's clock.
const A_SECOND: usize = 100;
/// How long whoever is due later in the round is waited for at once: a thirtieth of an hourly one.
const WAIT: Duration = Duration::from_secs(120);
/// A round trip on paper.
const TRIP: Duration = Duration::from_millis(40);
/// What a peer accepts before its time (protocol.md §4).
const FLEXIBILITY: Duration = Duration::from_secs(5);

/// What a round left behind, and what was true at its end.
#[derive(Clone, Debug)]
pub struct Rest {
    /// What came of it.
    pub figures: Figures,
    /// Peers that could have been reached at its end.
    pub reachable: u64,
    /// Entries that the machine keeps in memory.
    pub remembered: usize,
    /// Bytes of the store after its visits were pruned.
    pub store_bytes: u64,
}

/// A crawl whose world is a table.
pub struct Rehearsal {
    store: Store,
    machine: Machine,
    settings: Settings,
    world: World,
    permids: Vec<Permid>,
    listed: HashSet<u32>,
    accepted: HashMap<(u32, u8), Time>,
    began: Now,
    now: Now,
    tickets: u64,
    permits: Vec<Permit>,
    visits: Vec<Visited>,
    /// Questions that met a 254, which must not happen.
    pub too_soon: u64,
}

impl Rehearsal {
    /// A crawl of this world that begins at `began`. The store is a real one.
    ///
    /// # Errors
    /// The store cannot be used.
    ///
    /// # Panics
    /// A question of the settings is not registered.
    pub fn new(
        mut store: Store,
        key: StoreKey,
        settings: Settings,
        world: World,
        began: Now,
    ) -> Result<Self, StoreError> {
        let mut questions = Vec::new();
        for message in &settings.questions {
            let asked = settings.registry.get(*message).expect("registered").clone();
            let rows = asked.rows();
            let name = settings.registry.label(*message);
            let declared = Declared { message: message.0, name, rows: rows.clone() };
            let id = store.declare(Network::Overlay, &declared)?;
            let frequency = asked.default_frequency();
            questions.push(Question { id, message: *message, asked, frequency, rows });
        }
        Ok(Self {
            store,
            machine: Machine::new(settings.clone(), questions, key),
            settings,
            permids: (0..world.peers).map(|peer| world.permid(peer)).collect(),
            world,
            listed: HashSet::new(),
            accepted: HashMap::new(),
            began,
            now: began,
            tickets: 0,
            permits: Vec::new(),
            visits: Vec::new(),
            too_soon: 0,
        })
    }

    /// One round, and the wait for the next.
    ///
    /// # Errors
    /// What the database says.
    pub fn round(&mut self) -> Result<Rest, StoreError> {
        let opening = Opening {
            network: Network::Overlay,
            every: self.settings.every,
            program: self.settings.program.clone(),
            settings: self.settings.record(),
        };
        let (round, _) = self.store.open_round(&opening, self.now.time)?;
        self.machine.begin(round.id, round.began, self.now);
        loop {
            self.settle()?;
            let until = self.now.time.after(self.settings.lease);
            let holder = self.settings.holder.clone();
            let now = self.now.time;
            let leased = self.store.lease(Network::Overlay, A_SECOND, &holder, now, until)?;
            if leased.is_empty() && self.machine.in_flight() == 0 {
                if self.store.left(&round)?.due == 0 {
                    break;
                }
                self.pass(WAIT);
            }
            for leased in leased {
                self.machine.visit(leased, self.now);
            }
            self.settle()?;
            self.pass(Duration::from_secs(1));
            self.machine.tick(self.now);
        }
        let ended = self.store.end_round(round.id, State::Complete, self.now.time)?;
        if let Some(keep) = self.settings.keep {
            let before = self.now.time.0.saturating_sub(swarmscope_store::time::millis(keep));
            self.store.prune_before(Time(before))?;
        }
        let after = self.elapsed();
        let is_reachable = |peer: &u32| self.world.is_reachable(*peer, after);
        let rest = Rest {
            figures: ended.unwrap_or_default(),
            reachable: (0..self.world.peers).filter(is_reachable).count() as u64,
            remembered: self.machine.remembered(),
            store_bytes: self.store.bytes()?,
        };
        let next = round.began.after(round.every);
        self.pass(next.since(self.now.time));
        Ok(rest)
    }

    fn elapsed(&self) -> Duration {
        self.now.time.since(self.began.time)
    }

    fn pass(&mut self, wait: Duration) {
        self.now = Now { instant: self.now.instant + wait, time: self.now.time.after(wait) };
    }

    /// Does what the machine wants done, until it wants nothing.
    fn settle(&mut self) -> Result<(), StoreError> {
        loop {
            while let Some(action) = self.machine.next_action() {
                self.perform(action)?;
            }
            let permits = std::mem::take(&mut self.permits);
            if permits.is_empty() {
                break;
            }
            let granted = self.store.permit(&permits)?;
            for (permit, granted) in permits.into_iter().zip(granted) {
                self.machine.permitted(permit, granted, self.now);
            }
        }
        let visits = std::mem::take(&mut self.visits);
        if !visits.is_empty() {
            let written = self.store.visited(&visits)?;
            self.machine.progress.written += written.visits;
        }
        Ok(())
    }

    fn perform(&mut self, action: Action) -> Result<(), StoreError> {
        match action {
            Action::Connect(target) => self.dial(&target),
            Action::Disconnect(permid) => {
                let failure = Failure::new(Cause::Stopped, By::Us, "the visit has ended");
                self.machine.event(Event::Disconnected { permid, failure }, self.now);
            }
            Action::Ask(ask) => self.ask(&ask),
            Action::Hear(heard) => {
                self.store.hear(Network::Overlay, &heard)?;
            }
            Action::Permit(permit) => self.permits.push(permit),
            Action::PassOver(peer, due) => self.store.pass_over(&[peer], due)?,
            Action::Write(visited) => self.visits.push(visited),
            Action::Decode(unread) => {
                let (registry, reply) = (&self.settings.registry, &unread.reply);
                let read = decode_reply(registry, reply.message, reply.error, &reply.payload);
                let kept = self.machine.keeper(&unread).keep(&read);
                self.machine.read(&unread, kept, self.now);
            }
        }
        Ok(())
    }

    fn dial(&mut self, target: &Target) {
        let ip = target.host.parse::<IpAddr>().ok();
        let peer = ip.and_then(|ip| self.world.peer(ip));
        let key =
            target.permid.map_or_else(|| PeerKey::Address(target.to_string()), PeerKey::Permid);
        let outcome = peer.ok_or(Cause::TcpTimeout).and_then(|peer| {
            let online = self.world.is_online(peer, self.elapsed());
            match self.world.kind(peer) {
                Kind::BehindNat if target.port != self.world.port => Err(Cause::TcpRefused),
                Kind::Silent | Kind::BehindNat => Err(Cause::HandshakeTimeout),
                Kind::Plain | Kind::Slow if online => Ok(peer),
                Kind::Old if online => Err(Cause::VersionNeedsLegacy),
                _ => Err(Cause::TcpTimeout),
            }
        });
        match outcome {
            Ok(peer) => self.connected(peer, key),
            Err(cause) => {
                let failure = Failure::new(cause, By::Peer, "on paper");
                let event = Event::ConnectFailed {
                    peer: key,
                    failure,
                    attempt: 1,
                    gives_up_at: 1,
                    again_in: None,
                };
                self.machine.event(event, self.now);
            }
        }
    }

    fn connected(&mut self, peer: u32, was: PeerKey) {
        let permid = self.permids[peer as usize];
        let address = SocketAddr::new(self.world.ip(peer).into(), self.world.port);
        let event = Event::Connected {
            permid,
            was: matches!(was, PeerKey::Address(_)).then_some(was),
            address,
            listening_port: self.world.port,
            version: OverlayVersion::CURRENT,
            transport: Transport::Tls,
            direction: Direction::Outgoing,
            rtt: TRIP,
        };
        self.machine.event(event, self.now);
        let neighbours = self.world.neighbours(peer);
        for other in &neighbours {
            if !self.listed.insert(*other) {
                continue; // a node tells once of a peer
            }
            let event = Event::Discovered {
                peer: PeerKey::Permid(self.permids[*other as usize]),
                address: Some(self.world.address(*other)),
                version: Some(OverlayVersion::CURRENT),
                source: Source::BuddyCast(permid),
            };
            self.machine.event(event, self.now);
        }
        let gossip = Event::Gossip {
            permid,
            listed: neighbours.len(),
            left_out: 0,
            named: Vec::new(),
            impossible: 0,
        };
        self.machine.event(gossip, self.now);
    }

    fn ask(&mut self, ask: &Ask) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.machine.sent(ask, ticket, self.now);
        let Some(peer) = self.permids.iter().position(|permid| *permid == ask.to) else { return };
        let peer = u32::try_from(peer).unwrap_or(0);
        let (key, now) = ((peer, ask.message.0), self.now.time);
        let frequency = ask.frequency.duration();
        let is_early = |last: &Time| last.after(frequency) >= now.after(FLEXIBILITY);
        let (error, payload) = if self.accepted.get(&key).is_some_and(is_early) {
            self.too_soon += 1;
            (ErrorByte::FREQUENCY, bytes::Bytes::new())
        } else {
            self.accepted.insert(key, now);
            (ErrorByte::SUCCESS, natcheck(self.world.ip(peer), peer))
        };
        let reply = Event::Reply(Reply {
            ticket,
            permid: ask.to,
            message: ask.message,
            channel: ChannelId(0),
            error,
            payload,
            parts: 1,
            elapsed: TRIP,
            dialled_back: false,
        });
        self.machine.event(reply, self.now);
    }
}

/// A beginning of time for a rehearsal.
#[must_use]
pub const fn beginning(instant: Instant) -> Now {
    Now { instant, time: Time(1_764_369_667_123) } // 2025-11-28
}

//! The request and reply machines, discovery and the allow-list of one engine, among peers that do
//! anything.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use swarmscope_peer::crawler::{
    Answer, Ask, AttemptId, ConnId, ConnectedPeer, Direction, Engine, EngineConfig, Event,
    FAST_ROUND, Input, Output, Registry, Reply, ReplyId, Source, Target, Ticket,
};
use swarmscope_peer::limits::{Limits, Meter};
use swarmscope_probes::Statistics;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

use crate::Choices;

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| swarmscope_probes::registry(Statistics::empty()));

/// Small ones, so that a few frames reach them.
fn limits() -> Limits {
    Limits {
        known: 16,
        reply_bytes: 64 << 10,
        reply_bytes_per_peer: 128 << 10,
        reply_bytes_in_all: 256 << 10,
        ..Limits::default()
    }
}

struct World {
    engine: Engine,
    now: Instant,
    attempts: Vec<AttemptId>,
    asked: Vec<ReplyId>,
    open: HashMap<ConnId, Permid>,
    conns: u64,
    tickets: HashMap<Ticket, u32>,
}

fn permid(number: u8) -> Permid {
    Permid::Ed25519([number % 6 + 1; 32])
}

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, number % 6], 7000))
}

fn lost() -> Failure {
    Failure::new(Cause::Reset, By::Network, "")
}

impl World {
    fn new(setup: u8) -> Self {
        let now = Instant::now();
        let config = EngineConfig {
            permids: vec![Permid::Ed25519([0xee; 32])],
            first_run: setup & 32 != 0,
            listening: (setup & 1 != 0).then(|| address(9)),
            registry: REGISTRY.clone(),
            gossip: setup & 2 != 0,
            survey: setup & 16 != 0,
            initiators: if setup & 4 != 0 { vec![MessageId::NATCHECK] } else { Vec::new() },
            pace: (setup & 8 != 0).then_some(Duration::from_millis(100)),
            max_peers: 4,
            fast_round: FAST_ROUND,
            limits: limits(),
            meter: Meter::new(&limits()),
            seed: setup.into(),
        };
        let engine = Engine::new(config, now);
        let (attempts, asked, open, tickets) =
            (Vec::new(), Vec::new(), HashMap::new(), HashMap::new());
        Self { engine, now, attempts, asked, open, conns: 0, tickets }
    }

    fn tell(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        let mut closed = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Dial { attempt, .. } => self.attempts.push(attempt),
                Output::Send { conn, .. } => {
                    assert!(self.open.contains_key(&conn) || closed.contains(&conn))
                }
                Output::Close { conn, .. } => closed.push(conn),
                Output::Ask { id, .. } => self.asked.push(id),
                Output::Abandon { id } => self.asked.retain(|asked| *asked != id),
                Output::Delivered { .. } | Output::DialBack { .. } => {}
                Output::Event(
                    Event::Reply(Reply { ticket, .. }) | Event::RequestFailed { ticket, .. },
                ) => {
                    *self.tickets.entry(ticket).or_default() += 1;
                }
                Output::Event(_) => {}
            }
        }
        for conn in closed {
            if self.open.remove(&conn).is_some() {
                self.tell(Input::Closed { conn, failure: lost() });
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..64 {
            if self.engine.next_deadline().is_none_or(|(at, _)| at > self.now) {
                break;
            }
            self.engine.handle_timeout(self.now);
            self.drain();
        }
    }

    fn connect(&mut self, choices: &mut Choices<'_>) {
        let (who, how) = (choices.byte(), choices.byte());
        self.conns += 1;
        let conn = ConnId(self.conns);
        let attempt = (how & 1 != 0).then(|| self.attempts.pop()).flatten();
        let peer = ConnectedPeer {
            permid: permid(who),
            version: OverlayVersion(u16::from(how >> 3) % 13 + 6),
            offers: OverlayVersion(u16::from(how >> 3) % 13 + 6),
            direction: if attempt.is_some() { Direction::Outgoing } else { Direction::Incoming },
            remote: address(who),
            listening_port: if how & 2 != 0 { 7000 } else { 0 },
            rtt: Duration::from_millis(20),
        };
        self.open.insert(conn, peer.permid);
        self.tell(Input::Connected { conn, attempt, peer });
    }

    fn conn(&self, choices: &mut Choices<'_>) -> Option<ConnId> {
        let mut open: Vec<_> = self.open.keys().copied().collect();
        open.sort_unstable();
        let index = usize::from(choices.byte());
        (!open.is_empty()).then(|| open[index % open.len()])
    }

    fn frame(&mut self, frame: Frame, choices: &mut Choices<'_>) {
        if let Some(conn) = self.conn(choices) {
            self.tell(Input::Frame { conn, frame });
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() % 18 {
            0 | 1 => self.connect(choices),
            2 => {
                let ticket = Ticket(self.tickets.len() as u64);
                let message = MessageId(choices.byte() % 12);
                let mut ask = Ask::new(permid(choices.byte()), message)
                    .frequency(Frequency(choices.number()));
                ask.wait_for_dial_back = choices.byte() & 1 != 0;
                self.tickets.insert(ticket, 0);
                self.tell(Input::Ask { ticket, ask });
            }
            3 => {
                let reply = CrawlerReply {
                    message: MessageId(choices.byte() % 12),
                    channel: ChannelId(choices.byte()),
                    parts_left: PartsLeft(choices.byte() % 3),
                    error: ErrorByte(choices.byte()),
                    payload: choices.bytes().to_vec().into(),
                };
                self.frame(reply.encode(), choices);
            }
            4 => {
                let request = CrawlerRequest {
                    message: MessageId(choices.byte() % 12),
                    channel: ChannelId(choices.byte()),
                    frequency: Frequency(choices.number()),
                    payload: choices.bytes().to_vec().into(),
                };
                self.frame(request.encode(), choices);
            }
            5 => {
                let frame =
                    Frame { id: FrameId(choices.byte()), body: choices.bytes().to_vec().into() };
                self.frame(frame, choices);
            }
            6 => {
                let frame = Frame { id: FrameId::BUDDYCAST, body: choices.bytes().to_vec().into() };
                self.frame(frame, choices);
            }
            7 => {
                if let Some(id) = self.asked.pop() {
                    let payload = vec![choices.byte(); usize::from(choices.number()) * 3];
                    self.tell(Input::Answer { id, answer: Answer::success(payload) });
                }
            }
            8 => {
                if let Some(conn) = self.conn(choices) {
                    self.open.remove(&conn);
                    self.tell(Input::Closed { conn, failure: lost() });
                }
            }
            9 => {
                if let Some(conn) = self.conn(choices) {
                    self.tell(Input::Written { conn, frames: choices.byte().into() });
                }
            }
            10 => {
                let crawlers: HashSet<_> =
                    choices.bytes().iter().map(|number| permid(*number)).collect();
                self.tell(Input::Allow(crawlers));
            }
            11 => {
                let who = choices.byte();
                let place = address(who);
                let pinned = (choices.byte() & 1 != 0).then(|| permid(who));
                let target =
                    Target { host: place.ip().to_string(), port: place.port(), permid: pinned };
                self.tell(Input::Connect { target, source: Source::Operator });
            }
            12 => self.tell(Input::Disconnect(permid(choices.byte()))),
            13 => self.tell(Input::Cancel(Ticket(choices.byte().into()))),
            14 => self.tell(Input::Extend(
                Ticket(choices.byte().into()),
                Duration::from_secs(choices.number().into()),
            )),
            15 => {
                if let Some(attempt) = self.attempts.pop() {
                    self.tell(Input::DialFailed { attempt, failure: lost() });
                }
            }
            16 => self.pass(Duration::from_secs(choices.number().into())),
            _ => self.pass(Duration::from_millis(choices.byte().into())),
        }
    }
}

/// Every request ends exactly once; a frame goes out only on a connection that is there.
pub fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut world = World::new(choices.byte());
    world.drain();
    for _ in 0..300 {
        if choices.is_empty() {
            break;
        }
        world.step(&mut choices);
        assert!(world.tickets.values().all(|ends| *ends <= 1), "a request ends once");
    }
    world.tell(Input::Stop);
    for conn in world.open.keys().copied().collect::<Vec<_>>() {
        if world.open.remove(&conn).is_some() {
            world.tell(Input::Closed { conn, failure: lost() });
        }
    }
    world.pass(Duration::from_secs(100_000));
    let operators = world.tickets.iter().filter(|(ticket, _)| ticket.0 < 1 << 32);
    let unended: Vec<_> = operators.filter(|(_, ends)| **ends != 1).collect();
    assert!(unended.is_empty(), "each request has one end: {unended:?}");
}

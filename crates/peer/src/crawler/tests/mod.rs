//! Engines on virtual time: one against a scripted peer ([`Rig`]), two and more back to back
//! ([`world`]).
#![allow(clippy::disallowed_methods)] // an origin for virtual time

mod after_end;
mod answering;
mod asking;
mod bounds;
mod dialback;
mod dialling_back;
mod guessing;
mod initiators;
mod losing;
mod originals;
mod pairs;
mod receipts;
mod serving;
mod simulation;
mod swarm;
mod waiting;
mod world;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::*;
use crate::limits::{Limits, Meter};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{
    ChannelId, Decoded, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

const ID: MessageId = MessageId(200);
const OTHER_ID: MessageId = MessageId(201);
const UNKNOWN_ID: MessageId = MessageId(99);
const A: ConnId = ConnId(1);
const B: ConnId = ConnId(2);

fn permid(n: u8) -> Permid {
    Permid::Ed25519([n; 32])
}

fn address(n: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, n)), 7760)
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A probe whose answers the tests give by hand.
struct ByHand(MessageId);

impl Question for ByHand {
    fn id(&self) -> MessageId {
        self.0
    }
    fn consumes(&self) -> bool {
        self.0 == OTHER_ID
    }
    fn name(&self) -> &'static str {
        if self.0 == ID { "BY_HAND" } else { "OTHER" }
    }
    fn doc(&self) -> &'static str {
        "answers what the test says"
    }
    fn initiate(&self, _: &Recipient) -> Bytes {
        Bytes::from_static(b"by itself")
    }
    fn decode(&self, _: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        Ok(Decoded::default())
    }
}

impl Probe for ByHand {
    async fn answer(&self, _: Asked, _: &PeerView) -> Answer {
        Answer::success("")
    }
}

fn config(n: u8) -> EngineConfig {
    EngineConfig {
        permids: vec![permid(n)],
        first_run: true,
        listening: Some(address(n)),
        registry: Registry::default().with(ByHand(ID)).with(ByHand(OTHER_ID)),
        gossip: false,
        survey: false,
        initiators: Vec::new(),
        pace: None,
        max_peers: 50,
        fast_round: FAST_ROUND,
        limits: Limits::default(),
        meter: Meter::new(&Limits::default()),
        seed: u64::from(n),
    }
}

fn ask(to: u8) -> Ask {
    Ask {
        to: permid(to),
        message: ID,
        frequency: Frequency(0),
        payload: Bytes::from_static(b"?"),
        timeout: secs(30),
        origin: Origin::Operator,
        wait_for_dial_back: false,
    }
}

fn part(channel: ChannelId, parts_left: u8, payload: &[u8]) -> CrawlerReply {
    let (error, payload) = (ErrorByte::SUCCESS, Bytes::copy_from_slice(payload));
    CrawlerReply { message: ID, channel, parts_left: PartsLeft(parts_left), error, payload }
}

/// One engine, permid 1, against peers that the test plays frame by frame.
struct Rig {
    engine: Engine,
    now: Instant,
    events: Vec<Event>,
    dials: Vec<(AttemptId, SocketAddr, Option<Permid>)>,
    sent: Vec<(ConnId, Frame)>,
    dialled_back: Vec<SocketAddr>,
    closes: Vec<(ConnId, Failure)>,
    asked: Vec<ReplyId>,
    abandoned: Vec<ReplyId>,
    /// To whom, what, and how many requests had come by then.
    delivered: Vec<(Permid, Receipt, usize)>,
    tickets: u64,
    /// Whether the socket takes at once what is sent.
    takes: bool,
}

impl Rig {
    fn new(config: EngineConfig) -> Self {
        let now = Instant::now();
        Self {
            engine: Engine::new(config, now),
            now,
            events: Vec::new(),
            dials: Vec::new(),
            sent: Vec::new(),
            dialled_back: Vec::new(),
            closes: Vec::new(),
            asked: Vec::new(),
            abandoned: Vec::new(),
            delivered: Vec::new(),
            tickets: 0,
            takes: true,
        }
    }

    /// A Crawler that is connected to peer 2 on [`A`].
    fn crawler() -> Self {
        let mut rig = Self::new(config(1));
        rig.connect(A, 2, Direction::Outgoing, None);
        rig
    }

    /// A peer that Crawler 2 has dialled on [`A`], and that lets it and Crawler 3 ask.
    fn peer() -> Self {
        let mut rig = Self::new(config(1));
        rig.input(Input::Allow([permid(2), permid(3)].into()));
        rig.connect(A, 2, Direction::Incoming, None);
        rig
    }

    fn input(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Dial { attempt, host, port, expected } => {
                    self.dials.push((
                        attempt,
                        SocketAddr::new(host.parse().unwrap(), port),
                        expected,
                    ));
                }
                Output::DialBack { to } => self.dialled_back.push(to),
                Output::Send { conn, frame } => {
                    self.sent.push((conn, frame));
                    if self.takes {
                        self.engine.handle(Input::Written { conn, frames: 1 }, self.now);
                    }
                }
                Output::Close { conn, failure } => self.closes.push((conn, failure)),
                Output::Ask { id, .. } => self.asked.push(id),
                Output::Abandon { id } => self.abandoned.push(id),
                Output::Delivered { to, receipt, .. } => {
                    self.delivered.push((to, receipt, self.asked.len()));
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some((at, _)) = self.engine.next_deadline().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn connect(&mut self, conn: ConnId, n: u8, direction: Direction, attempt: Option<AttemptId>) {
        let peer = ConnectedPeer {
            permid: permid(n),
            version: OverlayVersion::CURRENT,
            offers: OverlayVersion::CURRENT,
            direction,
            remote: address(n),
            listening_port: address(n).port(),
            rtt: Duration::ZERO,
        };
        self.input(Input::Connected { conn, attempt, peer });
    }

    fn close(&mut self, conn: ConnId) {
        self.input(Input::Closed { conn, failure: Failure::new(Cause::Closed, By::Peer, "") });
    }

    fn ask(&mut self, ask: Ask) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.input(Input::Ask { ticket, ask });
        ticket
    }

    /// Asks and gives the channel back.
    fn ask_on(&mut self, ask: Ask) -> (Ticket, ChannelId) {
        let ticket = self.ask(ask);
        let channel = self.events.iter().rev().find_map(|event| match event {
            Event::Sent { ticket: sent, channel, .. } if *sent == ticket => Some(*channel),
            _ => None,
        });
        (ticket, channel.expect("sent"))
    }

    fn frame(&mut self, conn: ConnId, frame: Frame) {
        self.input(Input::Frame { conn, frame });
    }

    fn part(&mut self, conn: ConnId, part: &CrawlerReply) {
        self.frame(conn, part.encode());
    }

    fn request(&mut self, conn: ConnId, message: MessageId, channel: u8, frequency: u16) {
        let channel = ChannelId(channel);
        let request = CrawlerRequest {
            message,
            channel,
            frequency: Frequency(frequency),
            payload: Bytes::new(),
        };
        self.frame(conn, request.encode());
    }

    fn answer(&mut self, id: ReplyId, payload: impl Into<Bytes>) {
        self.input(Input::Answer { id, answer: Answer::success(payload) });
    }

    /// The reply parts that went out since the last look.
    fn replies(&mut self) -> Vec<(ConnId, CrawlerReply)> {
        let replies = self.sent.drain(..).filter(|(_, frame)| frame.id == FrameId::CRAWLER_REPLY);
        replies.map(|(conn, frame)| (conn, CrawlerReply::decode(frame.body).unwrap())).collect()
    }

    /// The events since the last look.
    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// How the requests ended since the last look: payloads, or causes.
    fn ends(&mut self) -> Vec<(Ticket, Result<Bytes, Cause>)> {
        ends(&self.events())
    }
}

fn ends(events: &[Event]) -> Vec<(Ticket, Result<Bytes, Cause>)> {
    let end = |event: &Event| match event {
        Event::Reply(Reply { ticket, payload, .. }) => Some((*ticket, Ok(payload.clone()))),
        Event::RequestFailed { ticket, failure, .. } => Some((*ticket, Err(failure.cause))),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

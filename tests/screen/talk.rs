//! Conversations as they pass over a connection, told in the node's own events.

use std::time::Duration;

use swarmscope::screen::{Key, Model};
use swarmscope_peer::crawler::SocketId;
use swarmscope_peer::node::{Event, PeerKey, Trace, Traced};
use swarmscope_wire::auth::{Challenge, Response1, Response2};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::{Handshake, PeerId};
use swarmscope_wire::trace::{Cutter, Piece};
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

use crate::fixture::{Script, blank, failure, permid, press};

pub const DATABASE: MessageId = MessageId::DATABASE_QUERY;
pub const CHANNEL: ChannelId = ChannelId(0x91);
/// When the dial of the story began, in milliseconds before the present.
pub const BEGAN: u64 = 64_000;

/// One connection, told step by step.
pub struct Talk<'s> {
    pub script: &'s mut Script,
    peer: PeerKey,
    began: u64,
    socket: SocketId,
    sent: Cutter,
    pub received: Cutter,
}

impl<'s> Talk<'s> {
    pub fn new(script: &'s mut Script, peer: PeerKey, began: u64) -> Self {
        let (sent, received) = (Cutter::default(), Cutter::default());
        Self { script, peer, began, socket: SocketId(began), sent, received }
    }

    pub fn fact(&mut self, after: u64, what: Trace) {
        let traced = Traced { socket: self.socket, after: Duration::from_millis(after), what };
        self.script.at(self.began - after, Event::Traced { peer: self.peer.clone(), traced });
    }

    fn pieces(cutter: &mut Cutter, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        cutter.settle(&mut pieces);
        cutter.push(bytes, &mut pieces);
        pieces
    }

    pub fn out(&mut self, after: u64, bytes: &[u8]) {
        for piece in Self::pieces(&mut self.sent, bytes) {
            self.fact(after, Trace::Sent(piece));
        }
    }

    pub fn heard(&mut self, after: u64, bytes: &[u8]) {
        for piece in Self::pieces(&mut self.received, bytes) {
            self.fact(after, Trace::Received(piece));
        }
    }
}

pub fn frame(id: u8, body: &[u8]) -> Vec<u8> {
    Frame { id: FrameId(id), body: body.to_vec().into() }.encode().to_vec()
}

pub fn part(channel: ChannelId, left: u8, bytes: usize) -> Vec<u8> {
    let rows = b"2t4i1650sother2t5i97220sdocument".iter().copied().cycle();
    let payload: Vec<u8> = rows.take(bytes).collect();
    let (message, error) = (DATABASE, ErrorByte::SUCCESS);
    CrawlerReply { message, channel, parts_left: PartsLeft(left), error, payload: payload.into() }
        .encode()
        .encode()
        .to_vec()
}

/// Up to the authentication of a legacy peer.
pub fn climbed(talk: &mut Talk, who: Permid, port: u16) {
    let id = |lowest, port, current| {
        PeerId::new([5; 8], port, OverlayVersion(lowest), OverlayVersion(current))
    };
    talk.fact(0, Trace::Resolving { host: "198.51.100.77".into(), pinned: true });
    talk.fact(0, Trace::Dialling(([198, 51, 100, 77], port).into()));
    talk.fact(31, Trace::Open);
    talk.out(31, &Handshake::new(id(2, 7759, 18)).encode());
    talk.heard(62, &Handshake::new(id(2, port, 17)).encode());
    let random = Box::new([0x5a; 1024]);
    talk.out(62, &Challenge(random.clone()).encode().encode());
    let response = Response1 {
        dialler: id(2, 7759, 18),
        signature: vec![0x30; 71],
        permid: who,
        nonce: random,
    };
    talk.heard(101, &response.encode().encode());
    let own = permid("1c9f02", 17);
    let response = Response2 { acceptor: id(2, port, 17), signature: vec![0x30; 71], permid: own };
    talk.out(139, &response.encode().encode());
    talk.fact(139, Trace::Authenticated);
}

/// The story of the picture: three parts, then silence.
pub fn story() -> (Model, Permid) {
    let (mut model, who) = (blank(), permid("81bc07", 17));
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), BEGAN);
    climbed(&mut talk, who, 7760);
    talk.script.connected(BEGAN - 139, who, 17, 31, 7760);
    let ticket = talk.script.sent(BEGAN - 140, who, DATABASE, CHANNEL.0, "SELECT 1");
    let due = Event::Due {
        ticket,
        permid: who,
        whole: Duration::from_secs(300),
        between: Duration::from_secs(30),
    };
    talk.script.at(BEGAN - 140, due);
    let request = CrawlerRequest {
        message: DATABASE,
        channel: CHANNEL,
        frequency: Frequency(3600),
        payload: b"SELECT 1"[..].into(),
    };
    talk.out(141, &request.encode().encode());
    talk.heard(166, &frame(239, &[1; 307]));
    talk.heard(166, &frame(244, b""));
    for (index, after, hint) in [(1, 201, 4), (2, 232, 3), (3, 551, 2)] {
        talk.heard(after, &part(CHANNEL, hint, 32_768));
        talk.script.part(BEGAN - 140, after - 140, ticket, who, index, hint, 32_768);
        if index == 2 {
            talk.heard(240, &part(ChannelId(0x4f), 0, 87));
            talk.script.at(
                BEGAN - 240,
                Event::ReplyRefused {
                    permid: who,
                    channel: ChannelId(0x4f),
                    message: DATABASE,
                    why: "no request is outstanding on this channel".into(),
                    times: 3,
                    guessed: 0,
                },
            );
        }
    }
    talk.heard(15_100, &frame(240, b""));
    talk.heard(30_100, &frame(240, b""));
    let silent = failure(Cause::BetweenPartsTimeout, By::Us, Delivered::Yes, "3 parts in 30 s");
    script.at(
        BEGAN - 30_600,
        Event::RequestFailed { ticket, permid: who, message: DATABASE, failure: silent },
    );
    script.tell(&mut model);
    press(&mut model, &[Key::char('i')]);
    (model, who)
}

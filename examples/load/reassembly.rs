//! Frames of a reply on their way through the Crawler's engine, without a socket.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use swarmscope_peer::crawler::{
    ConnId, ConnectedPeer, Direction, Engine, EngineConfig, FAST_ROUND, Input, Output,
};
use swarmscope_peer::{
    Ask, ChannelId, ErrorByte, Event, Limits, MessageId, Meter, OverlayVersion, Permid, Registry,
    Ticket,
};
use swarmscope_wire::crawler::parts;
use swarmscope_wire::frame::Frame;

use crate::report::{Goal, Report, Row, pairs};

const ID: MessageId = MessageId(200);
const PAIRS: usize = 3;

pub fn measure(report: &Report, limits: &Limits) {
    for mebibytes in [1, 8, 64, 512_u32] {
        let rate = |took: Duration| f64::from(mebibytes) * 1.048_576 / took.as_secs_f64();
        let bytes = (mebibytes as usize) << 20;
        let Ok((value, floor)) = pairs(
            PAIRS,
            || Ok::<_, Infallible>(rate(reassembled(bytes, limits))),
            || Ok(rate(appended(bytes))),
        );
        let what = format!("reassembly of {mebibytes} MiB");
        let (unit, floor) = ("MB/s", ("the same parts appended to a buffer", floor));
        report.row(&Row { what: &what, unit, value, floor, goal: Goal::AtLeast(300.0) });
    }
}

fn engine(limits: &Limits) -> Engine {
    let config = EngineConfig {
        permids: vec![Permid::Ed25519([1; 32])],
        first_run: true,
        listening: None,
        registry: Registry::default(),
        gossip: false,
        survey: false,
        initiators: Vec::new(),
        pace: None,
        max_peers: 50,
        fast_round: FAST_ROUND,
        limits: *limits,
        meter: Meter::new(limits),
        seed: 1,
    };
    Engine::new(config, Instant::now())
}

/// The frames of a reply, each in memory of its own, as a connection gives them.
fn frames(channel: ChannelId, bytes: usize) -> Vec<Frame> {
    let whole = parts(ID, channel, ErrorByte::SUCCESS, vec![0x61; bytes].into());
    whole
        .map(|part| part.encode())
        .map(|frame| Frame { body: Bytes::from(frame.body.to_vec()), ..frame })
        .collect()
}

fn reassembled(bytes: usize, limits: &Limits) -> Duration {
    let (mut engine, now, conn) = (engine(limits), Instant::now(), ConnId(1));
    let permid = Permid::Ed25519([2; 32]);
    let peer = ConnectedPeer {
        permid,
        version: OverlayVersion::CURRENT,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Outgoing,
        remote: ([127, 0, 0, 1], 7760).into(),
        listening_port: 7760,
        rtt: Duration::ZERO,
    };
    engine.handle(Input::Connected { conn, attempt: None, peer }, now);
    engine.handle(Input::Ask { ticket: Ticket(1), ask: Ask::new(permid, ID) }, now);
    let mut asked = None;
    while let Some(output) = engine.poll_output() {
        if let Output::Event(Event::Sent { channel, .. }) = output {
            asked = Some(channel);
        }
    }
    let frames = frames(asked.expect("it is connected"), bytes);
    let (began, mut whole) = (Instant::now(), 0);
    for frame in frames {
        engine.handle(Input::Frame { conn, frame }, now);
        while let Some(output) = engine.poll_output() {
            if let Output::Event(Event::Reply(reply)) = output {
                whole = reply.payload.len();
            }
        }
    }
    let took = began.elapsed();
    assert_eq!(whole, bytes);
    took
}

fn appended(bytes: usize) -> Duration {
    let frames = frames(ChannelId(1), bytes);
    let (began, mut whole) = (Instant::now(), Vec::new());
    for frame in frames {
        whole.extend_from_slice(&frame.body);
    }
    let took = began.elapsed();
    assert!(whole.len() >= bytes);
    took
}

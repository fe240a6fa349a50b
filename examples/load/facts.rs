//! Events on their way to what is known, and parts to the screen's model.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use swarmscope::screen::Msg;
use swarmscope_facts::{Facts, Input, Now, Settings};
use swarmscope_peer::{Event, PeerKey};
use swarmscope_wire::MessageId;

use crate::crowd::fixture::{Script, before, blank, fold};
use crate::crowd::{self, PEERS, permid};
use crate::report::{Goal, Report, Row, pairs};

const EVENTS: u32 = 400_000;
const PARTS: u32 = 16_384;
const PART: usize = 32 << 10;
const PAIRS: usize = 5;

pub fn measure(report: &Report) {
    let (value, floor) = both(folded, noted);
    let (what, unit) = ("events through facts, 25 000 peers", "events/s");
    let floor = ("the same, the newest of each peer kept in a map", floor);
    report.row(&Row { what, unit, value, floor, goal: Goal::None });
    let (value, floor) = both(parts, appended);
    let (what, unit) = ("parts of 32 KiB to the screen's model", "parts/s");
    let floor = ("the same bytes appended to a buffer", floor);
    report.row(&Row { what, unit, value, floor, goal: Goal::None });
}

fn both(ours: fn() -> f64, floor: fn() -> f64) -> (f64, f64) {
    let Ok(both) = pairs(PAIRS, || Ok::<_, Infallible>(ours()), || Ok(floor()));
    both
}

fn now(number: u32) -> Now {
    let start = before(100_000_000);
    let passed = Duration::from_micros(200) * number;
    Now { instant: start.instant + passed, wall: start.wall + passed }
}

fn a_second(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

fn folded() -> f64 {
    let mut facts = Facts::new(Settings::default());
    for number in 0..PEERS * 4 {
        facts.fold(now(number), Input::Event(crowd::event(number)));
    }
    assert!(facts.peers().len() >= PEERS as usize / 2); // the others are only gone
    let began = Instant::now();
    for number in 0..EVENTS {
        facts.fold(now(PEERS * 4 + number), Input::Event(crowd::event(number)));
        if number % 83 == 0 {
            facts.take_changed();
        }
    }
    a_second(EVENTS, began.elapsed())
}

/// Whose an event of the crowd is.
fn whose(event: &Event) -> Option<PeerKey> {
    Some(match event {
        Event::Gossip { permid, .. }
        | Event::Disconnected { permid, .. }
        | Event::Connected { permid, .. } => PeerKey::Permid(*permid),
        Event::ConnectFailed { peer, .. } => peer.clone(),
        _ => return None,
    })
}

fn noted() -> f64 {
    let mut newest = HashMap::new();
    let mut note = |number| {
        let event = crowd::event(number);
        newest.extend(whose(&event).map(|key| (key, event)));
    };
    (0..PEERS * 4).for_each(&mut note);
    let began = Instant::now();
    (0..EVENTS).for_each(&mut note);
    a_second(EVENTS, began.elapsed())
}

fn parts() -> f64 {
    let (mut model, mut script, who) = (blank(), Script::default(), permid(1));
    script.connected(10_000, who, 18, 3, 7760);
    let ticket = script.sent(9_000, who, MessageId::DATABASE_QUERY, 1, "SELECT 1");
    script.tell(&mut model);
    let mut script = Script::default();
    for index in 1..=PARTS {
        script.part(8_000, 1_000, ticket, who, index, 255, PART);
    }
    let parts = script.in_order();
    let began = Instant::now();
    for (ms, part) in parts {
        fold(&mut model, before(ms), part);
    }
    fold(&mut model, before(0), Msg::Tick);
    a_second(PARTS, began.elapsed())
}

fn appended() -> f64 {
    let parts: Vec<Vec<u8>> = (0..PARTS).map(|_| vec![0x61; PART]).collect();
    let (began, mut whole) = (Instant::now(), Vec::new());
    for part in parts {
        whole.extend_from_slice(&part);
    }
    let took = began.elapsed();
    assert_eq!(whole.len(), PARTS as usize * PART);
    a_second(PARTS, took)
}

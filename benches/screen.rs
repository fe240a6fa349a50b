//! How long a frame takes with 10 000 peers in the model, at 200×60, beside an empty frame as the floor. Prints p50 and p99, then
//! divan's table. The goal is a p99 below 4 ms.
#![allow(clippy::disallowed_methods)] // a bench reads the clock

#[allow(dead_code)] // the tests use all of it
#[path = "../tests/screen/fixture.rs"]
mod fixture;

use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use fixture::{Script, before, blank, failure, fold, nat_reply, permid, press};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use swarmscope::app::{Key, Model, Msg};
use swarmscope::failure::{By, Cause, Delivered};
use swarmscope::node::{Event, PeerKey};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::{Tops, draw};
use swarmscope::tui::theme::Depth;
use swarmscope::wire::MessageId;

const PEERS: u64 = 10_000;
const SIZE: (u16, u16) = (200, 60);
const FRAMES: usize = 600;
/// Other programs take the processor away now and then: the quietest round tells what the drawing itself takes.
const ROUNDS: usize = 5;

fn main() {
    let mut model = crowd();
    report("frame, 10 000 peers", || frames(&mut model));
    report("frame, nobody", || frames(&mut blank()));
    report("sorting 10 000 peers", || settling(&mut model));
    divan::main();
}

/// Ten thousand peers in every state, some of them asked.
fn crowd() -> Model {
    let (mut model, mut script) = (blank(), Script::default());
    for n in 0..PEERS {
        let version = if n % 3 == 0 { 17 } else { 18 };
        let who = permid(&format!("{:04x}{:02x}", n % 65_536, n % 251), version);
        let ms = 3_000_000 - n * 100;
        match n % 10 {
            0 => script.at(
                ms,
                Event::ConnectFailed {
                    peer: PeerKey::Permid(who),
                    failure: failure(Cause::TcpRefused, By::Network, Delivered::No, ""),
                    attempt: 3,
                    gives_up_at: 28,
                },
            ),
            _ => script.connected(ms, who, version, n % 200, 40_000),
        }
        if n % 10 == 1 {
            script.asked(ms, 50, who, MessageId::NATCHECK, 1, 0, &nat_reply("Symmetric NAT", -1, 55));
            script.asked(ms - 90, 1, who, MessageId::NATCHECK, 1, 254, b"frequency error");
        }
        if n % 10 == 2 {
            script.sent(ms, who, MessageId::NATCHECK, 1, "");
        }
    }
    script.tell(&mut model);
    model
}

/// Draws frames while the selection moves, as a terminal gets them: cells worked out and compared with those before.
fn frames(model: &mut Model) -> Vec<Duration> {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend");
    let mut tops = Tops::default();
    fold(model, before(0), Msg::Resize(SIZE.0, SIZE.1));
    let mut times = Vec::with_capacity(FRAMES);
    for n in 0..FRAMES {
        press(model, &[Key::named(if n % 50 == 0 { KeyCode::PageDown } else { KeyCode::Down })]);
        let start = Instant::now();
        let frame = terminal.draw(|frame| {
            draw(frame.buffer_mut(), model, &theme, &mut tops);
        });
        frame.expect("a frame");
        times.push(start.elapsed());
    }
    times
}

/// News about everybody, and the list brought in order again.
fn settling(model: &mut Model) -> Vec<Duration> {
    let mut times = Vec::new();
    for n in 0..50 {
        let who = permid(&format!("{:04x}{:02x}", 1 + n, 1 + n), 18);
        fold(model, before(0), Msg::Node(Event::Gossip { permid: who, listed: 1, left_out: 0 }));
        let later = swarmscope::app::Now { instant: before(0).instant + Duration::from_secs(60), wall: before(0).wall };
        let start = Instant::now();
        fold(model, later, Msg::Tick);
        times.push(start.elapsed());
    }
    times
}

fn report(what: &str, mut round: impl FnMut() -> Vec<Duration>) {
    let mut rounds: Vec<(Duration, Duration)> = (0..ROUNDS)
        .map(|_| {
            let mut times = round();
            times.sort_unstable();
            let at = |share: usize| times[(times.len() - 1) * share / 100];
            (at(99), at(50))
        })
        .collect();
    rounds.sort_unstable();
    let ((p99, p50), (worst, _)) = (rounds[0], rounds[ROUNDS - 1]);
    println!("{what}: p50 {p50:?}, p99 {p99:?} in the quietest of {ROUNDS} rounds; p99 {worst:?} in the loudest");
}

#[divan::bench]
fn a_frame_with_ten_thousand_peers(bencher: divan::Bencher) {
    one_frame(bencher, crowd());
}

#[divan::bench]
fn a_frame_with_nobody(bencher: divan::Bencher) {
    one_frame(bencher, blank());
}

fn one_frame(bencher: divan::Bencher, mut model: Model) {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend");
    let mut tops = Tops::default();
    fold(&mut model, before(0), Msg::Resize(SIZE.0, SIZE.1));
    bencher.bench_local(|| {
        let frame = terminal.draw(|frame| {
            draw(frame.buffer_mut(), &model, &theme, &mut tops);
        });
        frame.expect("a frame");
    });
}

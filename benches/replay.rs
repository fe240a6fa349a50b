//! What a recording of a million lines takes: reading the file, seeking to its end, back to the
//! start, to the middle, stepping back; and the memory of this process. Beside opening stands a
//! floor: the same file's bytes, read and counted by line.
//!
//! Goals: 99 of 100 seeks within what was seen before take less than 200 ms, and none keeps a key
//! waiting for longer than a frame.
#![allow(clippy::disallowed_methods)] // a bench reads the clock

#[allow(dead_code)] // written for the tests, which use all of it; a bench needs a part
#[path = "../tests/screen/fixture.rs"]
mod fixture;

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use fixture::{before, blank, failure, nat_reply};
use swarmscope::screen::session::moment::Moment;
use swarmscope::screen::session::recording::{Line, What, header, read};
use swarmscope::screen::session::replay::Player;
use swarmscope::screen::session::showing::Control;
use swarmscope::screen::{Key, Model, Msg};
use swarmscope::tui::meter::resident;
use swarmscope_peer::node::{Direction, Event, Origin, PeerKey, Reply, Ticket, Transport};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

const LINES: u32 = 1_000_000;
/// Between two lines: 5 000 in a second.
const APART: i64 = 200;
const SEEKS: u32 = 100;
const JUMP: Duration = Duration::from_secs(10);

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    for peers in [1_000, 50_000] {
        let path = directory.path().join(format!("{peers}.jsonl"));
        write(&path, peers);
        measure(&path, peers);
    }
}

fn permid(n: u32) -> Permid {
    let mut key = [0x5a; 32];
    key[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
    Permid::Ed25519(key)
}

/// The line of this number: peers come, are asked, answer in one part that is read, can't be
/// dialled; now and then somebody presses a key.
fn line(n: u32, peers: u32) -> What {
    let who = permid(n / 5 % peers);
    let (ticket, message, channel) = (Ticket(u64::from(n / 5)), MessageId::NATCHECK, ChannelId(7));
    let payload = nat_reply(["Symmetric NAT", "Open Internet"][n as usize / 5 % 2], 3, 55);
    let (error, parts, elapsed) = (ErrorByte::SUCCESS, 1, Duration::from_millis(30));
    What::Msg(Msg::Node(match n % 5 {
        _ if n % 1_000 == 999 => return What::Msg(Msg::Key("j".parse::<Key>().expect("a key"))),
        0 => Event::Connected {
            permid: who,
            was: None,
            address: (n.to_be_bytes(), 7760).into(),
            listening_port: 7760,
            version: OverlayVersion(18),
            transport: Transport::Tls,
            direction: Direction::Outgoing,
            rtt: Duration::from_millis(u64::from(n % 200)),
        },
        1 => Event::Sent {
            ticket,
            permid: who,
            message,
            channel,
            frequency: Frequency(3600),
            payload: bytes::Bytes::new(),
            origin: Origin::Operator,
        },
        2 => Event::Part {
            ticket,
            permid: who,
            channel,
            index: 1,
            parts_left: PartsLeft::LAST,
            error,
            payload: payload.into(),
            after: elapsed,
        },
        3 => Event::Reply(Reply {
            ticket,
            permid: who,
            message,
            channel,
            error,
            payload: payload.into(),
            parts,
            elapsed,
            dialled_back: false,
        }),
        _ if n.is_multiple_of(3) => {
            let failure = failure(Cause::TcpRefused, By::Network, Delivered::No, "");
            Event::ConnectFailed {
                peer: PeerKey::Permid(who),
                failure,
                attempt: 3,
                gives_up_at: 28,
                again_in: None,
            }
        }
        _ => return What::Read(who, ticket),
    }))
}

fn write(path: &Path, peers: u32) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let header = header(&blank(), before(4_000_000));
    serde_json::to_writer(&mut file, &header).expect("written");
    for n in 0..LINES {
        file.write_all(b"\n").expect("written");
        let line = Line(i64::from(n) * APART, line(n, peers));
        serde_json::to_writer(&mut file, &line).expect("written");
    }
    file.write_all(b"\n").expect("written");
}

fn measure(path: &Path, peers: u32) {
    let size = std::fs::metadata(path).expect("a file").len();
    println!("{LINES} lines, {peers} peers, {} MiB", size >> 20);
    let at_start = resident();
    let floor = timed("  floor: its bytes by line", || {
        BufReader::new(File::open(path).expect("a file"))
            .split(b'\n')
            .map(|line| line.expect("read").len())
            .sum::<usize>()
    });
    assert!(floor as u64 + u64::from(LINES) < size + 2);
    let recording = timed("  read", || {
        read(BufReader::new(File::open(path).expect("a file"))).expect("a recording")
    });
    let opened = resident();
    let mut player = Player::new(recording, blank().setup, Instant::now());
    let mut model = player.begin();
    let (length, mut number) = (i64::from(LINES - 1) * APART, 0);
    timed("  to the end, for the first time", || player.seek(&mut model, i64::MAX, Instant::now()));
    timed("  to the start", || player.seek(&mut model, 0, Instant::now()));
    timed("  to the middle", || player.seek(&mut model, length / 2, Instant::now()));
    timed("  to the end again", || player.seek(&mut model, length, Instant::now()));
    spread("  anywhere", || {
        number = (number + 7_919) % SEEKS;
        player.seek(&mut model, i64::from(number) * length / i64::from(SEEKS), Instant::now());
    });
    player.seek(&mut model, length, Instant::now());
    spread("  10 s back", || {
        let at = if player.status().at > JUMP { Moment::Earlier(JUMP) } else { Moment::END };
        all_the_way(&mut player, &mut model, Control::Seek(at));
    });
    player.seek(&mut model, length / 2, Instant::now());
    spread("  one line back", || all_the_way(&mut player, &mut model, Control::StepBack));
    let mib = |bytes: Option<u64>| {
        bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
    };
    println!(
        "  resident: {} before, {} when it was read, {} now",
        mib(at_start),
        mib(opened),
        mib(resident())
    );
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("{what}: {:?}", start.elapsed());
    done
}

/// The control, until it is there.
fn all_the_way(player: &mut Player, model: &mut Model, control: Control) {
    player.control(model, control, Instant::now());
    while player.status().to.is_some() {
        player.go_on(model, Instant::now());
    }
}

/// Seeks a hundred times.
fn spread(what: &str, mut seek: impl FnMut()) {
    let mut times: Vec<Duration> = (0..SEEKS)
        .map(|_| {
            let start = Instant::now();
            seek();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{what}: p50 {:?}, p99 {:?}, most {:?}", times[49], times[98], times[99]);
}

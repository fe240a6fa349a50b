//! The programs that are measured: the real loop on a source that makes events, and one that only
//! echoes.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use swarmscope::screen::Msg;
use swarmscope::tui::keep::Files;
use swarmscope::tui::terminal::Environment;
use swarmscope::tui::{Look, Options, Others, Source, run};
use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::outlet::Outlet;
use swarmscope_peer::node::{Node, NodeConfig};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::crowd;

/// Events come in bunches, as from sockets.
const BUNCH: Duration = Duration::from_millis(2);
/// How often the source says how it goes.
const TELL: Duration = Duration::from_millis(100);

/// The screen, knowing so many peers, with so many events a second. `to`: where the source says how
/// it goes.
pub fn screen(peers: u32, events: u32, to: &Path) {
    let (fill, extra) = mpsc::channel(1024);
    let look = Look::new(Some("dark"), None, &Environment::of_this_process()).expect("built in");
    let options = Options {
        setup: crowd::fixture::blank().setup,
        look,
        extra,
        tour: mpsc::channel(1).0,
        files: Files::default(),
        record: None,
        recordings: None,
        script: None,
        others: Others::default(),
        cases: None,
    };
    let told = File::create(to).expect("a file");
    Runtime::new().expect("a runtime").block_on(async {
        let (node, _) = Node::start(nobody()).await.expect("a node");
        let (outlet, source) = Outlet::new();
        tokio::spawn(async move {
            known(peers, &fill).await;
            drop(fill);
            feed(outlet, events, told).await;
        });
        run(Source::Node(node, source), options).await.expect("a terminal");
    });
}

/// A node that neither listens nor dials.
fn nobody() -> NodeConfig {
    let identity = Arc::new(Ed25519Identity::from_seed([7; 32]));
    NodeConfig {
        identities: Identities { current: Some(identity), legacy: None },
        ..NodeConfig::default()
    }
}

/// What is known before anything is measured.
async fn known(peers: u32, to: &mpsc::Sender<Msg>) {
    for (_, msg) in crowd::crowd(peers).in_order() {
        to.send(msg).await.expect("the screen is up");
    }
}

/// How it goes with the source: since when, how many events it has told, and the most that had not
/// been taken since the last time.
#[derive(Clone, Copy, Debug)]
pub struct Going {
    pub after: Duration,
    pub told: u64,
    pub untaken: usize,
}

impl Going {
    fn line(&self) -> String {
        format!("{} {} {}\n", self.after.as_micros(), self.told, self.untaken)
    }

    pub fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(|number| number.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let after = Duration::from_micros(next()?);
        Some(Self { after, told: next()?, untaken: usize::try_from(next()?).ok()? })
    }
}

/// Tells events by the node's outlet, as the node does: what its reader doesn't take waits there,
/// and the source waits with what it has once there is no room.
async fn feed(mut outlet: Outlet, a_second: u32, mut file: File) {
    let start = Instant::now();
    let mut turns = tokio::time::interval(BUNCH);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = 0;
    let mut going = Going { after: Duration::ZERO, told: 0, untaken: 0 };
    loop {
        tokio::select! {
            biased;
            () = outlet.serve(), if outlet.is_waiting() => continue,
            _ = turns.tick() => {}
        }
        let due = start.elapsed().as_micros() * u128::from(a_second) / 1_000_000;
        while u128::from(going.told) < due && outlet.has_room() {
            number += 1;
            outlet.push(crowd::event(number));
            going.told += 1;
        }
        going.untaken = going.untaken.max(outlet.untaken());
        let after = start.elapsed();
        if after >= going.after + TELL {
            going.after = after;
            file.write_all(going.line().as_bytes()).expect("written");
            going.untaken = 0;
        }
    }
}

/// Paints how many keys came, at once.
pub fn echo() {
    crossterm::terminal::enable_raw_mode().expect("a terminal");
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut keys = [0; 64];
    let mut pressed = 0;
    loop {
        write!(output, "\x1b[?2026h\x1b[H▌ {pressed}…keys\x1b[?2026l").expect("written");
        output.flush().expect("written");
        match input.read(&mut keys).expect("keys") {
            0 => return,
            count if keys[..count].contains(&b'q') => {
                write!(output, "\x1b[?25h\x1b[?2004l").expect("written");
                return crossterm::terminal::disable_raw_mode().expect("a terminal");
            }
            _ => pressed += 1,
        }
    }
}

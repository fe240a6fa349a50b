//! The Crawler that must not notice anything.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::{Event, Events, Node, NodeConfig, Target};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

use super::attackers::Way;
use super::page::keep;
use super::victim::{PATIENCE, Setup, Victim};

/// What a median of few answers, each of which takes milliseconds, may be off on a machine whose
/// processors are all taken.
const JITTER: Duration = Duration::from_millis(3);

pub struct Honest {
    node: Node,
    events: Events,
    victim: Permid,
    way: Way,
}

/// Who it is, before it is anywhere.
pub fn permid(seed: u8) -> Permid {
    identity(seed).permid()
}

fn identity(seed: u8) -> Ed25519Identity {
    Ed25519Identity::from_seed([seed; 32])
}

/// The configuration of a node with this identity.
pub fn config(seed: u8) -> NodeConfig {
    let identities = Identities { current: Some(Arc::new(identity(seed))), legacy: None };
    NodeConfig { identities, ..NodeConfig::default() }
}

impl Honest {
    /// Connects from this address.
    pub async fn at(from: IpAddr, seed: u8, victim: &Victim) -> Self {
        let way = Way::start(from, victim.address, None).await;
        let (node, events) = Node::start(config(seed)).await.expect("it starts");
        let mut honest = Self { node, events, victim: victim.permid, way };
        honest.connect().await;
        honest
    }

    /// From the address that attackers do not have.
    pub async fn start(seed: u8, victim: &Victim) -> Self {
        Self::at([127, 0, 0, 9].into(), seed, victim).await
    }

    /// Dials until it is connected.
    pub async fn connect(&mut self) {
        let place: SocketAddr = self.way.address;
        let target =
            Target { permid: Some(self.victim), host: place.ip().to_string(), port: place.port() };
        let reached = tokio::time::timeout(PATIENCE, self.node.connect(target)).await;
        assert_eq!(reached.expect("in time"), Ok(self.victim));
    }

    /// Asks anew, in a connection of its own: dials, authenticates, asks. How long that takes.
    pub async fn visit(&mut self) -> Duration {
        self.leave().await;
        let began = Instant::now();
        self.connect().await;
        self.ask(MessageId::NATCHECK, "").await;
        began.elapsed()
    }

    /// Closes its connection, and waits until that is so.
    async fn leave(&mut self) {
        self.node.disconnect(self.victim);
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
            if let Event::Disconnected { .. } = event.expect("in time").expect("it runs") {
                return;
            }
        }
    }

    /// Asks once, which must be answered; how long it takes.
    pub async fn ask(&self, message: MessageId, payload: &'static str) -> Duration {
        let began = Instant::now();
        let ask = Ask {
            frequency: Frequency(0),
            payload: Bytes::from_static(payload.as_bytes()),
            timeout: PATIENCE,
            ..Ask::new(self.victim, message)
        };
        let reply = self.node.ask(ask).await.expect("a reply");
        let text = String::from_utf8_lossy(&reply.payload).into_owned();
        assert_eq!(reply.error, ErrorByte::SUCCESS, "{text}");
        began.elapsed()
    }
}

/// The honest Crawler of a peer that is attacked, and that of another peer of this program, on this
/// machine and at the same moments, whom nobody attacks: how much longer the first one waits is what
/// the attack does. That both wait longer than when all is quiet is the attackers' use of the
/// processors, which they share with the peers here.
pub struct Both {
    attacked: Honest,
    other: Honest,
    _other: Victim,
}

/// An attack that holds a peer up does so in each series; another program on this machine, which may
/// strike either of the two, does not.
const SERIES: usize = 12;

/// Whether whoever attacks makes the peer compute.
#[derive(Clone, Copy)]
pub enum Attack {
    Holds,
    Computes,
}

/// The middle of the times, at the attacked peer and at the other one.
#[derive(Clone, Copy)]
pub struct Times {
    attacked: Duration,
    other: Duration,
}

impl Both {
    /// From addresses that attackers do not have.
    pub async fn start(seed: u8, victim: &Victim) -> Self {
        Self::of(Honest::start(seed, victim).await, seed).await
    }

    /// The same for one that is there already.
    pub async fn of(attacked: Honest, seed: u8) -> Self {
        let other = Victim::start(&[permid(seed)], Setup::default());
        Self { attacked, other: Honest::start(seed, &other).await, _other: other }
    }

    /// The one whose peer is attacked.
    pub const fn attacked(&mut self) -> &mut Honest {
        &mut self.attacked
    }

    /// So many visits at each, in turn; the best of some series.
    pub async fn visits(&mut self, count: usize) -> Times {
        let mut best = None;
        for _ in 0..SERIES {
            let (mut attacked, mut other) = (Vec::new(), Vec::new());
            for _ in 0..count {
                other.push(self.other.visit().await);
                attacked.push(self.attacked.visit().await);
            }
            if Times::keep_better(&mut best, attacked, other) {
                break;
            }
        }
        best.expect("a series")
    }

    /// So many questions to each, in turn, on connections that stay; the best of some series.
    pub async fn asks(&self, count: usize) -> Times {
        let mut best = None;
        for _ in 0..SERIES {
            let (mut attacked, mut other) = (Vec::new(), Vec::new());
            for _ in 0..count {
                other.push(self.other.ask(MessageId::NATCHECK, "").await);
                attacked.push(self.attacked.ask(MessageId::NATCHECK, "").await);
            }
            if Times::keep_better(&mut best, attacked, other) {
                break;
            }
        }
        best.expect("a series")
    }
}

impl Times {
    /// The middle ones of what took so long each.
    pub fn of(attacked: Vec<Duration>, other: Vec<Duration>) -> Self {
        Self { attacked: middle(attacked), other: middle(other) }
    }

    fn ratio(&self) -> f64 {
        self.attacked.as_secs_f64() / self.other.as_secs_f64()
    }

    /// Whether the honest wait less for the attacked peer here, by the measure of the other one.
    pub fn is_better_than(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| self.ratio() < before.ratio())
    }

    /// What is allowed where a peer is made to compute.
    pub fn is_within_twice(&self) -> bool {
        self.ratio() <= 2.0
    }

    /// Keeps the better series; whether it is good enough for no further one.
    fn keep_better(best: &mut Option<Self>, attacked: Vec<Duration>, other: Vec<Duration>) -> bool {
        let times = Self::of(attacked, other);
        if times.is_better_than(best.as_ref()) {
            *best = Some(times);
        }
        times.attacked <= times.other * 6 / 5
    }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Who is attacked answers hardly later than who is not: at most by a fifth, and where it is made to
/// compute, by as much again.
pub fn compare(attack: &str, kind: Attack, quiet: Times, now: Times) {
    println!("{attack}: quiet {:.1?} and {:.1?}", quiet.attacked, quiet.other);
    compare_with(attack, "an honest Crawler waits", kind, now);
}

/// The same of something else that takes time.
pub fn compare_with(attack: &str, what: &str, kind: Attack, now: Times) {
    let Times { attacked, other } = now;
    let times = now.ratio();
    println!("{attack}: {what} {attacked:.1?}, beside it {other:.1?}: {times:.2} times");
    let (most, allowed) = match kind {
        Attack::Holds => (other * 6 / 5, "1.2"),
        Attack::Computes => (other * 2, "2"),
    };
    let figure = format!("{times:.2} of {allowed} times ({attacked:.1?} beside {other:.1?})");
    keep(attack, what, &figure);
    assert!(
        attacked <= most + JITTER,
        "{attack}: {attacked:?}, where another peer takes {other:?}"
    );
}

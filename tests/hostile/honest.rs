//! The Crawler that must not notice anything.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::{Events, Node, NodeConfig, Target};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

use super::attackers::Way;
use super::victim::{PATIENCE, Victim};

/// Attackers run on the same processors as the peer here, and other programs may, too: so much more
/// is no finding. Of answers that take milliseconds this is many times as long: that they stay
/// within twice their quiet time is not shown here, only that nobody waits noticeably.
const ALLOWANCE: Duration = Duration::from_millis(150);

pub struct Honest {
    node: Node,
    _events: Events,
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
        let mut honest = Self { node, _events: events, victim: victim.permid, way };
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
        let began = Instant::now();
        self.connect().await;
        self.ask(MessageId::NATCHECK, "").await;
        let took = began.elapsed();
        self.node.disconnect(self.victim);
        took
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

    /// The middle of so many answers' times; all of them have to come.
    pub async fn median(&self, count: usize) -> Duration {
        let mut times = Vec::new();
        for _ in 0..count {
            times.push(self.ask(MessageId::NATCHECK, "").await);
        }
        times.sort_unstable();
        times[count / 2]
    }
}

/// Under attack it takes at most twice as long as before, and [`ALLOWANCE`].
pub fn compare(attack: &str, quiet: Duration, attacked: Duration) {
    let times = attacked.as_secs_f64() / quiet.as_secs_f64();
    println!("{attack}: median {quiet:.1?} quiet, {attacked:.1?} attacked: {times:.1} times");
    assert!(attacked <= quiet * 2 + ALLOWANCE, "{attack}: {quiet:?} became {attacked:?}");
}

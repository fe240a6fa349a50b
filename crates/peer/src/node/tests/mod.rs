//! Whole nodes on loopback sockets.

mod asking;
mod living;
mod swarming;
mod tracing;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::*;
use crate::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient, Registry};
use crate::identity::{Ed25519Identity, Identities, LegacyIdentity};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, OverlayVersion, Permid};

const LEGACY: OverlayVersion = OverlayVersion::LEGACY;
const CURRENT: OverlayVersion = OverlayVersion::CURRENT;
/// What the tests' own probes answer to: see [`Echo`].
const ECHO: MessageId = MessageId(200);

/// Nothing here takes longer; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers with the payload that the request names, as `SIZE MILLISECONDS`; `panic` panics.
struct Echo;

impl Question for Echo {
    fn id(&self) -> MessageId {
        ECHO
    }
    fn name(&self) -> &'static str {
        "ECHO"
    }
    fn doc(&self) -> &'static str {
        "for tests"
    }
    fn initiate(&self, _: &Recipient) -> Bytes {
        Bytes::from_static(b"5 0")
    }
}

impl Probe for Echo {
    async fn answer(&self, asked: Asked, _: &PeerView) -> Answer {
        let text = String::from_utf8(asked.payload.to_vec()).unwrap();
        let (size, wait) = text.split_once(' ').unwrap();
        tokio::time::sleep(Duration::from_millis(wait.parse().unwrap())).await;
        Answer::success(pattern(size.parse().unwrap()))
    }
}

/// Answers with forty thousand bytes, each time when it is let.
struct Held(Arc<Semaphore>);

impl Probe for Held {
    async fn answer(&self, _: Asked, _: &PeerView) -> Answer {
        self.0.acquire().await.unwrap().forget();
        Answer::success(pattern(40_000))
    }
}

/// Bytes whose order shows.
fn pattern(size: usize) -> Bytes {
    (0..=250u8).cycle().take(size).collect()
}

fn identities(version: OverlayVersion, n: u8) -> Identities {
    if version.is_encrypted() {
        Identities { current: Some(Arc::new(Ed25519Identity::from_seed([n; 32]))), legacy: None }
    } else {
        Identities { current: None, legacy: Some(Arc::new(LegacyIdentity::from_seed([n; 64]))) }
    }
}

fn permid(version: OverlayVersion, n: u8) -> Permid {
    let identities = identities(version, n);
    identities
        .current
        .map(|identity| identity.permid())
        .or(identities.legacy.map(|identity| identity.permid()))
        .unwrap()
}

fn config(version: OverlayVersion, n: u8) -> NodeConfig {
    NodeConfig {
        identities: identities(version, n),
        version,
        registry: Registry::default().with(Echo),
        ..NodeConfig::default()
    }
}

/// Any free port.
const LOOPBACK: Option<SocketAddr> = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));

/// A node with its events.
struct Running {
    node: Node,
    events: Events,
}

impl Running {
    async fn start(config: NodeConfig) -> Self {
        let (node, events) = Node::start(config).await.unwrap();
        Self { node, events }
    }

    /// A peer of this version that lets Crawler 1 ask.
    async fn peer(version: OverlayVersion) -> Self {
        Self::start(NodeConfig {
            listen: LOOPBACK,
            allow: vec![permid(version, 1)],
            ..config(version, 2)
        })
        .await
    }

    /// Crawler 1, connected to that peer.
    async fn crawler(version: OverlayVersion, to: &Self) -> Self {
        let mut crawler = Self::start(config(version, 1)).await;
        crawler.connect(to).await;
        crawler
    }

    fn target(&self) -> Target {
        let address = self.node.listening().unwrap();
        Target { host: address.ip().to_string(), port: address.port(), permid: None }
    }

    async fn connect(&mut self, to: &Self) -> Permid {
        self.node.connect(to.target());
        self.until(|event| match event {
            Event::Connected { permid, .. } => Some(permid),
            _ => None,
        })
        .await
    }

    /// Reads events until one is found.
    async fn until<T>(&mut self, found: impl Fn(Event) -> Option<T>) -> T {
        let read = async {
            loop {
                if let Some(found) = found(self.events.recv().await.expect("the node lives")) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("in time")
    }

    /// The end of a request: error byte and payload, or what failed.
    async fn end(&mut self, of: Ticket) -> Result<(ErrorByte, Bytes), Failure> {
        self.until(|event| match event {
            Event::Reply(Reply { ticket, error, payload, .. }) if ticket == of => {
                Some(Ok((error, payload)))
            }
            Event::RequestFailed { ticket, failure, .. } if ticket == of => Some(Err(failure)),
            _ => None,
        })
        .await
    }

    async fn ask(&mut self, ask: Ask) -> Result<(ErrorByte, Bytes), Failure> {
        let ticket = self.node.request(ask);
        self.end(ticket).await
    }
}

fn ask(version: OverlayVersion, payload: &str) -> Ask {
    Ask {
        to: permid(version, 2),
        message: ECHO,
        frequency: Frequency(0),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        timeout: PATIENCE,
        origin: Origin::Operator,
        wait_for_dial_back: false,
    }
}

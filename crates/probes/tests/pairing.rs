//! Two peers and the Crawler that lets them meet, over real sockets.
#![allow(clippy::disallowed_methods)] // real sockets and their deadlines
#![allow(clippy::unwrap_used)] // all of it is a test, helpers too: what fails here fails the test

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use swarmscope_peer::crawler::{Registry, Target};
use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::{Event, Events, Node, NodeConfig};
use swarmscope_probes::NatTraversal;
use swarmscope_probes::nat::Traversed;
use swarmscope_probes::nat::pairing::{Paired, Pairing, Place, Replied, Side};
use swarmscope_wire::{ErrorByte, Permid};

/// Nothing here takes longer; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

fn identity(n: u8) -> Ed25519Identity {
    Ed25519Identity::from_seed([n; 32])
}

fn permid(n: u8) -> Permid {
    identity(n).permid()
}

fn config(n: u8) -> NodeConfig {
    let identities = Identities { current: Some(Arc::new(identity(n))), legacy: None };
    NodeConfig { identities, ..NodeConfig::default() }
}

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

    async fn next(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("in time")
            .expect("the node lives")
    }

    async fn connect(&mut self, to: &Self) -> Permid {
        let address = to.node.listening().unwrap();
        self.node.connect(Target {
            host: address.ip().to_string(),
            port: address.port(),
            permid: None,
        });
        loop {
            if let Event::Connected { permid, .. } = self.next().await {
                return permid;
            }
        }
    }
}

/// A peer that knows NATTRAVERSAL, or does not.
async fn peer(n: u8, knows: bool) -> Running {
    let registry =
        if knows { Registry::default().with(NatTraversal::default()) } else { Registry::default() };
    let allow = vec![permid(1)];
    Running::start(NodeConfig {
        listen: Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)),
        allow,
        registry,
        ..config(n)
    })
    .await
}

async fn pair(
    crawler: &mut Running,
    host: &str,
    peers: [&Running; 2],
    ip: Option<IpAddr>,
) -> Paired {
    let mut sides = Vec::new();
    for peer in peers {
        sides.push(Side { permid: crawler.connect(peer).await, ip });
    }
    let place = Place { bind: Ipv4Addr::LOCALHOST.into(), host: host.into(), port: None };
    let mut pairing = Pairing::begin(&crawler.node, place, [sides[0], sides[1]]).await.unwrap();
    loop {
        pairing.observe(&crawler.next().await);
        if let Some(paired) = pairing.outcome() {
            return paired;
        }
    }
}

#[tokio::test]
async fn both_say_yes_where_nothing_is_between_them() {
    let (one, other) = (peer(2, true).await, peer(3, true).await);
    let mut crawler = Running::start(config(1)).await;
    let paired =
        pair(&mut crawler, "localhost", [&one, &other], Some(Ipv4Addr::LOCALHOST.into())).await;
    let yes = |n| (permid(n), Replied::Traversed(Traversed::Yes));
    assert_eq!(paired.replies, [yes(2), yes(3)]);
    assert_eq!(paired.request_id.len(), 24);
}

#[tokio::test]
async fn each_side_s_reply_is_recorded_whatever_it_is() {
    let (one, other) = (peer(2, true).await, peer(3, false).await);
    let mut crawler = Running::start(config(1)).await;
    let paired = pair(&mut crawler, "127.0.0.1", [&one, &other], None).await;
    let [(_, one), (_, other)] = paired.replies;
    assert_eq!(
        one,
        Replied::Traversed(Traversed::Error),
        "it waited for the other at the rendezvous"
    );
    assert_eq!(other, Replied::Error(ErrorByte::UNKNOWN_MESSAGE, "unknown message".into()));
    assert_eq!(
        (one.to_string(), other.to_string()),
        ("ERR".into(), "error 253: unknown message".into())
    );
}

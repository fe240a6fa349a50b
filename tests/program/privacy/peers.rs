//! Peers in this process whose addresses, names and files are marked.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::{Event, Events, Node, NodeConfig, Target};
use swarmscope_probes::Statistics;
use swarmscope_wire::Permid;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::marks::Marks;
use crate::process::PATIENCE;

/// How many there are.
pub const COUNT: u8 = 3;
/// The fields of a peer's statistics that name a person, a peer or a file.
const FIELDS: [&str; 13] = [
    "peer", "channel", "file", "voter", "seeded", "seeder", "friend", "target", "playback",
    "origin", "swarm", "line", "message",
];

/// The swarm. It ends when this is dropped.
pub struct Peers {
    /// Where the first of them listens. It has heard of all others.
    pub first: String,
    /// An address where nobody listens.
    pub nobody: String,
    pub marks: Marks,
    nodes: Vec<Node>,
    runtime: Runtime,
}

impl Peers {
    /// Peers that answer this Crawler.
    pub fn start(crawler: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let crawler = Permid::from_base64(crawler).expect("a permid");
        let (mut nodes, mut targets) = (Vec::new(), Vec::new());
        for peer in (0..COUNT).rev() {
            let (node, mut events) =
                runtime.block_on(Node::start(config(peer, crawler, &targets))).expect("a port");
            let port = runtime.block_on(listening(&mut events));
            targets.push(Target { host: ip(peer).to_string(), port, permid: None });
            runtime.block_on(connected(&mut events, if peer == 0 { COUNT - 1 } else { 0 }));
            runtime.spawn(async move { while events.recv().await.is_some() {} });
            nodes.push(node);
        }
        let first = targets.last().expect("one").to_string();
        let nobody = format!("{}:1025", ip(COUNT));
        Self { first, nobody, marks: Marks::new(&marks()), nodes, runtime }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for node in self.nodes.drain(..) {
            self.runtime.block_on(node.shutdown(Duration::ZERO));
        }
    }
}

fn ip(peer: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 177, 166, 211 + peer)
}

fn identity(peer: u8) -> Ed25519Identity {
    Ed25519Identity::from_seed([peer + 91; 32])
}

fn mark(peer: u8, field: &str) -> String {
    format!("Marked{field}Of{peer}Xq")
}

fn config(peer: u8, crawler: Permid, bootstrap: &[Target]) -> NodeConfig {
    let statistics = Statistics::filled(&rows(peer)).expect("statistics");
    let current: Arc<Ed25519Identity> = Arc::new(identity(peer));
    NodeConfig {
        identities: Identities { current: Some(current), legacy: None },
        listen: Some((ip(peer), 0).into()),
        allow: vec![crawler],
        registry: swarmscope_probes::registry(statistics),
        gossip: true,
        bootstrap: if peer == 0 { bootstrap.to_vec() } else { Vec::new() },
        ..NodeConfig::default()
    }
}

/// Something in each table, whatever names a person or a file marked.
fn rows(peer: u8) -> String {
    let mut sql = String::from(
        "INSERT INTO Peer (permid) VALUES ('{peer}');
         INSERT INTO Torrent (infohash) VALUES ('{file}');
         INSERT INTO ChannelCast VALUES ('{channel}', '{file}', 3600);
         INSERT INTO VoteCast VALUES ('{channel}', '{voter}', -1, 3600);
         INSERT INTO SeedingStats VALUES (3600, '{seeder}', '{seeded}', 7200, 0.5, 0);
         INSERT INTO FriendshipStatistics VALUES ('{friend}', '{target}', 0, 3600, 7200, 2, 1, 7200);
         INSERT INTO playback_info VALUES ('{playback}', 3600, 65536, 1024, 131072, 'Unknown');
         INSERT INTO playback_event (key, timestamp, origin, event) VALUES ('{playback}', 3600, '{origin}', 'play');
         INSERT INTO RepexRecord (infohash, timestamp, endtimestamp) VALUES ('{swarm}', 3600, 7200);
         INSERT INTO RepexPeer (record, peer, last_seen) VALUES (1, '{peer}', 3600);
         INSERT INTO PunctureLine (timestamp, line) VALUES (3600, '{line}');
         INSERT INTO UserEventLog VALUES (3600, 2, '{message}');",
    );
    for field in FIELDS {
        sql = sql.replace(&format!("{{{field}}}"), &mark(peer, field));
    }
    sql
}

fn marks() -> Vec<(String, Vec<u8>)> {
    let mut marks = Vec::new();
    for peer in 0..=COUNT {
        let mut add = |what: &str, mark: Vec<u8>| marks.push((format!("{what} of {peer}"), mark));
        add("the address", ip(peer).to_string().into());
        if peer == COUNT {
            continue; // where nobody listens
        }
        let permid = identity(peer).permid();
        add("the key", permid.to_der()[12..].to_vec());
        add("the permid", permid.to_string().into());
        for field in FIELDS {
            add(field, mark(peer, field).into());
        }
    }
    marks
}

async fn listening(events: &mut Events) -> u16 {
    loop {
        if let Event::Listening { address, .. } = next(events).await {
            return address.port();
        }
    }
}

/// Waits until it knows that many others.
async fn connected(events: &mut Events, others: u8) {
    let mut seen = 0;
    while seen < others {
        seen += u8::from(matches!(next(events).await, Event::Connected { .. }));
    }
}

async fn next(events: &mut Events) -> Event {
    timeout(PATIENCE, events.recv()).await.expect("in time").expect("an event")
}

//! Peers in this process that answer whoever asks them, honestly or not.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use swarmscope_peer::Answer;
use swarmscope_peer::crawler::Asked as Question;
use swarmscope_peer::node::{Node, NodeConfig};
use swarmscope_probes::Statistics;
use swarmscope_wire::{MessageId, Permid};
use tokio::runtime::Runtime;

use super::asked::Home;
use super::attackers::Way;
use super::honest::{config, permid};
use super::runtime;

pub const ATTACKERS: u8 = 48;
pub const HONEST: u8 = 21;

/// A peer in this process.
pub struct Peer {
    permid: Permid,
    pub way: Way,
}

/// One that lets this Crawler ask, and answers with these bytes, or as an honest one.
async fn peer(seed: u8, allow: Permid, reply: Option<Bytes>) -> Peer {
    let mut registry = swarmscope_probes::registry(Statistics::empty());
    if let Some(reply) = reply {
        registry = registry.with_probe(MessageId::DATABASE_QUERY, move |_: Question| {
            let reply = reply.clone();
            async { Answer::success(reply) }
        });
    }
    let config = NodeConfig {
        listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
        allow: vec![allow],
        registry,
        gossip: true, // a visit ends as soon as both have exchanged
        max_peers: 0,
        pace: Some(Duration::from_millis(5)), // the processors are here for the others, too
        ..config(seed)
    };
    let (node, mut events) = Node::start(config).await.expect("it starts");
    let address = node.listening().expect("it listens");
    let way = Way::start([127, 0, 0, 9].into(), address, None).await;
    tokio::spawn(async move {
        let _running = node;
        while events.recv().await.is_some() {}
    });
    Peer { permid: permid(seed), way }
}

/// Several of them.
fn peers(runtime: &Runtime, first: u8, allow: Permid, replies: &[Option<Bytes>]) -> Vec<Peer> {
    let all = (first..).zip(replies.iter().cloned());
    all.map(|(seed, reply)| runtime.block_on(peer(seed, allow, reply))).collect()
}

/// Whoever asks, and whom: some that answer so, and honest ones.
pub struct Crowd {
    pub home: Home,
    pub honest: Vec<Peer>,
    others: Vec<Peer>,
    _runtimes: [Runtime; 2],
}

impl Crowd {
    /// Their keys begin at this seed, so that those of two crowds differ.
    pub fn start(first: u8, replies: &[Option<Bytes>]) -> Self {
        let (home, theirs, friendly) = (Home::new(), runtime(), runtime());
        let permid = home.permid();
        let others = peers(&theirs, first, permid, replies);
        let honest = peers(&friendly, first + ATTACKERS, permid, &vec![None; HONEST.into()]);
        Self { home, honest, others, _runtimes: [theirs, friendly] }
    }

    /// One that is honest throughout.
    pub fn quiet(first: u8) -> Self {
        Self::start(first, &vec![None; ATTACKERS.into()])
    }

    /// `permid@host:port` of all.
    pub fn targets(&self) -> Vec<String> {
        let target = |peer: &Peer| format!("{}@{}", peer.permid, peer.way.address);
        self.others.iter().chain(&self.honest).map(target).collect()
    }
}

/// A list of nothing, 31 million times: 60 MiB.
pub fn large() -> Bytes {
    let values = (60 << 20) / 2;
    [format!("a{values}l").as_bytes(), &b"0n".repeat(values)].concat().into()
}

/// So many NUL in a zlib stream.
fn inflated(mebibytes: usize) -> Bytes {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..mebibytes {
        encoder.write_all(&vec![0; 1 << 20]).expect("memory");
    }
    encoder.finish().expect("memory").into()
}

/// What wants memory or time to be read.
pub fn bombs() -> Vec<Bytes> {
    let shared = include_bytes!("../../fuzz/crashes/reply/a-dict-as-its-own-key");
    vec![
        inflated(15),
        inflated(64),
        Bytes::from_static(&shared[2..]),
        [&b"\x80\x02"[..], &vec![b'('; 8 << 20]].concat().into(),
        [b"d1:a".repeat(200_000), b"le".to_vec(), vec![b'e'; 200_000]].concat().into(),
        [&b"l"[..], &b"1:x".repeat(1 << 20), b"e"].concat().into(),
    ]
}

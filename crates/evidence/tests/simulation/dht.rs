//! A DHT whose nodes answer as real clients did, and what can be the matter with it.

use std::collections::BTreeSet;

use swarmscope_evidence::signals::input::{Answer, End, Node, Round, Swarm as Announced, Text};
use swarmscope_evidence::signals::rules::hajime_infohash;

use crate::clients::DHT;
use crate::sample::Numbers;
use crate::swarm::{Swarm, empty, reply, text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Story {
    /// Nothing but noise.
    Quiet,
    /// A new version of one client rolls out at once.
    Release,
    /// One address in ten is a carrier's NAT with up to twelve nodes; a fifth of all nodes choose
    /// another id in each round.
    Nats,
    /// A fifth are broken.
    Broken,
    /// Four of the ten clients are switched off at night: four of ten nodes leave within three rounds.
    Night,
    /// Nodes that answer success to any query, more of them in each round.
    Botnet,
    /// Nodes with Mozi's ids, some of which volunteer its list of nodes.
    Mozi,
    /// Addresses with many ids each, beside carriers' NATs.
    Sybil,
    /// Peers that meet under Hajime's hash of the day, beside nodes that make peers up.
    Hajime,
    /// Nodes that give one list of nodes whatever the target.
    OneList,
}

/// Clients whose nodes have no `v`.
const NAMELESS: [&str; 2] = ["transmission", "webtorrent"];

/// How a client is broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It cuts its answers: they can't be read.
    Cuts,
    /// It answers with transaction ids that are not ours: nothing is known to be an answer.
    Confuses,
    /// It refuses what it does not know with a text that changes.
    Rephrases,
    /// It sends 24 nodes instead of 8.
    Lists,
}

struct Peer {
    /// Where it is, with its port.
    name: Text,
    /// Where it is, without: a NAT's nodes have that in common.
    address: Text,
    place: Text,
    client: usize,
    newer: bool,
    id: [u8; 20],
    fault: Option<Fault>,
    struck: bool,
    /// It has gone for good.
    gone: bool,
}

pub struct Dht {
    peers: Vec<Peer>,
    numbers: Numbers,
    story: Story,
    round: u64,
    list: Vec<u8>,
}

/// Peers that announce Hajime's hash, from the round before last on.
const HAJIME_FROM: u64 = 2;
/// How a set of addresses with many ids grows: so many more in each round.
const SYBILS: usize = 2;

fn bytes(numbers: &mut Numbers, count: usize) -> Vec<u8> {
    (0..count).map(|_| numbers.below(256) as u8).collect()
}

fn id(numbers: &mut Numbers) -> [u8; 20] {
    bytes(numbers, 20).try_into().expect("twenty")
}

impl Dht {
    pub fn new(seed: u64, size: usize, story: Story) -> Self {
        let mut numbers = Numbers::new(seed.wrapping_mul(7901) + 2);
        let (broken, shared) = (
            if story == Story::Broken { 20 } else { 2 },
            if story == Story::Nats { 10 } else { 3 },
        );
        let mut peers = Vec::new();
        while peers.len() < size {
            let at = peers.len();
            let behind = if numbers.below(100) < shared { 2 + numbers.below(11) } else { 1 };
            for n in (at..size).take(behind) {
                let faults = [Fault::Cuts, Fault::Confuses, Fault::Rephrases, Fault::Lists];
                peers.push(Peer {
                    name: text(format!("node{n:05}")),
                    address: text(format!("address{at:05}")),
                    place: text(format!("198.19.{at}.0/24")),
                    client: numbers.below(DHT.len()),
                    newer: false,
                    id: id(&mut numbers),
                    fault: (numbers.below(100) < broken).then(|| faults[numbers.below(4)]),
                    struck: false,
                    gone: false,
                });
            }
        }
        let list = bytes(&mut numbers, 208);
        Self { peers, numbers, story, round: 0, list }
    }

    fn chance(&mut self, of_thousand: usize) -> bool {
        self.numbers.below(1000) < of_thousand
    }

    fn spread(&mut self) {
        match self.story {
            Story::Release if self.round == 2 => {
                for n in 0..self.peers.len() {
                    self.peers[n].newer = self.peers[n].client == 4 && self.chance(600);
                }
            }
            Story::Botnet | Story::Mozi | Story::OneList => self.recruit(),
            Story::Sybil => self.add_sybils(),
            _ => {}
        }
        let is_nats = self.story == Story::Nats;
        for n in 0..self.peers.len() {
            if is_nats && self.chance(200) || self.chance(20) {
                self.peers[n].id = id(&mut self.numbers);
                if self.story == Story::Mozi && self.peers[n].struck {
                    self.peers[n].id[..8].copy_from_slice(b"88888888");
                }
            }
            self.peers[n].gone |= self.chance(20) || self.is_night(n) && self.chance(160);
        }
    }

    /// Whether it is switched off for the night.
    fn is_night(&self, n: usize) -> bool {
        self.story == Story::Night && self.peers[n].client < 4
    }

    fn recruit(&mut self) {
        let carriers = self.peers.iter().filter(|peer| peer.struck).count();
        let new = match self.round {
            0 => 0,
            1 => 1,
            _ => carriers,
        };
        for _ in 0..new {
            let n = self.numbers.below(self.peers.len());
            if self.round == 1 || self.chance(500) {
                self.peers[n].struck = true;
                if self.story != Story::Botnet {
                    self.peers[n].client = 4; // a program of its own, which answers FIND_NODE
                }
                if self.story == Story::Mozi {
                    self.peers[n].id[..8].copy_from_slice(b"88888888");
                }
            }
        }
    }

    fn add_sybils(&mut self) {
        if self.round == 0 {
            return;
        }
        for _ in 0..SYBILS {
            let at = self.peers.len();
            for n in at..at + 5 + self.numbers.below(40) {
                self.peers.push(Peer {
                    name: text(format!("node{n:05}")),
                    address: text(format!("address{at:05}")),
                    place: text(format!("203.0.{at}.0/24")),
                    client: 4,
                    newer: false,
                    id: id(&mut self.numbers),
                    fault: None,
                    struck: true,
                    gone: false,
                });
            }
        }
    }

    fn visit(&mut self, n: usize, questions: &[(Text, &str, bool)], round: &mut Round) {
        let away = 20 + 11 * self.peers[n].client; // per thousand: some clients stay longer
        let away = self.peers[n].gone || self.chance(away);
        for (question, kind, invented) in questions {
            let end = if away || self.chance(10) {
                End::Failure(text("answer.timeout"))
            } else {
                self.end(n, kind, *invented)
            };
            if let (true, End::Reply { error: 0, .. }) = (*kind == "find_node", &end) {
                let node = self.node(n);
                round.nodes.push(node);
            }
            let peer = &self.peers[n];
            let mut version = DHT[peer.client].version.clone();
            if peer.newer {
                version = text(format!("{version} newer"));
            }
            round.answers.push(Answer {
                peer: peer.name.clone(),
                place: Some(peer.place.clone()),
                network: text("dht"),
                version,
                question: question.clone(),
                invented: *invented,
                end,
            });
        }
    }

    fn end(&mut self, n: usize, kind: &str, invented: bool) -> End {
        let lost = self.peers[n].struck && self.chance(200);
        let distances = distances(&mut self.numbers);
        let (peer, numbers) = (&self.peers[n], &mut self.numbers);
        match peer.fault {
            Some(Fault::Confuses) => return End::Failure(text("answer.timeout")),
            Some(Fault::Cuts) if numbers.below(3) == 0 => {
                return End::Failure(text("answer.timeout")); // can't be read: nobody's answer
            }
            Some(Fault::Rephrases) if invented => {
                let said = format!("unknown method {}", numbers.below(1 << 20));
                return reply([201, 202, 203, 204][numbers.below(4)], &said, "unknown method", 70);
            }
            _ => {}
        }
        let odd = peer.struck && self.story == Story::Botnet;
        if lost && peer.struck {
            return End::Failure(text("answer.timeout")); // overloaded
        }
        // a bug: rare, and not the same peer twice
        if invented && (odd || numbers.below(5000) == 0) {
            return reply(0, &format!("answers {}", peer.client), "canary", 47);
        }
        let client = &DHT[peer.client];
        let one = peer.struck && self.story == Story::OneList;
        let says = || match kind {
            // an id is left out: what remains is the client's
            "ping" => (format!("ping {} {}", client.name, peer.newer), 47),
            "sample" => (format!("sample {n} {}", self.round), 300 + n as u64 % 40),
            _ if one => ("one list".into(), 265),
            _ => (format!("{kind} {distances}"), 265),
        };
        client.end((kind, invented), numbers, says)
    }

    /// What it says of itself, with the nodes that it names.
    fn node(&mut self, n: usize) -> Node {
        let struck = self.peers[n].struck;
        let volunteers = self.chance(500);
        let nodes = match self.story {
            Story::OneList if struck => self.list.clone(),
            Story::Mozi if struck && volunteers => {
                [&[0x15, 0x15, 0x29, 0xd2][..], &bytes(&mut self.numbers, 620)].concat()
            }
            _ if self.peers[n].fault == Some(Fault::Lists) => bytes(&mut self.numbers, 624),
            _ => bytes(&mut self.numbers, 208),
        };
        let peer = &self.peers[n];
        let v = match peer.client {
            client if NAMELESS.iter().any(|name| DHT[client].name.starts_with(name)) => Vec::new(),
            _ if struck && self.story == Story::Mozi => vec![0x31, 0x42],
            client => vec![b'A' + client as u8, self.numbers.below(256) as u8, 2, 8],
        };
        let (address, place) = (peer.address.clone(), Some(peer.place.clone()));
        Node { peer: address, place, id: Some(peer.id), v, nodes, comparable: true, impossible: 0 }
    }

    /// What the operator looks up: the hash of this day, and of the days beside it.
    fn look_up(&mut self, round: &mut Round) {
        // START_NS is on a Friday, the 332nd day of its year
        let hash = hajime_infohash(28, 11, 2025, 5, 331);
        let announced = if self.round >= HAJIME_FROM { 1 << (self.round - HAJIME_FROM) } else { 0 };
        let made_up = if self.chance(30) { 1 + self.numbers.below(3) as u64 } else { 0 };
        round.swarms.push(Announced { infohash: hash, peers: announced + made_up });
    }
}

/// Eight nodes near a target that half of the network is nearer to, as their distances (log2): what
/// an answer says once ids and addresses are left out.
fn distances(numbers: &mut Numbers) -> String {
    let mut logs: Vec<u32> =
        (0..8).map(|_| 159 - (numbers.below(1 << 20) as u32 | 1 << 20).trailing_zeros()).collect();
    logs.sort_unstable();
    format!("{logs:?}")
}

impl Swarm for Dht {
    fn next(&mut self) -> Round {
        self.spread();
        let mut round = empty(self.round);
        let questions = [
            (text("PING"), "ping", false),
            (text("FIND_NODE"), "find_node", false),
            (text("GET_PEERS"), "get_peers", false),
            (text("SAMPLE"), "sample", false),
            (text(format!("CANARY, draw {}", self.round)), "canary", true),
        ];
        for n in 0..self.peers.len() {
            self.visit(n, &questions, &mut round);
        }
        if self.story == Story::Hajime {
            self.look_up(&mut round);
        }
        self.round += 1;
        round
    }

    fn has(&self, peer: &str) -> bool {
        let number = |prefix: &str| peer.strip_prefix(prefix)?.parse::<usize>().ok();
        match self.story {
            Story::Hajime => self.round > HAJIME_FROM,
            // a NAT with one of them among its nodes has one
            _ => match number("address") {
                Some(_) => self.peers.iter().any(|known| known.struck && *known.address == *peer),
                None => number("node").is_some_and(|n| self.peers[n].struck),
            },
        }
    }

    fn struck(&self) -> BTreeSet<Text> {
        if self.story == Story::Hajime {
            return (self.round > HAJIME_FROM).then(|| text("counted only")).into_iter().collect();
        }
        let by_address = matches!(self.story, Story::Mozi | Story::Sybil | Story::OneList);
        let there = self
            .peers
            .iter()
            .filter(|peer| peer.struck && !peer.gone && peer.fault != Some(Fault::Confuses));
        there
            .map(|peer| if by_address { peer.address.clone() } else { peer.name.clone() })
            .collect()
    }
}

//! A DHT of any size whose truth is known, for tests, benches and demonstrations.
//!
//! Nodes have ids, addresses and routing tables as those of the real network would be: per bucket
//! at most eight nodes of those that are there. Tables are worked out when somebody asks, so 100
//! 000 nodes take the memory of their ids. Some nodes lie, some are silent, some go deaf when asked
//! too often; which do what follows from the seed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::secure::secure_id;
use swarmscope_wire::krpc::{
    Body, Contact, Contacts, Message, NodeId, Question, RemoteError, Response, Target, Version,
};

use crate::address::is_public;
use crate::random::Random;

mod crawled;
mod network;

pub use crawled::{Crawled, crawl};
pub use network::Network;

/// Nodes that a bucket holds.
const BUCKET: usize = 8;
/// libtorrent's rule: this many packets within the window …
const LIMIT: usize = 50;
/// … of this length, and the node is deaf …
const WINDOW: Duration = Duration::from_secs(10);
/// … for this long.
const DEAF: Duration = Duration::from_secs(300);

/// What the swarm is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SwarmConfig {
    /// How many nodes, silent ones included.
    pub nodes: usize,
    /// Percent of nodes that name contacts which are not there.
    pub liars: u64,
    /// Percent of nodes that are in tables and never answer.
    pub silent: u64,
    /// Percent of nodes that go deaf when asked too often.
    pub limited: u64,
    /// Percent of datagrams that are lost on each way.
    pub loss: u64,
    /// Everything follows from it.
    pub seed: u64,
}

/// What a node does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduct {
    /// As the documents say.
    Honest,
    /// Names contacts that are not there, real addresses under false ids, and special addresses.
    Liar,
    /// The same, and gives itself another id each time, close to what is looked for.
    Impostor,
    /// Never answers.
    Silent,
    /// As the documents say, until it is asked too often.
    Limited,
}

/// The swarm.
#[derive(Debug)]
pub struct Swarm {
    config: SwarmConfig,
    /// In order, so that a bucket is a range.
    nodes: Vec<Contact>,
    by_address: HashMap<SocketAddr, u32>,
    random: Random,
    /// When each node was asked lately.
    asked: HashMap<u32, VecDeque<Instant>>,
    deaf: HashMap<u32, Instant>,
    busiest_second: usize,
    queries: u64,
    /// By which all of them name themselves.
    version: Version,
}

impl Swarm {
    /// Makes one, at public addresses.
    #[must_use]
    pub fn new(config: SwarmConfig) -> Self {
        let mut random = Random::new(config.seed);
        let mut taken = HashSet::with_capacity(config.nodes);
        let mut nodes = Vec::with_capacity(config.nodes);
        while nodes.len() < config.nodes {
            let address = public_address(&mut random);
            if taken.insert(address) {
                nodes.push(placed(address, &mut random));
            }
        }
        Self::of(config, nodes, random)
    }

    /// Makes one at these addresses, each given once, for a lab. `met` are nodes of others there:
    /// they are in tables, and answer for themselves.
    #[must_use]
    pub fn at(
        config: SwarmConfig,
        addresses: impl Iterator<Item = SocketAddr>,
        met: &[Contact],
    ) -> Self {
        let mut random = Random::new(config.seed);
        let own = addresses.map(|address| placed(address, &mut random));
        let nodes = own.collect::<Vec<_>>().into_iter().chain(met.iter().copied()).collect();
        Self::of(config, nodes, random)
    }

    fn of(config: SwarmConfig, mut nodes: Vec<Contact>, random: Random) -> Self {
        nodes.sort_unstable_by_key(|contact| contact.id);
        let by_address = (0..).zip(&nodes).map(|(index, node)| (node.address, index)).collect();
        let (asked, deaf) = (HashMap::new(), HashMap::new());
        let version = (*b"LT\x02\x08").into(); // most nodes of the real network
        let busiest_second = 0;
        Self { config, nodes, by_address, random, asked, deaf, busiest_second, queries: 0, version }
    }

    /// The same, whose nodes name themselves so, where somebody may take them for real ones.
    #[must_use]
    pub fn named(self, version: [u8; 4]) -> Self {
        Self { version: version.into(), ..self }
    }

    /// Which of them is at an address.
    #[must_use]
    pub fn index(&self, address: SocketAddr) -> Option<usize> {
        self.by_address.get(&address).map(|index| *index as usize)
    }

    /// All nodes, by id.
    #[must_use]
    pub fn nodes(&self) -> &[Contact] {
        &self.nodes
    }

    /// What the node at `index` does.
    #[must_use]
    pub fn conduct(&self, index: usize) -> Conduct {
        let mut random = Random::new(self.config.seed ^ 0x5151 ^ (index as u64) << 20);
        let SwarmConfig { liars, silent, limited, .. } = self.config;
        match random.below(100) {
            lot if lot < liars => {
                if random.percent(25) {
                    Conduct::Impostor
                } else {
                    Conduct::Liar
                }
            }
            lot if lot < liars + silent => Conduct::Silent,
            lot if lot < liars + silent + limited => Conduct::Limited,
            _ => Conduct::Honest,
        }
    }

    /// The nodes that are there and are who they say: the truth that lookups and crawls are held
    /// against.
    pub fn truth(&self) -> impl Iterator<Item = &Contact> {
        let there = |index| !matches!(self.conduct(index), Conduct::Silent | Conduct::Impostor);
        self.nodes
            .iter()
            .enumerate()
            .filter(move |(index, _)| there(*index))
            .map(|(_, contact)| contact)
    }

    /// The most queries that any node got within one second.
    #[must_use]
    pub const fn busiest_second(&self) -> usize {
        self.busiest_second
    }

    /// Queries that arrived at any node.
    #[must_use]
    pub const fn queries(&self) -> u64 {
        self.queries
    }

    /// What the node at `to` answers, if anything.
    pub fn answer(&mut self, to: SocketAddr, datagram: &[u8], now: Instant) -> Option<Vec<u8>> {
        let index = *self.by_address.get(&to)?;
        let message = Message::decode(datagram).ok()?;
        let Body::Query(query) = message.body else { return None };
        let conduct = self.conduct(index as usize);
        let heard = self.note(index, conduct, now);
        if conduct == Conduct::Silent || !heard {
            return None;
        }
        let body = match &query.question {
            Question::Other(_) => {
                Body::Error(RemoteError { code: 204, message: b"Method Unknown".to_vec() })
            }
            question => Body::Response(self.response(index as usize, conduct, question)),
        };
        let mut answer = Message::new(message.transaction, body);
        answer.version = Some(self.version);
        Some(answer.encode())
    }

    /// Counts a query; says whether the node hears it.
    fn note(&mut self, index: u32, conduct: Conduct, now: Instant) -> bool {
        self.queries += 1;
        let asked = self.asked.entry(index).or_default();
        asked.push_back(now);
        while asked.front().is_some_and(|at| *at + WINDOW < now) {
            asked.pop_front();
        }
        let within = asked.iter().filter(|at| **at + Duration::from_secs(1) > now).count();
        self.busiest_second = self.busiest_second.max(within);
        if conduct != Conduct::Limited {
            return true;
        }
        if asked.len() >= LIMIT {
            self.deaf.insert(index, now + DEAF);
        }
        self.deaf.get(&index).is_none_or(|until| *until <= now)
    }

    fn response(&mut self, index: usize, conduct: Conduct, question: &Question) -> Response {
        let mut response = Response::new(self.nodes[index].id);
        let Some(target) = question.target() else { return response };
        let list = match conduct {
            Conduct::Liar | Conduct::Impostor => self.lies(target),
            _ => self.closest_known(index, target),
        };
        if conduct == Conduct::Impostor {
            response.id = near(&mut self.random, target);
        }
        response.nodes = Some(Contacts { list, trailing: 0 });
        response
    }

    /// The eight nodes closest to `target` of those in the table of the node at `index`.
    #[must_use]
    pub fn closest_known(&self, index: usize, target: Target) -> Vec<Contact> {
        let own = self.nodes[index].id;
        let shared = own.distance(&target).shared_bits();
        // The target's bucket holds the closest; deeper ones come next, shallower ones last.
        let depth = 159.min(u8::try_from(self.nodes.len().ilog2() + 12).unwrap_or(159));
        let mut known = self.bucket(index, shared);
        if known.len() < BUCKET {
            (shared.saturating_add(1)..depth)
                .for_each(|bits| known.extend(self.bucket(index, bits)));
        }
        for bits in (0..shared).rev() {
            if known.len() >= BUCKET {
                break;
            }
            known.extend(self.bucket(index, bits));
        }
        known.sort_unstable_by_key(|contact| contact.id.distance(&target));
        known.truncate(BUCKET);
        known
    }

    /// Up to eight of the nodes whose ids share exactly `bits` bits with that of the node at
    /// `index`.
    fn bucket(&self, index: usize, bits: u8) -> Vec<Contact> {
        if bits >= 160 {
            return Vec::new();
        }
        let (low, high) = bucket_bounds(&self.nodes[index].id, bits);
        let start = self.nodes.partition_point(|contact| contact.id < low);
        let end = start + self.nodes[start..].partition_point(|contact| contact.id <= high);
        let there = &self.nodes[start..end];
        if there.len() <= BUCKET {
            return there.to_vec();
        }
        let seed = self.config.seed ^ (index as u64) << 24 ^ u64::from(bits);
        let mut random = Random::new(seed);
        let mut picked: Vec<u64> = (0..BUCKET).map(|_| random.below(there.len() as u64)).collect();
        picked.sort_unstable();
        picked.dedup();
        picked.into_iter().filter_map(|at| there.get(usize::try_from(at).ok()?).copied()).collect()
    }

    /// Half are nowhere, the rest real addresses under false ids, and one that nobody can have.
    fn lies(&mut self, target: Target) -> Vec<Contact> {
        let mut list = Vec::with_capacity(BUCKET);
        for index in 0..BUCKET {
            let id = near(&mut self.random, target);
            let address = match index {
                0 => SocketAddr::from(([192, 168, 1, 1], 6881)),
                1..=3 => {
                    let node = self.random.below(self.nodes.len() as u64);
                    self.nodes[usize::try_from(node).unwrap_or(0)].address
                }
                _ => self.nowhere(),
            };
            list.push(Contact { id, address });
        }
        list
    }

    /// Where nobody is. A swarm on loopback has sockets, and whoever asks it asks whom it names:
    /// that must not be a stranger.
    fn nowhere(&mut self) -> SocketAddr {
        let mut address = public_address(&mut self.random);
        if self.nodes[0].address.ip().is_loopback() {
            let [_, second, third, _] = self.random.bytes();
            // the nodes are on 127.77; the upper half is nobody's
            address.set_ip(Ipv4Addr::new(127, second | 0x80, third, 1).into());
        }
        address
    }
}

/// An id that shares 20 to 35 bits with the target: closer than any real node of a large network.
fn near(random: &mut Random, target: Target) -> NodeId {
    let mut id: [u8; 20] = random.bytes();
    let bits = 20 + random.below(16);
    for bit in 0..usize::try_from(bits).unwrap_or(20) {
        let mask = 0x80 >> (bit % 8);
        id[bit / 8] = id[bit / 8] & !mask | target.0[bit / 8] & mask;
    }
    NodeId(id)
}

/// A node there. Roughly as in the real network: most ids follow from their addresses.
fn placed(address: SocketAddr, random: &mut Random) -> Contact {
    let bytes = random.bytes();
    let id = if random.percent(70) { secure_id(bytes, address.ip()) } else { NodeId(bytes) };
    Contact { id, address }
}

fn public_address(random: &mut Random) -> SocketAddr {
    loop {
        let bytes: [u8; 6] = random.bytes();
        let ip = Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]);
        let port = u16::from_be_bytes([bytes[4], bytes[5]]).max(1024);
        if is_public(IpAddr::V4(ip)) {
            return (ip, port).into();
        }
    }
}

/// The lowest and the highest id that share exactly `bits` bits with `own`.
fn bucket_bounds(own: &NodeId, bits: u8) -> (NodeId, NodeId) {
    let (byte, mask) = (usize::from(bits / 8), 0x80_u8 >> (bits % 8));
    let below = mask.wrapping_sub(1);
    let mut low = own.0;
    low[byte] = (low[byte] ^ mask) & !below;
    let mut high = low;
    high[byte] |= below;
    low[byte + 1..].fill(0);
    high[byte + 1..].fill(0xff);
    (NodeId(low), NodeId(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn liars_on_loopback_name_no_stranger() {
        let config = SwarmConfig { nodes: 20, liars: 100, silent: 0, limited: 0, loss: 0, seed: 4 };
        let addresses = (0..20).map(|n| SocketAddr::from(([127, 77, n, 1], 6881)));
        let mut swarm = Swarm::at(config, addresses, &[]);
        for n in 0..50 {
            for contact in swarm.lies(Target([n; 20])) {
                let is_private = contact.address == ([192, 168, 1, 1], 6881).into();
                assert!(contact.address.ip().is_loopback() || is_private, "{contact:?}");
            }
        }
    }
}

//! Finds all nodes of a zone of the id space, twice, as a machine without I/O.
//!
//! Every node of the zone is asked for the neighbourhood of its own id, then for those of its
//! buckets from the zone's edge inwards. A node counts once it has answered under an id by which
//! somebody else had named it, so what liars invent is asked and never counted. The second pass
//! begins anew with other targets: what it finds is held against the first ([`super::estimate`]).

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

use foldhash::fast::RandomState as Keys;
use swarmscope_wire::krpc::{Contact, NodeId, Security, Target};

use super::asker::Event;
use super::clients::Clients;
use super::estimate::Catches;
use super::known::{BATCH, Known, Node, Place};
use crate::address::{Policy, Refused};
use crate::random::Random;

/// The ids that share their first bits: a part of the network whose size is a power of 2 below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone {
    /// An id of the zone.
    pub prefix: NodeId,
    /// How many of its bits count; 0 for the whole network.
    pub bits: u8,
}

impl Zone {
    /// Whether an id lies in it.
    #[must_use]
    pub fn contains(&self, id: &NodeId) -> bool {
        self.bits == 0 || id.distance(&self.prefix.into()).shared_bits() >= self.bits
    }

    /// A random point of it.
    #[must_use]
    pub fn random_point(&self, random: &mut Random) -> Target {
        tail(self.prefix, self.bits, random)
    }
}

/// An id whose first `bits` bits are those of `id` and whose others are random.
fn tail(id: NodeId, bits: u8, random: &mut Random) -> Target {
    let mut bytes: [u8; 20] = random.bytes();
    let (whole, rest) = (usize::from(bits / 8), bits % 8);
    bytes[..whole].copy_from_slice(&id.0[..whole]);
    if rest > 0 {
        let mask = 0xff >> rest;
        bytes[whole] = (id.0[whole] & !mask) | (bytes[whole] & mask);
    }
    Target(bytes)
}

/// How a crawl goes about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlConfig {
    /// Which part of the network.
    pub zone: Zone,
    /// How many questions each node gets in a pass: its own neighbourhood, then its buckets.
    pub questions: u8,
    /// How many addresses are remembered at most.
    pub most_known: usize,
    /// Whom it may ask.
    pub policy: Policy,
    /// For targets.
    pub seed: u64,
}

/// A query of a crawl.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// To be returned with the outcome.
    pub token: Token,
    /// Whom.
    pub to: SocketAddr,
    /// For the neighbourhood of what.
    pub target: Target,
}

/// One query: which node, its how-manieth question, and whether it is the retry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    node: u32,
    question: u8,
    pass: u8,
    is_retry: bool,
}

/// All of it in one word.
impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let small = u32::from_be_bytes([0, self.question, self.pass, self.is_retry.into()]);
        state.write_u64(u64::from(self.node) << 32 | u64::from(small));
    }
}

/// What a crawl has found so far. Nodes outside the zone are never asked and are in no figure.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Figures {
    /// Addresses that were named with an id of the zone.
    pub heard: usize,
    /// Of those, nodes that answered.
    pub answered: usize,
    /// Of those, nodes of the zone that answered under an id by which others know them.
    pub confirmed: usize,
    /// The confirmed ones by pass.
    pub catches: Catches,
    /// The confirmed ones by what `v` names.
    pub clients: BTreeMap<String, usize>,
    /// The confirmed ones whose id follows from their address, does not, or need not.
    pub security: [usize; 3],
    /// The confirmed ones on IPv6.
    pub v6: usize,
    /// Queries, retries included.
    pub queries: u64,
    /// Contacts at addresses that may not be asked.
    pub refused_addresses: u64,
    /// Contacts at ports below 1024.
    pub system_ports: u64,
    /// Contacts beyond what one answer, one address or the whole may have.
    pub surplus: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Crawl {
    config: CrawlConfig,
    random: Random,
    pass: u8,
    known: Known,
    /// Queries that are to be made.
    queue: VecDeque<Token>,
    /// Queries that are on their way and not slow.
    open: HashSet<Token, Keys>,
    clients: Clients,
    queries: u64,
    refused_addresses: u64,
    system_ports: u64,
    surplus: u64,
}

impl Crawl {
    /// Begins the first pass with these nodes, which are best in the zone: those that a lookup
    /// found.
    #[must_use]
    pub fn new(config: CrawlConfig, seeds: &[Contact]) -> Self {
        let mut crawl = Self {
            random: Random::new(config.seed),
            config,
            pass: 0,
            known: Known::default(),
            queue: VecDeque::new(),
            open: HashSet::default(),
            clients: Clients::default(),
            queries: 0,
            refused_addresses: 0,
            system_ports: 0,
            surplus: 0,
        };
        crawl.hear_all(seeds);
        crawl
    }

    /// Begins the second pass, once the first is done. What was found is kept, what was heard is
    /// not.
    pub fn begin_second_pass(&mut self, seeds: &[Contact]) {
        self.pass = 1;
        self.queue.clear();
        self.open.clear();
        self.hear_all(seeds);
    }

    fn hear_all(&mut self, contacts: &[Contact]) {
        for contact in contacts {
            self.hear(contact, contact.address.into(), None);
        }
    }

    /// Whether nothing is left to ask or to wait for in this pass.
    #[must_use]
    pub fn is_pass_done(&self) -> bool {
        self.open.is_empty() && self.queue.is_empty()
    }

    /// The next query, if any is to be made now.
    pub fn next_query(&mut self) -> Option<Ask> {
        let mut token = self.queue.pop_front()?;
        while token.is_retry && token.question == 0 && self.has_answered(token) {
            token = self.queue.pop_front()?; // an answer came after all
        }
        let node = self.known.nodes[token.node as usize];
        let (to, id) = (node.place.into(), node.own.unwrap_or(node.named));
        self.open.insert(token);
        self.queries += 1;
        Some(Ask { token, to, target: self.target(id, token.question) })
    }

    fn has_answered(&self, token: Token) -> bool {
        self.known.nodes[token.node as usize].has_answered(self.pass)
    }

    /// What the question is about: the node's own id first, then its buckets from the zone's edge
    /// inwards. Bits beyond those are random, so that the second pass asks for other points.
    fn target(&mut self, id: NodeId, question: u8) -> Target {
        let Some(bucket) = question.checked_sub(1) else { return id.into() };
        let bit = self.config.zone.bits.saturating_add(bucket).min(159);
        let mut flipped = id;
        flipped.0[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
        tail(flipped, bit + 1, &mut self.random)
    }

    /// A node answered under `id`, naming `contacts`; `v` is not cleaned.
    pub fn answered<'a>(
        &mut self,
        token: Token,
        id: NodeId,
        version: Option<&[u8]>,
        contacts: impl Iterator<Item = &'a Contact>,
    ) {
        self.open.remove(&token);
        if token.pass != self.pass {
            return;
        }
        let client = self.clients.number(version);
        let is_named = self.known.is_named(token.node, &id);
        let node = &mut self.known.nodes[token.node as usize];
        (node.own, node.client, node.is_confirmed) = (Some(id), client, is_named);
        if node.answer(self.pass) && self.config.zone.contains(&id) {
            let further = (1..self.config.questions).map(|question| Token {
                question,
                is_retry: false,
                ..token
            });
            self.queue.extend(further);
        }
        let (mut places, mut batch, mut count) = ([Place::default(); BATCH], [None; BATCH], 0);
        for contact in contacts {
            if count < BATCH {
                (places[count], batch[count]) = (contact.address.into(), Some(contact));
                count += 1;
            } else {
                self.surplus += 1;
            }
        }
        let found = self.known.find_many(&places[..count]);
        for ((contact, place), found) in batch.into_iter().flatten().zip(places).zip(found) {
            self.hear(contact, place, found);
        }
    }

    /// No answer by the first deadline: the node is asked once more. An answer may still come.
    pub fn slow(&mut self, token: Token) {
        if self.open.remove(&token) && !token.is_retry {
            self.queue.push_back(Token { is_retry: true, ..token });
        }
    }

    /// The node refuses the question, or the network says that nobody listens there.
    pub fn refused(&mut self, token: Token) {
        self.open.remove(&token);
    }

    /// Takes what came of a query.
    pub fn hear_of(&mut self, event: Event<Token>) {
        match event {
            Event::Answered { what, answer, .. } => match answer.said {
                Ok(response) => {
                    self.answered(
                        what,
                        response.id,
                        answer.version.as_deref(),
                        response.contacts(),
                    );
                }
                Err(_) => self.refused(what),
            },
            Event::Slow(what) => self.slow(what),
            Event::Unreachable(what) => self.refused(what),
            Event::TimedOut(_) | Event::Stray(..) | Event::Sent { .. } => {}
        }
    }

    /// Somebody names a node, which may have been found already.
    fn hear(&mut self, contact: &Contact, place: Place, found: Option<u32>) {
        if !self.config.zone.contains(&contact.id) {
            return;
        }
        if let Some(number) = found.or_else(|| self.known.find(&place)) {
            return self.hear_again(number, contact.id);
        }
        if let Err(why) = self.config.policy.check(contact.address) {
            match why {
                Refused::Address => self.refused_addresses += 1,
                Refused::SystemPort => self.system_ports += 1,
            }
            return;
        }
        let has_room = self.known() < self.config.most_known;
        match has_room.then(|| self.known.add(Node::new(place, contact.id))).flatten() {
            Some(number) => self.queue_first(number),
            None => self.surplus += 1,
        }
    }

    fn hear_again(&mut self, number: u32, id: NodeId) {
        let node = &mut self.known.nodes[number as usize];
        node.is_confirmed |= node.own == Some(id);
        self.surplus += u64::from(!self.known.claim(number, id));
        self.queue_first(number);
    }

    fn queue_first(&mut self, number: u32) {
        if self.known.nodes[number as usize].hear(self.pass) {
            let token = Token { node: number, question: 0, pass: self.pass, is_retry: false };
            self.queue.push_back(token);
        }
    }

    /// How many addresses are remembered.
    #[must_use]
    pub const fn known(&self) -> usize {
        self.known.nodes.len()
    }

    /// What it has found so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = Figures {
            heard: self.known(),
            queries: self.queries,
            refused_addresses: self.refused_addresses,
            system_ports: self.system_ports,
            surplus: self.surplus,
            ..Figures::default()
        };
        for node in &self.known.nodes {
            let Some(own) = node.own else { continue };
            figures.answered += 1;
            if node.is_confirmed && self.config.zone.contains(&own) {
                self.count(node, &own, &mut figures);
            }
        }
        figures
    }

    fn count(&self, node: &Node, own: &NodeId, figures: &mut Figures) {
        let (first, second) = (node.has_answered(0), node.has_answered(1));
        let ip = SocketAddr::from(node.place).ip();
        figures.confirmed += 1;
        figures.catches.first += usize::from(first);
        figures.catches.second += usize::from(second);
        figures.catches.both += usize::from(first && second);
        figures.v6 += usize::from(ip.is_ipv6());
        figures.security[Security::of(own, ip) as usize] += 1;
        *figures.clients.entry(self.clients.name(node.client).to_owned()).or_default() += 1;
    }
}

//! Finds all nodes of a zone of the id space, twice, as a machine without I/O.
//!
//! Every node of the zone is asked for the neighbourhood of its own id, then for those of its
//! buckets from the zone's edge inwards. A node counts once it has answered under an id by which
//! somebody else had named it, so what liars invent is asked and never counted. The second pass
//! begins anew with other targets: what it finds is held against the first ([`super::estimate`]).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use swarmscope_wire::bittorrent::Client;
use swarmscope_wire::krpc::{Contact, NodeId, Security, Target};

use super::asker::Event;
use super::estimate::Catches;
use crate::address::Policy;
use crate::random::Random;

/// How many different ids one address may be named by.
const MAX_CLAIMS: usize = 4;
/// Contacts that are taken from one answer; BEP 5 has 8, some clients send 16.
const MAX_CONTACTS: usize = 16;
/// How many kinds of clients are told apart; further ones count as others.
const MAX_CLIENTS: usize = 64;

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
        id.distance(&self.prefix.into()).shared_bits() >= self.bits
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    node: u32,
    question: u8,
    pass: u8,
    is_retry: bool,
}

#[derive(Clone, Debug)]
struct Node {
    address: SocketAddr,
    named: NodeId,
    /// Other ids by which it was named.
    claims: Vec<NodeId>,
    own: Option<NodeId>,
    is_confirmed: bool,
    /// By pass.
    heard: [bool; 2],
    answered: [bool; 2],
    client: u8,
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
    /// Contacts beyond what one answer, one address or the whole may have.
    pub surplus: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Crawl {
    config: CrawlConfig,
    random: Random,
    pass: u8,
    nodes: Vec<Node>,
    by_address: HashMap<SocketAddr, u32>,
    /// Queries that are to be made.
    queue: VecDeque<Token>,
    /// Queries that are on their way and not slow.
    open: HashSet<Token>,
    clients: Vec<String>,
    queries: u64,
    refused_addresses: u64,
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
            nodes: Vec::new(),
            by_address: HashMap::new(),
            queue: VecDeque::new(),
            open: HashSet::new(),
            clients: vec!["no name".to_owned()],
            queries: 0,
            refused_addresses: 0,
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
            self.hear(contact);
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
        let node = &self.nodes[token.node as usize];
        let (to, id) = (node.address, node.own.unwrap_or(node.named));
        self.open.insert(token);
        self.queries += 1;
        Some(Ask { token, to, target: self.target(id, token.question) })
    }

    fn has_answered(&self, token: Token) -> bool {
        self.nodes[token.node as usize].answered[usize::from(self.pass)]
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
        let client = self.client(version);
        let node = &mut self.nodes[token.node as usize];
        node.own = Some(id);
        node.client = client;
        node.is_confirmed = node.named == id || node.claims.contains(&id);
        let is_new = !std::mem::replace(&mut node.answered[usize::from(self.pass)], true);
        if is_new && self.config.zone.contains(&id) {
            let further = (1..self.config.questions).map(|question| Token {
                question,
                is_retry: false,
                ..token
            });
            self.queue.extend(further);
        }
        for (index, contact) in contacts.enumerate() {
            if index < MAX_CONTACTS { self.hear(contact) } else { self.surplus += 1 }
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
            Event::TimedOut(_) | Event::Stray(..) => {}
        }
    }

    /// Somebody names a node.
    fn hear(&mut self, contact: &Contact) {
        if !self.config.zone.contains(&contact.id) {
            return;
        }
        if let Some(index) = self.by_address.get(&contact.address) {
            return self.hear_again(*index, contact.id);
        }
        if !self.config.policy.permits(contact.address) {
            self.refused_addresses += 1;
            return;
        }
        let Some(index) = u32::try_from(self.nodes.len())
            .ok()
            .filter(|_| self.nodes.len() < self.config.most_known)
        else {
            self.surplus += 1;
            return;
        };
        self.by_address.insert(contact.address, index);
        self.nodes.push(Node {
            address: contact.address,
            named: contact.id,
            claims: Vec::new(),
            own: None,
            is_confirmed: false,
            heard: [false; 2],
            answered: [false; 2],
            client: 0,
        });
        self.queue_first(index);
    }

    fn hear_again(&mut self, index: u32, id: NodeId) {
        let node = &mut self.nodes[index as usize];
        node.is_confirmed |= node.own == Some(id);
        if node.named != id && !node.claims.contains(&id) {
            if node.claims.len() < MAX_CLAIMS { node.claims.push(id) } else { self.surplus += 1 }
        }
        self.queue_first(index);
    }

    fn queue_first(&mut self, index: u32) {
        let heard = &mut self.nodes[index as usize].heard[usize::from(self.pass)];
        if !std::mem::replace(heard, true) {
            self.queue.push_back(Token {
                node: index,
                question: 0,
                pass: self.pass,
                is_retry: false,
            });
        }
    }

    /// The number of a client's name.
    fn client(&mut self, version: Option<&[u8]>) -> u8 {
        let name = match version.map(Client::of_node) {
            None => return 0,
            Some(Some(client)) => client.to_string(),
            Some(None) => "unusual name".to_owned(),
        };
        let known = self.clients.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            if self.clients.len() < MAX_CLIENTS {
                self.clients.push(name);
            } else if self.clients.len() == MAX_CLIENTS {
                self.clients.push("others".to_owned());
            }
            self.clients.len() - 1
        });
        u8::try_from(index).unwrap_or(0)
    }

    /// How many addresses are remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.nodes.len()
    }

    /// What it has found so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = Figures {
            heard: self.nodes.len(),
            queries: self.queries,
            refused_addresses: self.refused_addresses,
            surplus: self.surplus,
            ..Figures::default()
        };
        for node in &self.nodes {
            let Some(own) = node.own else { continue };
            figures.answered += 1;
            if node.is_confirmed && self.config.zone.contains(&own) {
                self.count(node, &own, &mut figures);
            }
        }
        figures
    }

    fn count(&self, node: &Node, own: &NodeId, figures: &mut Figures) {
        let [first, second] = node.answered;
        figures.confirmed += 1;
        figures.catches.first += usize::from(first);
        figures.catches.second += usize::from(second);
        figures.catches.both += usize::from(first && second);
        figures.v6 += usize::from(node.address.is_ipv6());
        figures.security[Security::of(own, node.address.ip()) as usize] += 1;
        let name = self.clients.get(usize::from(node.client)).cloned().unwrap_or_default();
        *figures.clients.entry(name).or_default() += 1;
    }
}

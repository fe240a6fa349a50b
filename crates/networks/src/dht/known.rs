//! The nodes that a crawl knows of, by number and by address.
//!
//! A crawl looks up every contact of every answer, nearly always one that it knows. What that costs
//! is waiting for memory, so a node takes one line of the cache, and the table that finds it holds
//! nothing but numbers.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use foldhash::fast::RandomState as Keys;
use swarmscope_wire::krpc::NodeId;

/// How many different ids one address may be named by, beside the first.
const MAX_CLAIMS: u8 = 4;
/// As many as are looked up at once: the contacts that are taken from one answer. BEP 5 has 8, some
/// clients send 16.
pub(super) const BATCH: usize = 16;
/// A place of the table that holds no number. No number looks so, since a table is never full.
const EMPTY: u32 = u32::MAX;
/// How large a table is at first.
const LEAST_SLOTS: usize = 64;

/// An address and port, in 19 bytes instead of a `SocketAddr`'s 32.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Place {
    ip: [u8; 16],
    port: [u8; 2],
    is_v4: bool,
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        let port = address.port().to_be_bytes();
        match address {
            SocketAddr::V4(v4) => {
                let mut ip = [0; 16];
                ip[..4].copy_from_slice(&v4.ip().octets());
                Self { ip, port, is_v4: true }
            }
            SocketAddr::V6(v6) => Self { ip: v6.ip().octets(), port, is_v4: false },
        }
    }
}

impl From<Place> for SocketAddr {
    fn from(Place { ip, port, is_v4 }: Place) -> Self {
        let port = u16::from_be_bytes(port);
        let [a, b, c, d, ..] = ip;
        if is_v4 {
            (Ipv4Addr::new(a, b, c, d), port).into()
        } else {
            (Ipv6Addr::from(ip), port).into()
        }
    }
}

impl Place {
    fn hash(&self, keys: &Keys) -> u64 {
        let bits = u128::from_le_bytes(self.ip);
        #[allow(clippy::cast_possible_truncation, reason = "the halves")]
        let (low, high) = (bits as u64, (bits >> 64) as u64);
        let mut hasher = keys.build_hasher();
        hasher.write_u64(low ^ u64::from(u16::from_be_bytes(self.port)) << 32);
        hasher.write_u64(high ^ u64::from(self.is_v4) << 63);
        hasher.finish()
    }
}

/// One node.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Node {
    pub(super) place: Place,
    /// The id by which it was named first.
    pub(super) named: NodeId,
    /// The id that it gives itself.
    pub(super) own: Option<NodeId>,
    /// Whether that is an id by which another node has named it.
    pub(super) is_confirmed: bool,
    /// By how many other ids it was named.
    pub(super) claims: u8,
    /// The passes in which it was named, and behind them those in which it answered.
    passes: u8,
    /// The number of its client.
    pub(super) client: u8,
}

/// Passes that a node can keep apart.
const PASSES: u8 = 4;

impl Node {
    /// One that somebody has just named.
    pub(super) const fn new(place: Place, named: NodeId) -> Self {
        Self { place, named, own: None, is_confirmed: false, claims: 0, passes: 0, client: 0 }
    }

    /// It is named in this pass; says whether for the first time.
    pub(super) const fn hear(&mut self, pass: u8) -> bool {
        self.set(1 << pass)
    }

    /// It answers in this pass; says whether for the first time.
    pub(super) const fn answer(&mut self, pass: u8) -> bool {
        self.set(1 << (pass + PASSES))
    }

    /// Whether it has answered in this pass.
    pub(super) const fn has_answered(&self, pass: u8) -> bool {
        self.passes & 1 << (pass + PASSES) != 0
    }

    const fn set(&mut self, bit: u8) -> bool {
        let is_new = self.passes & bit == 0;
        self.passes |= bit;
        is_new
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) nodes: Vec<Node>,
    /// Where a node is by the hash of its address, or behind that: its number, and above it as many
    /// bits of the hash as there is room for, so that hardly another node is looked at.
    slots: Vec<u32>,
    keys: Keys,
    /// Other ids by which a node was named than the first.
    claims: HashSet<(u32, NodeId), Keys>,
}

impl Known {
    /// The number of the node there.
    pub(super) fn find(&self, place: &Place) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = place.hash(&self.keys);
        let mut slot = self.start(hash);
        loop {
            let held = self.slots[slot];
            if held == EMPTY {
                return None;
            }
            let number = held & self.numbers();
            if held == self.marked(number, hash) && self.nodes[number as usize].place == *place {
                return Some(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The numbers of up to [`BATCH`] at once, of those that are where they are looked for first,
    /// which is nearly everybody: [`Self::find`] is to be asked for others. All the places of the
    /// table are read before any node is, and neither waits for what the one before says: so the
    /// whole waits for memory hardly longer than one.
    pub(super) fn find_many(&self, places: &[Place]) -> [Option<u32>; BATCH] {
        let mut found = [None; BATCH];
        if self.nodes.is_empty() {
            return found;
        }
        let mut held = [0; BATCH];
        for (held, place) in held.iter_mut().zip(places) {
            *held = self.slots[self.start(place.hash(&self.keys))];
        }
        let last = self.nodes.len() - 1;
        for ((found, held), place) in found.iter_mut().zip(held).zip(places) {
            let number = held & self.numbers(); // of anybody, where nobody is there
            let is_it = self.nodes[last.min(number as usize)].place == *place;
            *found = is_it.then_some(number);
        }
        found
    }

    /// Adds one that is not there yet; none where there is no further number.
    pub(super) fn add(&mut self, node: Node) -> Option<u32> {
        let number = u32::try_from(self.nodes.len()).ok().filter(|number| *number < EMPTY >> 1)?;
        if self.nodes.len() >= self.slots.len() / 2 {
            self.slots = vec![EMPTY; (self.slots.len() * 2).max(LEAST_SLOTS)];
            for number in 0..number {
                self.place(number, self.nodes[number as usize].place.hash(&self.keys));
            }
        }
        self.nodes.push(node);
        self.place(number, node.place.hash(&self.keys));
        Some(number)
    }

    fn place(&mut self, number: u32, hash: u64) {
        let mut slot = self.start(hash);
        while self.slots[slot] != EMPTY {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = self.marked(number, hash);
    }

    /// Where the search for a hash begins.
    const fn start(&self, hash: u64) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "the lowest bits")]
        let low = hash as usize;
        low & (self.slots.len() - 1)
    }

    /// The bits that numbers take.
    const fn numbers(&self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "there are fewer than 2³² slots")]
        let last = (self.slots.len() - 1) as u32;
        last
    }

    const fn marked(&self, number: u32, hash: u64) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "other bits than those of the start")]
        let high = (hash >> 32) as u32;
        number | high & !self.numbers()
    }

    /// Another node named the one with this number by an id; says whether there was room for it.
    pub(super) fn claim(&mut self, number: u32, id: NodeId) -> bool {
        let node = &mut self.nodes[number as usize];
        if node.named == id {
            return true;
        }
        if node.claims >= MAX_CLAIMS {
            return self.claims.contains(&(number, id));
        }
        node.claims += u8::from(self.claims.insert((number, id)));
        true
    }

    /// Whether the node with this number was named by an id.
    pub(super) fn is_named(&self, number: u32, id: &NodeId) -> bool {
        let node = &self.nodes[number as usize];
        node.named == *id || (node.claims > 0 && self.claims.contains(&(number, *id)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(address: SocketAddr) -> Node {
        Node::new(address.into(), NodeId([1; 20]))
    }

    #[test]
    fn what_a_node_is_named_by_is_bounded() {
        let mut known = Known::default();
        let number = known.add(node(([192, 0, 2, 1], 1).into())).unwrap();
        let of = |byte| NodeId([byte; 20]);
        assert!((1..=1 + MAX_CLAIMS).all(|byte| known.claim(number, of(byte))));
        assert!(!known.claim(number, of(9)) && known.claim(number, of(2)));
        assert!(known.is_named(number, &of(1)) && known.is_named(number, &of(5)));
        assert!(!known.is_named(number, &of(9)));
    }

    #[test]
    fn a_node_takes_one_line_of_the_cache() {
        assert_eq!(size_of::<Node>(), 64);
    }

    proptest! {
        /// It finds whom a table of the standard library finds.
        #[test]
        fn everybody_is_found_and_nobody_else(addresses in proptest::collection::vec((any::<bool>(), 0..40_u16, 1..4_u16), 0..400)) {
            let address = |(v6, ip, port): (bool, u16, u16)| {
                let ip = if v6 { Ipv6Addr::from(u128::from(ip) << 64).into() } else { std::net::IpAddr::from(Ipv4Addr::from(u32::from(ip))) };
                SocketAddr::new(ip, port)
            };
            let (mut known, mut model) = (Known::default(), std::collections::HashMap::new());
            for address in addresses.into_iter().map(address) {
                prop_assert_eq!(SocketAddr::from(Place::from(address)), address);
                let found = known.find(&address.into());
                prop_assert_eq!(found, model.get(&address).copied());
                if found.is_none() {
                    model.insert(address, known.add(node(address)).unwrap());
                }
            }
            for some in model.keys().collect::<Vec<_>>().chunks(BATCH) {
                let mut places = [Place::default(); BATCH];
                places.iter_mut().zip(some).for_each(|(place, address)| *place = (**address).into());
                for (address, found) in some.iter().zip(known.find_many(&places[..some.len()])) {
                    prop_assert!(found.is_none_or(|number| model.get(address) == Some(&number)));
                }
            }
            for (address, number) in &model {
                prop_assert_eq!(known.find(&(*address).into()), Some(*number));
            }
        }
    }
}

//! What one host, and one network, may take of a crawl. Pure.
//!
//! One address has 65 535 ports, and whoever has a /24 has 256 times as many: as nodes of a crawl
//! they would be all of it. A host is an IPv4 address or a /64, a network a /24 or a /48: what one
//! customer is given.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};

use swarmscope_store::Leased;

use crate::progress::Dropped;

/// Ports of one host that are taken in a round. Arbitrary: behind a provider's NAT many share an
/// address, and at the pace of one address (300 ms between two queries) the 1024 queries of so many,
/// each under four ids, take five minutes.
pub(super) const MOST_OF_HOST: u32 = 64;
/// Addresses and ports of one network: four on each of a /24.
pub(super) const MOST_OF_NETWORK: u32 = 1024;
/// Ids that one address and port may be named by in a round.
pub(super) const MOST_IDS: u32 = 4;
/// Visits of a round to one host: each of its ports under each of its ids.
pub(super) const MOST_VISITS_OF_HOST: u32 = 64 * 4;
/// Visits of a round to one network, likewise.
pub(super) const MOST_VISITS_OF_NETWORK: u32 = 1024 * 4;
/// Addresses that nobody had named before which one host may name in a round: those that 16 nodes
/// name in their four answers, if all are new. Others name them, too.
pub(super) const MOST_TOLD: u32 = 1024;
/// Visits that a host may have at once: at 300 ms between two queries to it, more would only hold
/// places.
pub(super) const AT_ONCE_OF_HOST: u32 = 4;
/// Visits that a network may have at once: an eighth of a crawl's 256.
pub(super) const AT_ONCE_OF_NETWORK: u32 = 32;
/// Visits that wait for others to the same host or network. Those beyond are due again later.
const MOST_WAITING: usize = 1 << 14;

const _: () = assert!(MOST_VISITS_OF_HOST == MOST_OF_HOST * MOST_IDS);
const _: () = assert!(MOST_VISITS_OF_NETWORK == MOST_OF_NETWORK * MOST_IDS);

/// A host, or a network: its first bits, and whether they are of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Prefix(u64, bool);

impl Prefix {
    fn host(ip: IpAddr) -> Self {
        Self::of(ip, 0, 64)
    }

    fn network(ip: IpAddr) -> Self {
        Self::of(ip, 8, 80)
    }

    /// Without that many of its last bits.
    fn of(ip: IpAddr, v4: u32, v6: u32) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(u64::from(ip.to_bits() >> v4), false),
            IpAddr::V6(ip) => Self(u64::try_from(ip.to_bits() >> v6).unwrap_or(u64::MAX), true),
        }
    }
}

/// What there is of a host or a network.
#[derive(Clone, Copy, Default)]
struct Count {
    /// Addresses that were named in this round.
    named: u32,
    /// Visits of this round.
    visits: u32,
    /// Visits in flight.
    in_flight: u32,
    /// New addresses that it has named itself.
    told: u32,
}

/// See the module.
#[derive(Default)]
pub(super) struct Sources {
    hosts: HashMap<Prefix, Count>,
    networks: HashMap<Prefix, Count>,
    /// Visits that wait for others to the same network.
    waiting: HashMap<Prefix, VecDeque<(Leased, SocketAddr)>>,
    all_waiting: usize,
    /// Networks of those where a visit has ended, once for each: no more than were in flight.
    freed: VecDeque<Prefix>,
}

impl Sources {
    /// Another round: what was named and visited counts anew.
    pub(super) fn begin(&mut self) {
        for counts in [&mut self.hosts, &mut self.networks] {
            counts.retain(|_, count| count.in_flight > 0);
            for count in counts.values_mut() {
                *count = Count { in_flight: count.in_flight, ..Count::default() };
            }
        }
    }

    fn both(&mut self, ip: IpAddr) -> [&mut Count; 2] {
        [
            self.hosts.entry(Prefix::host(ip)).or_default(),
            self.networks.entry(Prefix::network(ip)).or_default(),
        ]
    }

    /// What is counted of a host and of its network; nothing is kept of those that are only looked at.
    fn counted(&self, ip: IpAddr) -> [Count; 2] {
        let of = |counts: &HashMap<Prefix, Count>, prefix| counts.get(&prefix).copied();
        [of(&self.hosts, Prefix::host(ip)), of(&self.networks, Prefix::network(ip))]
            .map(Option::unwrap_or_default)
    }

    /// Whether one more address of a host may be known, on the word of `teller`; if so, that it is.
    /// Who tells of those that may not has told of them all the same.
    ///
    /// # Errors
    /// Who has too many.
    pub(super) fn name(&mut self, ip: IpAddr, teller: Option<IpAddr>) -> Result<(), Dropped> {
        if let Some(teller) = teller {
            if self.counted(teller)[0].told >= MOST_TOLD {
                return Err(Dropped::Teller);
            }
            self.hosts.entry(Prefix::host(teller)).or_default().told += 1;
        }
        let [host, network] = self.counted(ip);
        if host.named >= MOST_OF_HOST {
            return Err(Dropped::Host);
        }
        if network.named >= MOST_OF_NETWORK {
            return Err(Dropped::Network);
        }
        self.both(ip).into_iter().for_each(|count| count.named += 1);
        Ok(())
    }

    /// Whether a node may be visited in this round, which may know it from earlier ones; if so, that
    /// it is.
    ///
    /// # Errors
    /// Who has too many.
    pub(super) fn admit(&mut self, ip: IpAddr) -> Result<(), Dropped> {
        let [host, network] = self.counted(ip);
        if host.visits >= MOST_VISITS_OF_HOST {
            return Err(Dropped::HostVisits);
        }
        if network.visits >= MOST_VISITS_OF_NETWORK {
            return Err(Dropped::NetworkVisits);
        }
        self.both(ip).into_iter().for_each(|count| count.visits += 1);
        Ok(())
    }

    fn has_place(&self, ip: IpAddr) -> bool {
        let [host, network] = self.counted(ip);
        host.in_flight < AT_ONCE_OF_HOST && network.in_flight < AT_ONCE_OF_NETWORK
    }

    /// Takes a place for a visit; else it waits, unless too many do.
    ///
    /// # Errors
    /// The visit that does not begin now; none where it waits.
    pub(super) fn begin_visit(
        &mut self,
        leased: Leased,
        address: SocketAddr,
    ) -> Result<Leased, Option<Leased>> {
        if self.has_place(address.ip()) {
            self.both(address.ip()).into_iter().for_each(|count| count.in_flight += 1);
            return Ok(leased);
        }
        if self.all_waiting >= MOST_WAITING {
            return Err(Some(leased));
        }
        self.all_waiting += 1;
        let network = Prefix::network(address.ip());
        self.waiting.entry(network).or_default().push_back((leased, address));
        Err(None)
    }

    /// A visit has ended: its place is free.
    pub(super) fn end_visit(&mut self, address: SocketAddr) {
        for count in self.both(address.ip()) {
            count.in_flight = count.in_flight.saturating_sub(1);
        }
        let network = Prefix::network(address.ip());
        if self.waiting.contains_key(&network) {
            self.freed.push_back(network);
        }
    }

    /// Whether a visit that waited may have a place now.
    pub(super) fn has_freed(&self) -> bool {
        !self.freed.is_empty()
    }

    /// A visit that waited and has a place now, which it takes. One place lets one begin, at the most.
    pub(super) fn next_freed(&mut self) -> Option<(Leased, SocketAddr)> {
        while let Some(network) = self.freed.pop_front() {
            if let Some(next) = self.first_of(network) {
                self.both(next.1.ip()).into_iter().for_each(|count| count.in_flight += 1);
                return Some(next);
            }
        }
        None
    }

    fn first_of(&mut self, network: Prefix) -> Option<(Leased, SocketAddr)> {
        let queue = self.waiting.get(&network)?;
        let first = queue.iter().position(|(_, address)| self.has_place(address.ip()))?;
        let queue = self.waiting.get_mut(&network)?;
        let next = queue.remove(first)?;
        if queue.is_empty() {
            self.waiting.remove(&network);
        }
        self.all_waiting -= 1;
        Some(next)
    }

    /// How many visits wait.
    pub(super) const fn waiting(&self) -> usize {
        self.all_waiting
    }

    /// Those that wait are no longer ours to make.
    pub(super) fn let_go(&mut self) {
        self.waiting.clear();
        self.freed.clear();
        self.all_waiting = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_host_is_an_address_or_a_64_and_a_network_a_24_or_a_48() {
        let same = |of: fn(IpAddr) -> Prefix, a, b| of(ip(a)) == of(ip(b));
        assert!(!same(Prefix::host, "192.0.2.1", "192.0.2.2"));
        assert!(same(Prefix::host, "192.0.2.1", "::ffff:192.0.2.1"));
        assert!(same(Prefix::host, "2600:1:2:3::1", "2600:1:2:3:ffff::9"));
        assert!(!same(Prefix::host, "2600:1:2:3::1", "2600:1:2:4::1"));
        assert!(same(Prefix::network, "192.0.2.1", "192.0.2.200"));
        assert!(!same(Prefix::network, "192.0.2.1", "192.0.3.1"));
        assert!(same(Prefix::network, "2600:1:2:3::1", "2600:1:2:4::1"));
        assert!(!same(Prefix::network, "2600:1:2:3::1", "2600:1:3:3::1"));
    }

    #[test]
    fn a_host_a_network_and_a_teller_have_bounds_in_a_round() {
        let mut sources = Sources::default();
        let one = ip("11.0.0.1");
        assert!((0..MOST_OF_HOST).all(|_| sources.name(one, None).is_ok()));
        assert_eq!(sources.name(one, None), Err(Dropped::Host));
        let more = MOST_OF_NETWORK - MOST_OF_HOST;
        for number in 0..more {
            let host = 2 + u8::try_from(number / MOST_OF_HOST).unwrap();
            assert_eq!(sources.name([11, 0, 0, host].into(), None), Ok(()), "{number}");
        }
        assert_eq!(sources.name(ip("11.0.0.99"), None), Err(Dropped::Network));
        let (teller, other) = (Some(ip("12.0.0.1")), Some(ip("12.0.0.2")));
        let anybody = |number: u32| IpAddr::from((0x1400_0000 + (number << 8)).to_be_bytes());
        assert!((0..MOST_TOLD).all(|number| sources.name(anybody(number), teller).is_ok()));
        assert_eq!(sources.name(ip("13.0.0.1"), teller), Err(Dropped::Teller));
        assert_eq!(sources.name(ip("13.0.0.1"), other), Ok(()));
        sources.begin();
        assert_eq!(sources.name(one, teller), Ok(()));
    }

    #[test]
    fn nothing_is_kept_of_hosts_that_are_refused_and_their_teller_has_told_of_them() {
        let mut sources = Sources::default();
        let teller = Some(ip("12.0.0.1"));
        let of_one_48 = |number: u32| {
            IpAddr::from(((0x2600 << 112) + (u128::from(number) << 64)).to_be_bytes())
        };
        assert!((0..MOST_OF_NETWORK).all(|number| sources.name(of_one_48(number), None).is_ok()));
        let before = sources.hosts.len();
        for number in 0..2 * MOST_TOLD {
            let why = if number < MOST_TOLD { Dropped::Network } else { Dropped::Teller };
            assert_eq!(sources.name(of_one_48(MOST_OF_NETWORK + number), teller), Err(why));
        }
        assert_eq!(sources.hosts.len(), before + 1, "the teller");
        let most = MOST_VISITS_OF_NETWORK;
        assert!((0..most).all(|number| sources.admit(of_one_48(number)).is_ok()));
        let before = sources.hosts.len();
        for number in most..2 * most {
            assert_eq!(sources.admit(of_one_48(number)), Err(Dropped::NetworkVisits));
        }
        assert_eq!(sources.hosts.len(), before);
    }
}

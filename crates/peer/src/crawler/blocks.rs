//! Whom a BuddyCast was exchanged with in one direction, and when (protocol.md §7). Strangers make
//! these entries, so that they are bounded, in all and per network; the oldest one goes, and its
//! peer may be exchanged with a little sooner than in 4 hours.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::network::Network;
use crate::limits::{Limit, Limits};
use swarmscope_wire::Permid;

/// How long a peer is blocked for the direction of an exchange (§7).
pub(super) const BLOCK: Duration = Duration::from_secs(4 * 3600);

/// All of them.
#[derive(Debug)]
pub(super) struct Blocks {
    limits: Limits,
    since: HashMap<Permid, (Instant, Network)>,
    order: BTreeSet<(Instant, Permid)>,
    by_network: HashMap<Network, BTreeSet<(Instant, Permid)>>,
}

impl Blocks {
    pub(super) fn new(limits: &Limits) -> Self {
        let (since, order, by_network) = (HashMap::new(), BTreeSet::new(), HashMap::new());
        Self { limits: *limits, since, order, by_network }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.since.len()
    }

    /// Whether this peer is blocked.
    pub(super) fn holds(&self, permid: Permid, now: Instant) -> bool {
        self.since.get(&permid).is_some_and(|(since, _)| now < *since + BLOCK)
    }

    /// Blocks it from now on; the limit that another one goes for, where one does.
    pub(super) fn set(&mut self, permid: Permid, from: IpAddr, now: Instant) -> Option<Limit> {
        self.remove(permid);
        let network = Network::from(from);
        let Limits { exchanges, exchanges_per_source, .. } = self.limits;
        let of_one =
            self.by_network.get(&network).filter(|of_one| of_one.len() >= exchanges_per_source);
        let of_one = of_one.map(|of_one| (Limit::ExchangesPerSource, of_one));
        let full = (self.since.len() >= exchanges).then_some((Limit::Exchanges, &self.order));
        let reached = of_one.or(full).and_then(|(limit, them)| Some((limit, them.first()?.1)));
        if let Some((_, oldest)) = reached {
            self.remove(oldest);
        }
        self.since.insert(permid, (now, network));
        self.order.insert((now, permid));
        self.by_network.entry(network).or_default().insert((now, permid));
        reached.map(|(limit, _)| limit)
    }

    /// Forgets what is over.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((since, permid)) =
            self.order.first().copied().filter(|(since, _)| now >= *since + BLOCK)
        {
            debug_assert!(now >= since + BLOCK);
            self.remove(permid);
        }
    }

    fn remove(&mut self, permid: Permid) {
        let Some((since, network)) = self.since.remove(&permid) else { return };
        self.order.remove(&(since, permid));
        if let Some(of_one) = self.by_network.get_mut(&network) {
            of_one.remove(&(since, permid));
            if of_one.is_empty() {
                self.by_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    fn permid(n: usize) -> Permid {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        Permid::Ed25519(key)
    }

    #[test]
    fn one_network_takes_no_more_than_its_share_and_all_end_in_time() {
        let limits = Limits::default();
        let (many, many_of_one) = (limits.exchanges, limits.exchanges_per_source);
        let (mut blocks, t0) = (Blocks::new(&limits), Instant::now());
        blocks.set(permid(0), [10, 0, 0, 1].into(), t0);
        for n in 1..=2 * many {
            blocks.set(permid(n), [10, 0, 0, 2].into(), t0 + Duration::from_millis(n as u64));
        }
        assert!(blocks.holds(permid(0), t0) && blocks.holds(permid(2 * many), t0));
        assert_eq!(blocks.since.len(), 1 + many_of_one);
        for n in 0..2 * many {
            let n = u32::try_from(n).unwrap();
            blocks.set(permid(n as usize), n.to_be_bytes().into(), t0 + Duration::from_secs(60));
        }
        assert_eq!((blocks.since.len(), blocks.order.len()), (many, many));
        blocks.expire(t0 + Duration::from_secs(60) + BLOCK);
        assert!(blocks.since.is_empty() && blocks.order.is_empty() && blocks.by_network.is_empty());
    }
}

//! Who is forgotten first when too many are known: hearsay before strangers, strangers before
//! whoever we reached ourselves, and never whoever is connected or was named by the operator while
//! anybody else is there. One teller, and one network, have their shares.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::network::Network;
use crate::limits::{Limit, Limits};
use swarmscope_wire::Permid;

/// What a peer is worth; the least goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Worth {
    /// Somebody says that it is there.
    Hearsay,
    /// It was here by itself.
    Stranger,
    /// We have dialled it.
    Reached,
    /// It is here.
    Connected,
    /// The operator or a file has named it.
    Named,
}

/// Whose share an entry counts towards.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Group {
    /// Known on this peer's word alone.
    Told(Permid),
    /// Came from this network.
    Near(Network),
}

impl Group {
    /// What limits how many one of them may have, and to how many.
    pub(super) const fn most(self, limits: &Limits) -> (Limit, usize) {
        match self {
            Self::Told(_) => (Limit::KnownPerTeller, limits.known_per_teller),
            Self::Near(_) => (Limit::KnownPerSource, limits.known_per_source),
        }
    }
}

/// Where a peer stands in the order, and whose share it counts towards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rank {
    pub(super) worth: Worth,
    pub(super) heard: Instant,
    pub(super) group: Option<Group>,
}

/// An order of all who are known. Every step takes O(log n). Whoever keeps the peers keeps the rank
/// that each was put at.
#[derive(Debug, Default)]
pub(super) struct Retention {
    order: BTreeSet<(Worth, Instant, Permid)>,
    groups: HashMap<Group, BTreeSet<(Instant, Permid)>>,
}

impl Retention {
    /// Enters a peer.
    pub(super) fn put(&mut self, permid: Permid, rank: Rank) {
        let Rank { worth, heard, group } = rank;
        self.order.insert((worth, heard, permid));
        if let Some(group) = group {
            self.groups.entry(group).or_default().insert((heard, permid));
        }
    }

    /// Forgets a peer that was put at this rank.
    pub(super) fn remove(&mut self, permid: Permid, rank: Rank) {
        let Rank { worth, heard, group } = rank;
        self.order.remove(&(worth, heard, permid));
        let Some(group) = group else { return };
        if let Some(members) = self.groups.get_mut(&group) {
            members.remove(&(heard, permid));
            if members.is_empty() {
                self.groups.remove(&group);
            }
        }
    }

    /// Who goes first.
    pub(super) fn least(&self) -> Option<(Worth, Permid)> {
        self.order.first().map(|(worth, _, permid)| (*worth, *permid))
    }

    /// Who of a group was heard of longest ago.
    pub(super) fn oldest_of(&self, group: Group) -> Option<Permid> {
        self.groups.get(&group)?.first().map(|(_, permid)| *permid)
    }

    /// How many a group has.
    pub(super) fn count(&self, group: Group) -> usize {
        self.groups.get(&group).map_or(0, BTreeSet::len)
    }
}

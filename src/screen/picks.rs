//! Which request of each peer the operator looks at.

use std::collections::BTreeMap;

use swarmscope_facts::{Peer, Request};
use swarmscope_peer::node::{PeerKey, Ticket};

/// The requests that were picked; of a peer that is not here it is the newest.
#[derive(Clone, Default, Debug)]
pub(super) struct Picks {
    by_peer: BTreeMap<PeerKey, Ticket>,
}

impl Picks {
    pub fn get(&self, peer: &PeerKey) -> Option<Ticket> {
        self.by_peer.get(peer).copied()
    }

    /// The request of a peer that is looked at: the one picked, else the newest.
    pub fn request_of<'p>(&self, peer: &'p Peer) -> Option<&'p Request> {
        self.get(&peer.key).and_then(|ticket| peer.request(ticket)).or_else(|| peer.last())
    }

    /// `None` for the newest, whichever that will be.
    pub fn set(&mut self, peer: PeerKey, ticket: Option<Ticket>) {
        match ticket {
            Some(ticket) => drop(self.by_peer.insert(peer, ticket)),
            None => drop(self.by_peer.remove(&peer)),
        }
    }

    /// A peer's key has changed.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) {
        if let Some(ticket) = self.by_peer.remove(was) {
            self.by_peer.entry(now.clone()).or_insert(ticket);
        }
    }
}

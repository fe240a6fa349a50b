//! Every peer that is known, by permid where that is known and by address until then.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::screen::asking::request::{Outcome, Request};
use crate::screen::list::dirty::Dirty;
use crate::screen::msg::Now;
use swarmscope_peer::node::{Direction, PeerKey, Source, Ticket, Transport};
use swarmscope_wire::failure::{Cause, Failure, Phase};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// Peers on the screen. Gossip can name any number; those beyond are counted, not listed.
pub const MOST_PEERS: usize = 50_000;
/// Requests kept for one peer: the oldest that have ended make room.
const MOST_REQUESTS: usize = 200;

/// What is known of the way to a peer.
#[derive(Clone, Debug)]
pub enum State {
    /// Heard of, not dialled yet.
    Heard,
    Connecting {
        phase: Phase,
        since: Now,
    },
    Connected {
        since: Now,
    },
    /// The connection has ended.
    Gone {
        failure: Failure,
        at: Now,
    },
    /// The peer would not have us: its allow-list, likely.
    Refused {
        failure: Failure,
        at: Now,
    },
    Failed {
        failure: Failure,
        attempt: u32,
        gives_up_at: u32,
        at: Now,
    },
}

/// One peer.
#[derive(Clone, Debug)]
pub struct Peer {
    pub key: PeerKey,
    pub state: State,
    pub address: Option<SocketAddr>,
    /// What it announces; 0 for none.
    pub listening_port: u16,
    pub version: Option<OverlayVersion>,
    pub transport: Option<Transport>,
    pub direction: Option<Direction>,
    pub rtt: Option<Duration>,
    pub source: Option<Source>,
    /// The demo's word for it.
    pub label: Option<String>,
    /// From its newest NATCHECK reply.
    pub nat: Option<String>,
    /// Why the last attempt to connect failed, until one does not.
    pub failing: Option<Cause>,
    /// How many things about it were odd or hostile.
    pub signals: u32,
    /// Newest last. Copies of a model have those in common that nothing has happened to.
    pub requests: Vec<Arc<Request>>,
    /// The request the operator looks at; `None` follows the newest.
    pub picked: Option<Ticket>,
    /// The number of its newest event: what the list is sorted by.
    pub newest: u64,
    asked: u32,
}

impl Peer {
    #[must_use]
    pub fn new(key: PeerKey) -> Self {
        Self {
            key,
            state: State::Heard,
            address: None,
            listening_port: 0,
            version: None,
            transport: None,
            direction: None,
            rtt: None,
            source: None,
            label: None,
            nat: None,
            failing: None,
            signals: 0,
            requests: Vec::new(),
            picked: None,
            newest: 0,
            asked: 0,
        }
    }

    #[must_use]
    pub const fn permid(&self) -> Option<Permid> {
        match self.key {
            PeerKey::Permid(permid) => Some(permid),
            PeerKey::Address(_) => None,
        }
    }

    #[must_use]
    pub const fn connected(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    /// The selected request: the one picked, else the newest.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        let picked = self.picked.and_then(|ticket| self.requests.iter().find(|r| r.ticket == ticket));
        picked.or_else(|| self.requests.last()).map(|request| &**request)
    }

    pub fn by_ticket(&mut self, ticket: Ticket) -> Option<&mut Request> {
        self.requests.iter_mut().rev().find(|request| request.ticket == ticket).map(Arc::make_mut)
    }

    /// The newest request for this message.
    #[must_use]
    pub fn last_of(&self, message: MessageId) -> Option<&Request> {
        self.requests.iter().rev().find(|request| request.message == message).map(|request| &**request)
    }

    /// Whether it closed on the last request that ended.
    #[must_use]
    pub fn refuses(&self) -> bool {
        let ended = self.requests.iter().rev().find(|request| !request.in_flight());
        let closed = |failure: &Failure| failure.cause == Cause::ClosedWithoutReply;
        ended.is_some_and(|request| matches!(&request.outcome, Outcome::Failed { failure, .. } if closed(failure)))
    }

    /// `host:port` by which it can be dialled: where it listens, not where a connection of its own comes from.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match (&self.key, self.address, self.direction) {
            (_, Some(_), Some(Direction::Incoming)) if self.listening_port == 0 => None,
            (_, Some(address), Some(Direction::Incoming)) => {
                Some(SocketAddr::new(address.ip(), self.listening_port).to_string())
            }
            (_, Some(address), _) => Some(address.to_string()),
            (PeerKey::Address(address), None, _) => Some(address.clone()),
            (PeerKey::Permid(_), None, _) => None,
        }
    }

    /// The next request's number.
    pub fn number(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    /// Adds a request, and forgets the oldest that has ended where there are too many.
    pub fn add(&mut self, request: Request) {
        if self.requests.len() >= MOST_REQUESTS
            && let Some(oldest) = self.requests.iter().position(|request| !request.in_flight())
        {
            self.requests.remove(oldest);
        }
        if self.requests.is_empty() {
            self.requests.reserve_exact(1); // most peers are asked once: no room for four
        }
        self.requests.push(Arc::new(request));
    }

    /// Takes over what another entry for the same peer knew.
    fn absorb(&mut self, other: Self) {
        self.source = self.source.take().or(other.source);
        self.label = self.label.take().or(other.label);
        self.address = self.address.or(other.address);
        self.newest = self.newest.max(other.newest);
    }
}

/// The table of peers. A peer keeps its place for as long as it is there. Copies have in common what has not changed since:
/// a replay keeps many.
#[derive(Clone, Default, Debug)]
pub struct Peers {
    list: Vec<Option<Arc<Peer>>>,
    by_key: Arc<HashMap<PeerKey, usize>>,
    /// Places whose peers turned out to be others; the next new ones get them.
    free: Vec<usize>,
    /// Who may have changed: whoever was lent out to be changed.
    changed: Dirty,
    /// Peers that were heard of when the table was full.
    pub unlisted: u64,
}

impl Peers {
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.list.iter().flatten().map(|peer| &**peer)
    }

    /// One more than the last place: [`Self::at`] tells which of them are taken.
    #[must_use]
    pub fn places(&self) -> usize {
        self.list.len()
    }

    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Peer> {
        self.list.get(index)?.as_deref()
    }

    #[must_use]
    pub fn index(&self, key: &PeerKey) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    #[must_use]
    pub fn get(&self, key: &PeerKey) -> Option<&Peer> {
        self.at(self.index(key)?)
    }

    pub fn get_mut(&mut self, key: &PeerKey) -> Option<&mut Peer> {
        let index = *self.by_key.get(key)?;
        self.changed.add(index);
        self.list.get_mut(index)?.as_mut().map(Arc::make_mut)
    }

    /// The peer of this key, made if it is not there; `None` where the table is full.
    pub fn entry(&mut self, key: &PeerKey) -> Option<&mut Peer> {
        if !self.by_key.contains_key(key) {
            if self.len() >= MOST_PEERS {
                self.unlisted += 1;
                return None;
            }
            let index = self.free.pop().unwrap_or(self.list.len());
            if index == self.list.len() {
                self.list.push(None);
            }
            self.list[index] = Some(Arc::new(Peer::new(key.clone())));
            Arc::make_mut(&mut self.by_key).insert(key.clone(), index);
        }
        self.get_mut(key)
    }

    /// Makes `was` and `now` one peer, under the key `now`. Returns whether anything moved.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) -> bool {
        if was == now || !self.by_key.contains_key(was) {
            return false;
        }
        if self.by_key.contains_key(now) {
            if let Some(old) = self.remove(was)
                && let Some(kept) = self.get_mut(now)
            {
                kept.absorb(old);
            }
        } else if let Some(index) = Arc::make_mut(&mut self.by_key).remove(was) {
            Arc::make_mut(&mut self.by_key).insert(now.clone(), index);
            if let Some(peer) = self.get_mut(now) {
                peer.key = now.clone();
            }
        }
        true
    }

    /// The places where something may have changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<usize> {
        self.changed.take()
    }

    fn remove(&mut self, key: &PeerKey) -> Option<Peer> {
        let index = Arc::make_mut(&mut self.by_key).remove(key)?;
        self.changed.add(index);
        self.free.push(index);
        self.list[index].take().map(Arc::unwrap_or_clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> PeerKey {
        PeerKey::Permid(Permid::Ed25519([n; 32]))
    }

    fn address(text: &str) -> PeerKey {
        PeerKey::Address(text.to_owned())
    }

    #[test]
    fn an_address_becomes_a_permid() {
        let mut peers = Peers::default();
        peers.entry(&address("a:1")).unwrap().label = Some("tour".into());
        assert!(peers.rename(&address("a:1"), &key(1)));
        assert_eq!(peers.get(&key(1)).unwrap().label.as_deref(), Some("tour"));
        assert!(peers.get(&address("a:1")).is_none());
        assert_eq!(peers.len(), 1);
    }

    #[test]
    fn an_address_that_turns_out_to_be_a_known_peer_merges_into_it() {
        let mut peers = Peers::default();
        for entry in [address("a:1"), key(1), key(2)] {
            peers.entry(&entry);
        }
        peers.get_mut(&address("a:1")).unwrap().source = Some(Source::Operator);
        assert!(peers.rename(&address("a:1"), &key(2)));
        assert_eq!(peers.len(), 2);
        assert_eq!(peers.get(&key(2)).unwrap().source, Some(Source::Operator));
        for n in [1, 2] {
            let index = peers.index(&key(n)).unwrap();
            assert_eq!(peers.at(index).unwrap().key, key(n), "the index follows what moved");
        }
        assert!(!peers.rename(&address("a:1"), &key(2)), "nothing is left of it");
        assert_eq!(peers.at(0).map(|peer| &peer.key), None, "its place is free");
        peers.entry(&key(3));
        assert_eq!(peers.index(&key(3)), Some(0), "and taken by the next");
        assert_eq!((peers.len(), peers.places(), peers.iter().count()), (3, 3, 3));
    }

    #[test]
    fn who_is_lent_out_has_changed() {
        let mut peers = Peers::default();
        for n in 0..4 {
            peers.entry(&key(n));
        }
        assert_eq!(peers.take_changed(), [0, 1, 2, 3]);
        assert!(peers.get(&key(2)).is_some());
        peers.get_mut(&key(1));
        peers.get_mut(&key(1));
        peers.rename(&key(3), &key(0));
        assert_eq!(peers.take_changed(), [1, 3, 0], "who went, too");
        assert!(peers.take_changed().is_empty());
    }

    #[test]
    fn the_table_is_bounded() {
        let mut peers = Peers::default();
        for n in 0..MOST_PEERS {
            assert!(peers.entry(&address(&n.to_string())).is_some());
        }
        assert!(peers.entry(&address("one more")).is_none());
        assert!(peers.entry(&address("7")).is_some(), "those that are there stay reachable");
        assert_eq!((peers.len(), peers.unlisted), (MOST_PEERS, 1));
    }
}

//! The authenticated connections, by connection and by permid.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use super::conn::{ConnId, ReplyId};
use super::directory::Place;
use super::event::{Direction, PeerKey};
use swarmscope_wire::{OverlayVersion, Permid};

/// One of them.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) permid: Permid,
    pub(super) version: OverlayVersion,
    pub(super) direction: Direction,
    /// Where it comes from or goes to.
    pub(super) remote: SocketAddr,
    /// The listening port that the peer announces; 0 for none.
    pub(super) listening_port: u16,
    pub(super) since: Instant,
    /// Whether it is to stay: keep-alives go out on it.
    pub(super) kept: bool,
    pub(super) last_keep_alive: Instant,
    pub(super) standing: Standing,
    /// A part of a reply has come on it.
    pub(super) answered: bool,
    /// The frames that the overlay has and the socket has not, oldest first; those of replies by
    /// name.
    pub(super) in_flight: VecDeque<Option<ReplyId>>,
}

/// How far a connection can still be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Open,
    /// The overlay takes no more frames for it: it is one too many, or it is over. What still comes
    /// on it counts.
    Leaving,
    /// We asked for its end; what still comes on it is ignored.
    Closing,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// In the order in which they came.
    by_conn: BTreeMap<ConnId, Link>,
    by_permid: HashMap<Permid, Vec<ConnId>>,
}

impl Links {
    pub(super) fn insert(&mut self, conn: ConnId, link: Link) {
        self.by_permid.entry(link.permid).or_default().push(conn);
        self.by_conn.insert(conn, link);
    }

    pub(super) fn remove(&mut self, conn: ConnId) -> Option<Link> {
        let link = self.by_conn.remove(&conn)?;
        if let Some(conns) = self.by_permid.get_mut(&link.permid) {
            conns.retain(|other| *other != conn);
            if conns.is_empty() {
                self.by_permid.remove(&link.permid);
            }
        }
        Some(link)
    }

    /// A connection that frames may go out on.
    pub(super) fn open(&self, conn: ConnId) -> Option<&Link> {
        self.by_conn.get(&conn).filter(|link| link.standing == Standing::Open)
    }

    pub(super) fn open_mut(&mut self, conn: ConnId) -> Option<&mut Link> {
        self.by_conn.get_mut(&conn).filter(|link| link.standing == Standing::Open)
    }

    /// A connection whose frames count.
    pub(super) fn heard(&self, conn: ConnId) -> Option<&Link> {
        self.by_conn.get(&conn).filter(|link| link.standing != Standing::Closing)
    }

    /// A connection until it is told as closed.
    pub(super) fn any_mut(&mut self, conn: ConnId) -> Option<&mut Link> {
        self.by_conn.get_mut(&conn)
    }

    /// The newest open connection of a peer.
    pub(super) fn newest(&self, permid: Permid) -> Option<ConnId> {
        self.of(permid).last()
    }

    pub(super) fn is_connected(&self, permid: Permid) -> bool {
        self.newest(permid).is_some()
    }

    /// A peer's open connections, oldest first.
    pub(super) fn of(&self, permid: Permid) -> impl Iterator<Item = ConnId> {
        self.by_permid
            .get(&permid)
            .into_iter()
            .flatten()
            .copied()
            .filter(|conn| self.open(*conn).is_some())
    }

    /// Whether parts of this reply are on their way to the socket of a connection.
    pub(super) fn carries(&self, conn: ConnId, reply: ReplyId) -> bool {
        self.by_conn.get(&conn).is_some_and(|link| link.in_flight.contains(&Some(reply)))
    }

    /// Whether a peer no longer has any connection, not even one that is ending.
    pub(super) fn is_gone(&self, permid: Permid) -> bool {
        !self.by_permid.contains_key(&permid)
    }

    /// Whether a dial to this peer would meet a connection that is ending: whose.
    pub(super) fn ending(&self, peer: &PeerKey, place: &Place) -> Option<Permid> {
        let permid = match peer {
            PeerKey::Permid(permid) => Some(*permid),
            PeerKey::Address(_) => self.closing_at(place.address()?),
        }?;
        (!self.is_gone(permid) && !self.is_connected(permid)).then_some(permid)
    }

    /// Whose connection to this address ends because we asked for it.
    fn closing_at(&self, address: SocketAddr) -> Option<Permid> {
        let mut closing = self.by_conn.values().filter(|link| link.standing == Standing::Closing);
        closing.find(|link| link.remote == address).map(|link| link.permid)
    }

    /// How many peers are connected.
    pub(super) fn peers(&self) -> usize {
        self.by_permid.len()
    }

    /// How many of them have only dialled us.
    pub(super) fn peers_that_dialled(&self) -> usize {
        let dialled = |conn: &ConnId| {
            self.by_conn.get(conn).is_some_and(|link| link.direction == Direction::Incoming)
        };
        self.by_permid.values().filter(|conns| conns.iter().all(dialled)).count()
    }

    /// The open ones.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnId, &Link)> {
        self.by_conn
            .iter()
            .filter(|(_, link)| link.standing == Standing::Open)
            .map(|(conn, link)| (*conn, link))
    }
}

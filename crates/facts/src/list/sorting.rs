//! What the list is sorted by. Every order ends in the newest event and the place in the table, so
//! that no two are equal.

use super::tally::NETWORKS;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::list::column::Column;
use crate::peer::{Peer, State};
use crate::present::Present;
use crate::reply_of::{last_error, last_reply};
use swarmscope_peer::node::Transport;
use swarmscope_wire::Permid;
use swarmscope_wire::krpc::Distance;

/// What the list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum By {
    /// The newest event first.
    #[default]
    NewestEvent,
    /// By what a column shows.
    Column(Column),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewestEvent => f.write_str("newest event"),
            Self::Column(column) => column.fmt(f),
        }
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "newest event" { Ok(Self::NewestEvent) } else { text.parse().map(Self::Column) }
    }
}

/// By what, and in which direction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sort {
    /// By what.
    pub by: By,
    /// The other way round.
    pub reversed: bool,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.by, if self.reversed { ", reversed" } else { "" })
    }
}

/// Where a peer stands in an order, as far as a few bytes tell. Its numbers are bytes, so that it
/// needs no place that larger ones may stand at: 25 bytes a peer, not 32.
#[derive(Clone, Copy, Default, Debug)]
pub struct Key {
    says: Says,
    /// A number, or the beginning of a text.
    first: [u8; 16],
    newest: [u8; 8],
}

/// How much of what a peer is sorted by is in its key.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Says {
    /// All of it.
    #[default]
    All,
    /// The text is longer.
    Beginning,
    /// Nothing is known: last, in both directions.
    Nothing,
}

impl Key {
    /// The key of a peer.
    #[must_use]
    pub fn of(by: By, facts: &Present, peer: &Peer) -> Self {
        let (first, longer) = match by {
            By::NewestEvent => (Some(0), false),
            By::Column(column) => match text_of(column, facts, peer) {
                Some(text) => (Some(beginning(text.as_bytes())), text.len() > 16),
                None => (number(column, facts, peer), false),
            },
        };
        Self {
            says: match first {
                None => Says::Nothing,
                Some(_) if longer => Says::Beginning,
                Some(_) => Says::All,
            },
            first: first.unwrap_or(0).to_ne_bytes(),
            newest: peer.newest.to_ne_bytes(),
        }
    }

    const fn first(&self) -> u128 {
        u128::from_ne_bytes(self.first)
    }

    const fn newest(&self) -> u64 {
        u64::from_ne_bytes(self.newest)
    }
}

/// The order of two peers, given by their places in the table and their keys.
#[must_use]
pub fn compare(
    sort: Sort,
    facts: &Present,
    (a, key_a): (usize, &Key),
    (b, key_b): (usize, &Key),
) -> Ordering {
    let turned = |order: Ordering| if sort.reversed { order.reverse() } else { order };
    let [missing_a, missing_b] = [key_a, key_b].map(|key| key.says == Says::Nothing);
    let [longer_a, longer_b] = [key_a, key_b].map(|key| key.says == Says::Beginning);
    let texts = || match sort.by {
        By::Column(column) if longer_a && longer_b => whole(column, facts, a, b),
        _ => longer_a.cmp(&longer_b),
    };
    let newest = key_b.newest().cmp(&key_a.newest());
    let newest = if sort.by == By::NewestEvent { turned(newest) } else { newest };
    missing_a
        .cmp(&missing_b)
        .then_with(|| turned(key_a.first().cmp(&key_b.first())))
        .then_with(|| turned(texts()))
        .then(newest)
        .then(a.cmp(&b))
}

fn micros(duration: Duration) -> u128 {
    duration.as_micros()
}

fn number(column: Column, facts: &Present, peer: &Peer) -> Option<u128> {
    match column {
        Column::State => Some(rank(&peer.state)),
        Column::Permid => peer.permid().map(|permid| beginning_of_key(&permid)),
        Column::Signals => (peer.signals > 0).then(|| u128::from(u32::MAX - peer.signals)),
        Column::Network => {
            NETWORKS.iter().position(|of| *of == peer.network()).map(|at| at as u128)
        }
        Column::Version => peer.version.map(|version| u128::from(version.0)),
        Column::Transport => {
            peer.transport.map(|transport| u128::from(transport == Transport::Legacy))
        }
        Column::Address if facts.privacy => None,
        Column::Address => peer.address.map(|address| match address.ip() {
            std::net::IpAddr::V4(ip) => u128::from(ip.to_bits()),
            std::net::IpAddr::V6(ip) => ip.to_bits(),
        }),
        Column::RoundTrip => peer.rtt.map(micros),
        Column::Queue => peer.other.as_ref()?.queue.map(u128::from),
        Column::Distance => facts.distance(peer).map(beginning_of_distance),
        Column::Reply => last_reply(peer).map(|(_, reply)| {
            // the newest first
            u128::MAX - reply.at.wall.duration_since(std::time::UNIX_EPOCH).map_or(0, micros)
        }),
        // never asked first, then by time; of those who are not connected nothing is known
        Column::Next => next(peer, facts.accepted_from(peer), facts),
        Column::NextOf(message) => next(
            peer,
            facts.accepted_from_of(peer, message, swarmscope_wire::Frequency::DEFAULT),
            facts,
        ),
        // texts
        Column::Nat
        | Column::Label
        | Column::Note
        | Column::Error
        | Column::Client
        | Column::Bep42 => None,
    }
}

fn next(peer: &Peer, from: Option<std::time::Instant>, facts: &Present) -> Option<u128> {
    peer.is_up()
        .then(|| from.map_or(0, |from| micros(from.saturating_duration_since(facts.origin))))
}

const fn rank(state: &State) -> u128 {
    match state {
        State::Connected { .. } | State::Answered { .. } => 0,
        State::Connecting { .. } => 1,
        State::Heard => 2,
        State::Gone { .. } => 3,
        State::Refused { .. } => 4,
        State::Failed { .. } => 5,
    }
}

/// Its upper 128 bits: two nodes are hardly ever as far as that from one target.
fn beginning_of_distance(distance: Distance) -> u128 {
    distance.0.first_chunk().map_or(0, |first| u128::from_be_bytes(*first))
}

/// The first sixteen bytes of a text, as a number that sorts as they do.
fn beginning(text: &[u8]) -> u128 {
    let mut first = [0; 16];
    for (to, from) in first.iter_mut().zip(text) {
        *to = from.to_ascii_lowercase();
    }
    u128::from_be_bytes(first)
}

/// The first sixteen bytes of the key by which people tell peers apart. No two keys that are not
/// made for it share them.
fn beginning_of_key(permid: &Permid) -> u128 {
    let key: &[u8] = match permid {
        Permid::Ed25519(key) => key,
        Permid::Sect233k1(point) => &point[1..],
    };
    let mut first = [0; 16];
    first.copy_from_slice(&key[..16]);
    u128::from_be_bytes(first)
}

/// The order of two texts of which the keys have the same beginning.
fn whole(column: Column, facts: &Present, a: usize, b: usize) -> Ordering {
    let text = |index| {
        facts.peers.at(index).and_then(|peer| text_of(column, facts, peer)).unwrap_or_default()
    };
    let (a, b) = (text(a).bytes(), text(b).bytes());
    a.map(|byte| byte.to_ascii_lowercase()).cmp(b.map(|byte| byte.to_ascii_lowercase()))
}

fn text_of<'f>(column: Column, facts: &'f Present, peer: &'f Peer) -> Option<&'f str> {
    match column {
        Column::Nat => peer.nat.as_deref(),
        Column::Label => peer.label.as_deref(),
        Column::Note => facts.note(peer),
        Column::Error => last_error(peer).map(|failure| failure.cause.code()),
        Column::Client => peer.other.as_ref()?.program(),
        Column::Bep42 => peer.other.as_ref()?.bep42.as_deref(),
        _ => None,
    }
}

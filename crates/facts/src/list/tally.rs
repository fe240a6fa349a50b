//! Peer counts by state, updated as peers change: the status bar never scans all peers.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::peer::{Peer, State};
use crate::present::Present;
use crate::request::Request;
use swarmscope_networks::target::Network;
use swarmscope_wire::{Frequency, MessageId};

/// The networks, as their peers are counted.
pub const NETWORKS: [Network; 3] = [Network::Overlay, Network::BitTorrent, Network::Dht];

/// The counts, and what each peer adds to them.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// Connected.
    pub connected: usize,
    /// Of another network than the overlay, and answering.
    pub answered: usize,
    /// Heard of, or being connected to.
    pub waiting: usize,
    /// Their connection has ended.
    pub gone: usize,
    /// They would not have us.
    pub refused: usize,
    /// They were not reached.
    pub failed: usize,
    /// Peers with a signal.
    pub signals: usize,
    /// Requests that may still be answered.
    pub in_flight: usize,
    /// Peers of each network, in the order of [`NETWORKS`].
    pub networks: [usize; 3],
    shares: Vec<Share>,
    /// Who answered the composer's message with 254 and would again, by the time until when.
    not_yet: BTreeSet<(Instant, usize)>,
    asked: Option<(MessageId, Frequency)>,
}

/// What one peer adds.
#[derive(Clone, Copy, Default, Debug)]
struct Share {
    class: Option<Class>,
    network: usize,
    signals: bool,
    in_flight: usize,
    not_yet: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum Class {
    Connected,
    Answered,
    Waiting,
    Gone,
    Refused,
    Failed,
}

impl Tally {
    /// Peers that would answer the composer's message with 254 now.
    #[must_use]
    pub fn not_yet(&self) -> usize {
        self.not_yet.len()
    }

    /// Whether there are peers of other networks than the overlay.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.networks[1..].iter().any(|count| *count > 0)
    }

    /// Whether there are peers of more than one network.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        self.networks.iter().filter(|count| **count > 0).count() > 1
    }

    /// Takes in what has changed: these peers, the composer's message, the time.
    pub fn update(&mut self, facts: &Present, changed: &[usize]) {
        let asked = Some((facts.message, facts.frequency));
        if self.asked == asked {
            for &index in changed {
                self.count(facts, index);
            }
        } else {
            self.asked = asked;
            for index in 0..facts.peers.places() {
                self.count(facts, index);
            }
        }
        while self.not_yet.first().is_some_and(|(until, _)| *until <= facts.now.instant) {
            self.not_yet.pop_first();
        }
    }

    fn count(&mut self, facts: &Present, index: usize) {
        if self.shares.len() <= index {
            self.shares.resize(index + 1, Share::default());
        }
        let share = facts.peers.at(index).map(|peer| Share::of(facts, peer)).unwrap_or_default();
        let old = std::mem::replace(&mut self.shares[index], share);
        if let Some(class) = old.class {
            self.networks[old.network] -= 1;
            *self.of(class) -= 1;
        }
        if let Some(class) = share.class {
            self.networks[share.network] += 1;
            *self.of(class) += 1;
        }
        self.signals = self.signals + usize::from(share.signals) - usize::from(old.signals);
        self.in_flight = self.in_flight + share.in_flight - old.in_flight;
        if old.not_yet != share.not_yet {
            old.not_yet.map(|until| self.not_yet.remove(&(until, index)));
            share.not_yet.map(|until| self.not_yet.insert((until, index)));
        }
    }

    const fn of(&mut self, class: Class) -> &mut usize {
        match class {
            Class::Connected => &mut self.connected,
            Class::Answered => &mut self.answered,
            Class::Waiting => &mut self.waiting,
            Class::Gone => &mut self.gone,
            Class::Refused => &mut self.refused,
            Class::Failed => &mut self.failed,
        }
    }
}

impl Share {
    fn of(facts: &Present, peer: &Peer) -> Self {
        let class = match peer.state {
            State::Connected { .. } => Class::Connected,
            State::Answered { .. } => Class::Answered,
            State::Heard | State::Connecting { .. } => Class::Waiting,
            State::Gone { .. } => Class::Gone,
            State::Refused { .. } => Class::Refused,
            State::Failed { .. } => Class::Failed,
        };
        let in_flight = peer.requests.iter().filter(|request| request.in_flight()).count();
        let was_254 = peer.last_of(facts.message).is_some_and(Request::was_254) && !peer.refuses();
        let not_yet = if was_254 { facts.accepted_from(peer) } else { None };
        let network = NETWORKS.iter().position(|of| *of == peer.network()).unwrap_or(0);
        Self { class: Some(class), network, signals: peer.signals > 0, in_flight, not_yet }
    }
}

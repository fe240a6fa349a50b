//! What filters and orders look at: the peers, and what is known of them elsewhere.

use std::time::{Duration, Instant};

use crate::notes::Notes;
use crate::now::Now;
use crate::peer::Peer;
use crate::peers::Peers;
use swarmscope_peer::crawler::{Acceptance, AcceptanceLog};
use swarmscope_wire::krpc::{Distance, Target};
use swarmscope_wire::{Frequency, MessageId};

/// The present, as filters and orders see it.
pub struct Present<'m> {
    /// The peers, and which of them are marked.
    pub peers: &'m Peers,
    /// The operator's notes on them.
    pub notes: &'m Notes,
    /// When they accept what they were asked before.
    pub acceptance: &'m AcceptanceLog,
    /// The composer's message and frequency.
    pub message: MessageId,
    /// How often it asks.
    pub frequency: Frequency,
    /// What distances in the DHT are measured from: the composer's target.
    pub target: Option<Target>,
    /// The present moment.
    pub now: Now,
    /// Before anything that happened: what times are counted from.
    pub origin: Instant,
    /// Addresses are hidden: nothing may tell them.
    pub privacy: bool,
}

impl Present<'_> {
    /// When a peer accepts a message, whatever else is known of it.
    #[must_use]
    pub fn acceptance(&self, peer: &Peer, message: MessageId, every: Frequency) -> Acceptance {
        peer.permid().map_or(Acceptance::Unknown, |permid| {
            self.acceptance.acceptance(permid, message, every, self.now.instant)
        })
    }

    /// How far a node of the DHT is from the target.
    #[must_use]
    pub fn distance(&self, peer: &Peer) -> Option<Distance> {
        Some(peer.other.as_ref()?.node?.distance(&self.target?))
    }

    /// From when on a peer accepts the composer's message; `None` where no request tells.
    #[must_use]
    pub fn accepted_from(&self, peer: &Peer) -> Option<Instant> {
        self.accepted_from_of(peer, self.message, self.frequency)
    }

    /// The same for any message.
    #[must_use]
    pub fn accepted_from_of(
        &self,
        peer: &Peer,
        message: MessageId,
        frequency: Frequency,
    ) -> Option<Instant> {
        self.acceptance.accepted_from(peer.permid()?, message, frequency)
    }

    /// The operator's note on a peer.
    #[must_use]
    pub fn note(&self, peer: &Peer) -> Option<&str> {
        self.notes.get(&peer.permid()?)
    }

    /// How long ago something was.
    #[must_use]
    pub fn since(&self, then: Now) -> Duration {
        self.now.instant.saturating_duration_since(then.instant)
    }
}

//! One question to one peer.

use std::time::Duration;

use bytes::Bytes;
use swarmscope_networks::question::NoQuestion;
use swarmscope_networks::target::Target;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;

use crate::messages::USUAL_TIMEOUT;

/// One question to one peer of another network than the overlay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Whom.
    pub peer: PeerKey,
    /// Which, by its number among those of its network.
    pub message: MessageId,
    /// An infohash, a target, or nothing.
    pub about: Bytes,
    /// How long the whole reply may take.
    pub whole: Duration,
}

impl Question {
    /// What a peer that the operator names is asked at once: the question that needs nothing to be
    /// known.
    #[must_use]
    pub fn first(target: &Target) -> Self {
        Self::unchecked(super::key(target), super::first(target.network), Bytes::new())
    }

    /// A question of the peer's network about something.
    ///
    /// # Errors
    /// There is no such question, or its subject is missing or misshapen.
    pub fn new(peer: PeerKey, message: MessageId, about: Bytes) -> Result<Self, NoQuestion> {
        super::asked(super::network(&peer), message, &about, [0; 20])?;
        Ok(Self::unchecked(peer, message, about))
    }

    fn unchecked(peer: PeerKey, message: MessageId, about: Bytes) -> Self {
        let question = super::registry(super::network(&peer)).get(message);
        let whole = question.map_or(USUAL_TIMEOUT, |question| question.timeout());
        Self { peer, message, about, whole }
    }
}

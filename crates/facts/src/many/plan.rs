//! The plan of a request to many: everything that the preview shows, and all that a campaign starts
//! from.

use std::time::Duration;

use bytes::Bytes;

use super::leave_out::LeftOut;
use super::pace::Pace;
use crate::messages::BEFORE_PAYLOAD;
use crate::networks::Question;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Ask, Origin, PeerKey};
#[cfg(test)]
use swarmscope_wire::Permid;
use swarmscope_wire::{Frequency, MessageId, OverlayVersion};

/// One peer that is to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Who it is.
    pub peer: PeerKey,
    /// Which of the plan's payloads it is asked with.
    pub(super) payload: usize,
}

/// A question for many peers.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// What is asked.
    pub message: MessageId,
    /// How often, as it says.
    pub frequency: Frequency,
    /// What is asked in particular.
    pub payload: Bytes,
    /// The payload is the usual one: each peer is sent its own instead.
    pub usual: bool,
    /// How fast it goes out.
    pub pace: Pace,
    /// Whose question it is: peers of other networks are left out.
    pub network: Network,
}

/// A request that goes out for one of its targets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// To a peer of the overlay, through its node.
    Overlay(Ask),
    /// To a peer of another network.
    Other(Question),
}

/// A request to many that was not sent yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Whose question it is.
    pub network: Network,
    /// What is asked.
    pub message: MessageId,
    /// `1 DATABASE`.
    pub title: String,
    /// How often, as it says.
    pub frequency: Frequency,
    /// How long a reply may take.
    pub timeout: Duration,
    /// How fast it goes out.
    pub pace: Pace,
    /// How many peers are marked.
    pub marked: usize,
    /// Who is asked, in this order: that of their keys.
    pub targets: Vec<Target>,
    /// Who is not, and why.
    pub left_out: Vec<LeftOut>,
    /// Payloads, and how many peers are asked with each: more than one where a message's default
    /// depends on the peer.
    pub payloads: Vec<(Bytes, usize)>,
    /// Targets that closed on the request before.
    pub refused_before: usize,
    /// Targets that are not connected.
    pub to_dial: usize,
    /// `18 tls`, how many, and whether everybody on the way can read it.
    pub by_transport: Vec<(String, usize, bool)>,
    /// NAT types as far as they were measured, most first.
    pub by_nat: Vec<(String, usize)>,
    /// What each peer loses by answering, in words.
    pub consumes: Option<&'static str>,
    /// The version of the first target, where all speak in the clear or none does, as far as that
    /// is known of everybody.
    pub version: Option<OverlayVersion>,
    pub(super) wait_for_dial_back: bool,
}

impl Plan {
    /// The same payload to each of these permids, which nothing is known of.
    #[cfg(test)]
    pub fn of_targets(
        message: MessageId,
        frequency: Frequency,
        payload: Bytes,
        pace: Pace,
        permids: impl Iterator<Item = Permid>,
    ) -> Self {
        let target = |permid| Target { peer: PeerKey::Permid(permid), payload: 0 };
        let targets: Vec<Target> = permids.map(target).collect();
        Self {
            network: Network::Overlay,
            message,
            title: message.to_string(),
            frequency,
            timeout: crate::messages::USUAL_TIMEOUT,
            pace,
            marked: targets.len(),
            payloads: vec![(payload, targets.len())],
            targets,
            left_out: Vec::new(),
            refused_before: 0,
            to_dial: 0,
            by_transport: Vec::new(),
            by_nat: Vec::new(),
            consumes: None,
            version: None,
            wait_for_dial_back: false,
        }
    }

    /// How many are not asked.
    #[must_use]
    pub fn left_out_count(&self) -> usize {
        self.left_out.iter().map(|left| left.peers).sum()
    }

    /// The request to one of its targets.
    #[must_use]
    pub fn request(&self, target: &Target) -> Request {
        let payload = self.payload_of(target);
        match target.peer {
            PeerKey::Permid(to) => Request::Overlay(Ask {
                to,
                message: self.message,
                frequency: self.frequency,
                payload,
                timeout: self.timeout,
                origin: Origin::Operator,
                wait_for_dial_back: self.wait_for_dial_back,
            }),
            PeerKey::Address(_) => Request::Other(Question {
                peer: target.peer.clone(),
                message: self.message,
                about: payload,
                whole: self.timeout,
            }),
        }
    }

    /// What one of its targets is asked in particular.
    #[must_use]
    pub fn payload_of(&self, target: &Target) -> Bytes {
        self.payloads.get(target.payload).map(|(payload, _)| payload.clone()).unwrap_or_default()
    }

    /// Bytes of the frames that go out, all together, without TLS around them.
    #[must_use]
    pub fn traffic(&self) -> usize {
        self.payloads.iter().map(|(payload, peers)| (BEFORE_PAYLOAD + payload.len()) * peers).sum()
    }

    /// How many targets send and get everything in the clear.
    #[must_use]
    pub fn readable(&self) -> usize {
        self.by_transport.iter().filter(|(.., readable)| *readable).map(|(_, peers, _)| peers).sum()
    }

    /// How long it takes where all answer, and where nobody does.
    #[must_use]
    pub fn duration(&self) -> (Duration, Duration) {
        self.pace.duration(self.targets.len(), self.timeout)
    }
}

//! The follow-up request for an outlier. Healthy peers answer it: it is not one that our own
//! previous request turns into a 254.

use swarmscope_wire::{Frequency, MessageId};

use super::campaign::Campaign;
use super::groups::Signal;
use swarmscope_networks::target::Network;

/// An id that nobody has defined: healthy peers answer 253, however often they are asked.
pub const CANARY: MessageId = MessageId(251);
/// Another one, for where the first was asked.
const SECOND_CANARY: MessageId = MessageId(250);

/// A follow-up request for an outlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// The same once more, with frequency 0: a peer accepts that at any time (protocol.md §4).
    Again(Frequency),
    /// An id that nobody has defined.
    Canary(MessageId),
}

/// The request that tells more, where there is one of the overlay, to the same peers.
#[must_use]
pub fn test(campaign: &Campaign, signal: Signal) -> Option<Test> {
    if campaign.plan.network != Network::Overlay {
        return None;
    }
    match signal {
        Signal::Size | Signal::Alone if campaign.plan.message == CANARY => {
            Some(Test::Canary(SECOND_CANARY))
        }
        Signal::Size | Signal::Alone => Some(Test::Canary(CANARY)),
        Signal::Malformed => Some(Test::Again(Frequency(0))),
        Signal::Odd => None,
    }
}

//! The request that tells more of an answer that is far from the others.

use swarmscope_wire::Frequency;

use super::campaign::Campaign;
use super::groups::Signal;

/// A request that tells more of an answer that is far from the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Test {
    /// How often, as it says.
    pub frequency: Frequency,
    /// It is one that healthy peers answer with 254.
    pub meets_254: bool,
}

/// The request that tells more, where there is one: the same to the same peers.
#[must_use]
pub fn test(campaign: &Campaign, signal: Signal) -> Option<Test> {
    let frequency = campaign.plan.frequency;
    match signal {
        // who was asked within this time has to answer 254, whatever the frequency was then
        Signal::Size => Some(Test { frequency: frequency.max(Frequency::DEFAULT), meets_254: true }),
        Signal::Malformed => Some(Test { frequency, meets_254: false }),
        Signal::Odd => None,
    }
}

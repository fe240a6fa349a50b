//! What is planned, and what is under way.

use std::time::Instant;

use super::view::View;
use swarmscope_facts::many::{Campaign, Pace, Plan};
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;

/// What would be sent, as long as nothing sent yet.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The marked peers.
    pub peers: Vec<PeerKey>,
    /// What became of them, or what is wrong with the request.
    pub plan: Result<Plan, String>,
    /// The first target shown.
    pub top: usize,
}

/// All that concerns requests to many.
#[derive(Clone, Default, Debug)]
pub struct Many {
    pub preview: Option<Preview>,
    /// Under way, or the last one.
    pub campaign: Option<Campaign>,
    pub view: View,
    pub pace: Pace,
    /// Our own permids, as far as they are known.
    pub(super) own: Vec<Permid>,
}

impl Many {
    /// When the next request may go out.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.campaign.as_ref()?.due()
    }

    /// The campaign, where anything of it may still go out.
    #[must_use]
    pub fn under_way(&self) -> Option<&Campaign> {
        self.campaign.as_ref().filter(|campaign| campaign.under_way())
    }
}

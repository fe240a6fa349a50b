//! Requests to many: the composer's request to all marked peers, after a preview, at a rate; what became of each, and the answers
//! in groups of identical content.
//!
//! [`plan`] is what would be sent, [`campaign`] what is being sent: who is asked when is decided there, from the time that is
//! passed in. [`groups`], [`measures`] and [`outcome`] count; [`view`] is what the operator looks at, `acts` are the commands.

pub(in crate::screen) mod acts;
pub mod against;
pub mod campaign;
pub mod command;
pub mod export;
pub(in crate::screen) mod feed;
pub mod form;
pub mod groups;
pub mod leave_out;
pub mod measures;
pub mod outcome;
pub mod pace;
pub mod plan;
pub mod sample;
pub mod signal;
pub mod view;

use std::time::Instant;

pub use campaign::Campaign;
use pace::Pace;
pub use plan::Plan;
use view::View;

use super::Model;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;

/// What would be sent, as long as nothing is sent yet.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The marked peers.
    pub peers: Vec<PeerKey>,
    /// What became of them, or what is wrong with the request.
    pub plan: Result<Plan, String>,
    /// The first target shown.
    pub top: usize,
    /// Those that would answer 254 are asked all the same: that is what tells them.
    pub all_the_same: bool,
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
    own: Vec<Permid>,
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

/// Plans the composer's request to these peers, as things are now.
fn planned(model: &Model, peers: Vec<PeerKey>, all_the_same: bool) -> Preview {
    let plan = Plan::new(model, &peers, &model.many.own, model.many.pace, all_the_same);
    Preview { peers, plan, top: 0, all_the_same }
}

/// Plans the same once more: times have passed, peers have come and gone.
fn planned_again(model: &Model, preview: Preview) -> Preview {
    Preview { top: preview.top, ..planned(model, preview.peers, preview.all_the_same) }
}

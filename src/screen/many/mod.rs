//! Requests to many: the composer's request to all marked peers, after a preview, at a rate; what became of each, and the answers
//! in groups of identical content.
//!
//! What is planned, sent, counted and grouped is facts' ([`swarmscope_facts::many`]); [`view`] is what the operator looks at,
//! `acts` are the commands.

pub(in crate::screen) mod acts;
pub mod command;
pub(in crate::screen) mod feed;
pub(in crate::screen) mod file;
pub mod form;
pub mod signal;
pub mod view;

use std::time::Instant;

use view::View;

use super::Model;
use swarmscope_facts::many::{Campaign, Draft, Pace, Plan};
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
    let plan = draft(model, all_the_same)
        .map(|draft| Plan::new(&model.facts, model.registry(), model.now, &draft, &peers, &model.many.own));
    Preview { peers, plan, top: 0, all_the_same }
}

/// The request in the composer, or what is wrong with it.
fn draft(model: &Model, all_the_same: bool) -> Result<Draft, String> {
    let composer = &model.composer;
    Ok(Draft {
        message: composer.message,
        frequency: composer.frequency()?,
        payload: composer.bytes(model.registry())?,
        usual: !composer.edited,
        pace: model.many.pace,
        all_the_same,
    })
}

/// Plans the same once more: times have passed, peers have come and gone.
fn planned_again(model: &Model, preview: Preview) -> Preview {
    Preview { top: preview.top, ..planned(model, preview.peers, preview.all_the_same) }
}

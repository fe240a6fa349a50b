//! What the operator looks at while a campaign runs and after it: the outcomes or the groups of
//! answers, one of them, its peers.

use swarmscope_facts::many::campaign::{Campaign, Row};
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::ContentId;

/// The lists of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Pane {
    Outcomes,
    #[default]
    Answers,
}

/// Where the operator is.
#[derive(Clone, Default, Debug)]
pub struct View {
    pub pane: Pane,
    /// The selected group.
    pub group: Option<ContentId>,
    /// The selected outcome, its place among those that are listed.
    pub outcome: Option<Outcome>,
    /// The peers of the selected group or outcome are gone through.
    pub inside: bool,
    /// The selected one of them.
    pub peer: Option<PeerKey>,
}

impl View {
    /// Selects the first group where nothing that is listed is selected.
    pub(super) fn keep_a_selection(&mut self, campaign: Option<&Campaign>) {
        let Some(campaign) = campaign else { return };
        if self.group.is_none_or(|id| campaign.groups().index(id).is_none()) {
            self.group = campaign.groups().listed().next().map(|group| group.id);
        }
    }

    /// Moves the selection.
    pub fn step(&mut self, campaign: &Campaign, by: isize) {
        if self.inside {
            let peers: Vec<PeerKey> = self.peers(campaign).map(|row| row.peer.clone()).collect();
            self.peer = stepped(&peers, self.peer.clone(), by);
        } else if self.pane == Pane::Answers {
            let groups: Vec<ContentId> = campaign.groups().listed().map(|group| group.id).collect();
            self.group = stepped(&groups, self.group, by);
        } else {
            self.outcome = stepped(&outcomes(campaign), Some(self.outcome(campaign)), by);
        }
    }

    /// The selected outcome.
    #[must_use]
    pub fn outcome(&self, campaign: &Campaign) -> Outcome {
        let listed = outcomes(campaign);
        self.outcome.filter(|outcome| listed.contains(outcome)).unwrap_or(Outcome::Answered)
    }

    /// The peers of what is selected: those of the group, or those of the outcome.
    pub fn peers<'c>(&self, campaign: &'c Campaign) -> impl Iterator<Item = &'c Row> + use<'c> {
        let group = self.group.and_then(|id| campaign.groups().index(id));
        let (pane, outcome) = (self.pane, self.outcome(campaign));
        campaign.rows().iter().filter(move |row| match pane {
            Pane::Answers => group.is_some() && campaign.group_of(row) == group,
            Pane::Outcomes => row.outcome == outcome,
        })
    }

    /// Goes into what is selected. Returns whether it has peers.
    pub fn enter(&mut self, campaign: &Campaign) -> bool {
        let first = self.peers(campaign).next().map(|row| row.peer.clone());
        self.inside = first.is_some();
        self.peer = first;
        self.inside
    }

    /// The row of the selected peer.
    #[must_use]
    pub fn row<'c>(&self, campaign: &'c Campaign) -> Option<&'c Row> {
        let peer = self.peer.as_ref().filter(|_| self.inside)?;
        campaign.rows().iter().find(|row| row.peer == *peer)
    }
}

/// The outcomes that are listed: `stopped` and other failures only where there are any, the rest
/// always.
#[must_use]
pub fn outcomes(campaign: &Campaign) -> Vec<Outcome> {
    // 254 is the overlay's
    let may_lack = |outcome: &Outcome| match outcome {
        Outcome::Stopped | Outcome::Other => true,
        Outcome::NotYet | Outcome::Malformed => campaign.plan.network != Network::Overlay,
        _ => false,
    };
    let is_listed = |outcome: &Outcome| !may_lack(outcome) || campaign.counts().of(*outcome) > 0;
    Outcome::ALL.into_iter().filter(is_listed).collect()
}

fn stepped<T: Clone + PartialEq>(list: &[T], at: Option<T>, by: isize) -> Option<T> {
    let place = at.and_then(|at| list.iter().position(|item| *item == at));
    let place = place.map_or(0, |place| place.saturating_add_signed(by));
    list.get(place.min(list.len().saturating_sub(1))).cloned()
}

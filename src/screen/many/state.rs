//! What is planned, what is under way, and what has ended.

use std::collections::BTreeSet;
use std::time::Instant;

use super::view::View;
use crate::screen::input::Input;
use swarmscope_facts::Marks;
use swarmscope_facts::many::{Campaign, Draft, Pace, Plan, Planning};
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::{MessageId, Permid};

/// How many requests to many are kept: with 400 peers each, some 10 MB.
pub const MOST: usize = 16;

/// What would be sent, as long as nothing sent yet.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The request, or what is wrong with it.
    pub draft: Result<Draft, String>,
    /// What became of the marked peers when all of them were looked at last; `None` before the
    /// first time.
    pub plan: Option<Plan>,
    /// The first target shown.
    pub top: usize,
    /// What was found wrong with the payload.
    pub doubt: Option<String>,
    /// The operator has said that it is to go out, which it does once everybody was looked at again.
    pub starts: bool,
    /// The marked peers, as far as they were gathered.
    pub(super) peers: BTreeSet<PeerKey>,
    /// All of them were.
    pub(super) gathered: bool,
    /// What is left of making the plan.
    pub(super) making: Option<Making>,
    /// When it is planned again.
    pub(super) again: Instant,
}

/// How far the making of a plan is. It goes on step by step.
#[derive(Clone, Debug)]
pub(super) enum Making {
    /// Those who were marked when it began are gathered, from this place of the table on.
    Gathering { marks: Marks, next: usize },
    /// Those after this peer are looked at.
    LookingAt { planning: Box<Planning>, last: Option<PeerKey> },
}

impl Preview {
    /// How many of the marked peers were looked at, and of how many, where there is nothing else to
    /// show yet.
    #[must_use]
    pub fn looked_at(&self) -> Option<(usize, usize)> {
        let making = self.making.as_ref().filter(|_| self.plan.is_none() || self.starts)?;
        Some(match making {
            Making::Gathering { marks, .. } => (0, marks.len()),
            Making::LookingAt { planning, .. } => (planning.looked_at(), self.peers.len()),
        })
    }
}

/// All that concerns requests to many.
#[derive(Clone, Default, Debug)]
pub struct Many {
    pub preview: Option<Preview>,
    /// The one that is looked at.
    pub campaign: Option<Campaign>,
    pub view: View,
    /// The others, under way or ended, each with where the operator was in it.
    pub(super) others: Vec<(Campaign, View)>,
    /// What is looked for in its lists; empty: nothing.
    pub find: Input,
    /// How many rows of how many had it when it was typed.
    pub(super) found: (usize, usize),
    pub pace: Pace,
    /// Our own permids, as far as they are known.
    pub(super) own: Vec<Permid>,
}

impl Many {
    /// When the next request may go out.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.all().filter_map(Campaign::due).min()
    }

    /// All of them, the one that is looked at first.
    pub fn all(&self) -> impl Iterator<Item = &Campaign> {
        self.campaign.iter().chain(self.others.iter().map(|(campaign, _)| campaign))
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Campaign> {
        self.campaign.iter_mut().chain(self.others.iter_mut().map(|(campaign, _)| campaign))
    }

    /// The same as they are listed: the newest first.
    #[must_use]
    pub fn listed(&self) -> Vec<&Campaign> {
        let mut all: Vec<&Campaign> = self.all().collect();
        all.sort_by_key(|campaign| std::cmp::Reverse(campaign.started.instant));
        all
    }

    /// Those of which anything may still go out.
    pub fn under_way(&self) -> impl Iterator<Item = &Campaign> {
        self.all().filter(|campaign| campaign.under_way())
    }

    /// The one to which a request belongs.
    pub(super) fn of(&self, ticket: Ticket) -> Option<&Campaign> {
        self.all().find(|campaign| campaign.has(ticket))
    }

    /// Whether one of those under way is going to ask this peer the same.
    pub(super) fn is_taken(&self, message: MessageId, peer: &PeerKey) -> bool {
        let mut same = self.under_way().filter(|campaign| campaign.plan.message == message);
        same.any(|campaign| campaign.is_to_come(peer))
    }

    /// Whether a plan is being made, step by step.
    pub(in crate::screen) fn is_planning(&self) -> bool {
        self.preview.as_ref().is_some_and(|preview| preview.making.is_some())
    }

    /// Another one is looked at; the one before stays as it is.
    pub(super) fn look_at(&mut self, campaign: Campaign, view: View) {
        let before = self.campaign.replace(campaign);
        let view = std::mem::replace(&mut self.view, view);
        self.others.extend(before.map(|before| (before, view)));
        if self.others.len() >= MOST {
            let ended = self.others.iter().position(|(campaign, _)| !campaign.under_way());
            ended.map(|at| self.others.remove(at));
        }
    }

    /// The one that stands there in the list is looked at.
    pub(super) fn turn_to(&mut self, at: usize) {
        let Some(started) = self.listed().get(at).map(|campaign| campaign.started.instant) else {
            return;
        };
        let place = self.others.iter().position(|(one, _)| one.started.instant == started);
        if let Some((campaign, view)) = place.map(|place| self.others.remove(place)) {
            self.look_at(campaign, view);
        }
    }
}

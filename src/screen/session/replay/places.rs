//! States that are kept, so that going back need not begin at the start. They have in common what
//! has not changed from one to the next, so what each costs is what has happened since the one
//! before it.

use super::spot::{Goal, Spot};
use crate::screen::model::Model;

/// Lines between two places, at first.
const EVERY: usize = 5_000;
/// Such places in all; then every second one goes.
const MOST_PLACES: usize = 64;
/// Peers that are another in each of these places than in the one before, at most, all together:
/// some hundred bytes each.
const MOST_PEERS: usize = 1_000_000;

/// Bytes of replies, as they were read, in all of these places together.
const MOST_BYTES: usize = 512 << 20;
/// So many lines before the one that is stepped to another state is kept: the next steps back begin
/// there.
const NEAR: usize = 256;

/// Where going back may begin.
pub(super) struct Places {
    kept: Vec<(Spot, Model)>,
    near: Option<(Spot, Model)>,
    every: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { kept: Vec::new(), near: None, every: EVERY }
    }
}

impl Places {
    /// The last place from which a goal can be reached without going back.
    pub fn before(&self, goal: Goal) -> Option<&(Spot, Model)> {
        let kept = self.kept.iter().rev().find(|(spot, _)| spot.is_before(goal));
        let near = self.near.iter().find(|(spot, _)| spot.is_before(goal));
        kept.into_iter().chain(near).max_by_key(|(spot, _)| spot.next)
    }

    /// On the way to a goal it is here.
    pub fn pass(&mut self, spot: &Spot, model: &Model, goal: Goal) {
        if goal.lines.checked_sub(NEAR) == Some(spot.next) {
            self.near = Some((spot.clone(), model.clone()));
        }
    }

    /// Keeps this state, if it is far enough from those that are kept.
    pub fn keep(&mut self, spot: &Spot, model: &Model) {
        let newest = self.kept.last().map_or(0, |(spot, _)| spot.next);
        if spot.next < newest + self.every {
            return;
        }
        let changed = model.facts.peers().len().min(self.every); // a line changes one peer, mostly
        let count = self.kept.len() + 1;
        let takes_much = count * changed > MOST_PEERS
            || count.saturating_mul(model.facts.held().bytes()) > MOST_BYTES;
        if count > 1 && (takes_much || count > MOST_PLACES) {
            let mut odd = false;
            self.kept.retain(|_| {
                odd = !odd;
                !odd
            });
            self.every *= 2;
            return;
        }
        self.kept.push((spot.clone(), model.clone()));
    }
}

//! The list kept up to date with what happens: its counts, its order, the filter and the selection.

use crate::screen::Model;
use swarmscope_facts::Present;

/// What the list has to be brought up to date for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::screen) enum Arrange {
    /// Something may have happened.
    News,
    /// A second has passed.
    Second,
    /// There is time for another step of what is under way.
    Wake,
    /// The filter is another, or means something else.
    Filter,
    /// The order is another.
    Sort,
}

impl Model {
    /// Selects the first row where nothing that is shown is selected, or where nobody has chosen
    /// a peer yet: the list of a program that has just started grows above its first peer.
    pub(in crate::screen) fn keep_a_selection(&mut self) {
        let row = self.selected_row();
        if row.is_some_and(|row| row == 0 || self.chosen || self.touched) {
            return;
        }
        if let Some(first) = self.peer_at(0) {
            let key = first.key.clone();
            self.turn_to(Some(key));
        }
    }

    /// Whether the list, the counts or the plan of a request to many are being brought up to date,
    /// step by step.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.order.is_under_way() || self.tally.is_under_way() || self.many.is_planning()
    }

    /// Filters the list at once, by what is typed as far as that can be read.
    pub(in crate::screen) fn rebuild(&mut self) {
        self.sieve.read(self.filter.text());
        self.arrange(Arrange::Filter);
    }

    /// Sorts the list at once.
    pub(in crate::screen) fn sort(&mut self) {
        self.arrange(Arrange::Sort);
    }

    /// Brings the list, the counts and the selection up to date.
    pub(in crate::screen) fn arrange(&mut self, how: Arrange) {
        let mut changed = self.facts.take_changed();
        changed.extend(self.noted.take().and_then(|key| self.facts.peers().index(&key)));
        let (message, frequency) = (self.composer.message, self.composer.frequency_or_default());
        let target = self.composer.target(self.registry());
        let Self { order, tally, census, facts: known, kept, setup, .. } = self;
        let peers = known.peers();
        let facts = Present {
            peers,
            notes: &kept.notes,
            acceptance: known.acceptance(),
            message,
            frequency,
            target,
            now: self.now,
            origin: self.started.instant,
            privacy: setup.naming.privacy,
        };
        let filter = self.sieve.filter();
        if self.range.is_some() {
            order.hold(self.now); // rows that are being marked stay where they are
        }
        census.update(peers, &changed);
        tally.update(&facts, &changed);
        order.changed(&facts, filter, &changed);
        order.marked(&facts, filter);
        let means_otherwise = order.means_otherwise(&facts, filter);
        match how {
            _ if means_otherwise => {
                self.range = None; // its rows go elsewhere
                order.sort_all(&facts, filter);
            }
            Arrange::News => order.settle(&facts, filter, false),
            // never at each of the events of which many come between two frames
            Arrange::Second | Arrange::Wake => {
                tally.go_on(&facts);
                if order.is_under_way() {
                    order.go_on(&facts, filter);
                } else {
                    order.settle(&facts, filter, how == Arrange::Second);
                }
            }
            Arrange::Filter => order.filter_all(&facts, filter),
            Arrange::Sort => order.sort_all(&facts, filter),
        }
        if let Some(index) = self.awaited.as_ref().and_then(|key| self.facts.peers().index(key))
            && self.order.row(index).is_some()
        {
            let dialled = self.awaited.take();
            self.select(dialled);
        }
        self.keep_a_selection();
    }

    /// What filters and orders look at.
    #[must_use]
    pub fn present(&self) -> Present<'_> {
        Present {
            peers: self.facts.peers(),
            notes: &self.kept.notes,
            acceptance: self.facts.acceptance(),
            message: self.composer.message,
            frequency: self.composer.frequency_or_default(),
            target: self.composer.target(self.registry()),
            now: self.now,
            origin: self.started.instant,
            privacy: self.setup.naming.privacy,
        }
    }
}

#[cfg(test)]
mod tests;

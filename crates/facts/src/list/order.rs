//! Which peers the list shows, and in which order. Rows hold still while somebody moves among them.
//!
//! The whole table is never sorted because of news: what has changed is taken out, sorted and
//! merged into the rest, which is in order already. Only a command of the operator's sorts or
//! filters everything.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use crate::dirty::Dirty;
use crate::list::column::Column;
use crate::list::filter::Filter;
pub use crate::list::sorting::{By, Sort};
use crate::list::sorting::{Key, compare};
use crate::now::Now;
use crate::present::Present;
use swarmscope_wire::krpc::Target;
use swarmscope_wire::{Frequency, MessageId};

/// How long after the last key rows keep their places.
const HELD: Duration = Duration::from_secs(4);
/// News moves rows at most this often: who reads a list that moves more often?
const SETTLED: Duration = Duration::from_millis(250);
/// Peers that one message may look at again at most: some milliseconds, of patterns a few more. The
/// rest is looked at with the next ones.
pub const AT_ONCE: usize = 4_000;
/// Filters that the passing of time decides on are asked again this often.
const ASKED_AGAIN: Duration = Duration::from_secs(5);
/// The place of a peer that is not shown.
const NOWHERE: u32 = u32::MAX;

/// What is known of the peer at one place of the table.
#[derive(Clone, Copy, Default, Debug)]
struct Slot {
    key: Key,
    /// Its row, or [`NOWHERE`].
    row: u32,
    /// There is a peer, and it has its place in the order.
    listed: bool,
    shown: bool,
    marked: bool,
}

/// What filters and keys depend on besides the peers: no peer changes where one of these does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Meaning {
    message: MessageId,
    frequency: Frequency,
    target: Option<Target>,
    privacy: bool,
}

impl Meaning {
    const fn of(facts: &Present) -> Self {
        let Present { message, frequency, target, privacy, .. } = *facts;
        Self { message, frequency, target, privacy }
    }
}

/// A look at everybody that is under way.
#[derive(Clone, Default, Debug)]
struct Pass {
    /// It has come this far.
    next: usize,
    /// Where it is for another order: those that were looked at, in that order.
    sorted: Option<Vec<(usize, Key)>>,
}

/// The rows of the list: places in the table of peers.
#[derive(Clone, Default, Debug)]
pub struct Order {
    /// What it is in order of.
    pub sort: Sort,
    /// Everybody, in order as of the last settling; who is new since then stands at the end.
    sorted: Vec<usize>,
    /// Those of them that the filter shows.
    rows: Vec<usize>,
    slots: Vec<Slot>,
    dirty: Dirty,
    pass: Option<Pass>,
    /// What the filter and the keys meant when they were last asked.
    meant: Option<Meaning>,
    asked: Option<Instant>,
    settled: Option<Instant>,
    last_key: Option<Now>,
    marked_shown: usize,
}

impl Order {
    /// An empty list, in this order from the beginning.
    #[must_use]
    pub fn sorted_by(sort: Sort) -> Self {
        Self { sort, ..Self::default() }
    }

    /// The places of the peers that are shown, in order.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The row of the peer at this place.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<usize> {
        let row = self.slots.get(index).filter(|slot| slot.listed)?.row;
        (row != NOWHERE).then_some(row as usize)
    }

    /// How many marked peers have a row.
    #[must_use]
    pub const fn marked_shown(&self) -> usize {
        self.marked_shown
    }

    /// Whether everybody is being filtered or sorted, and not all of them are done.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.pass.is_some()
    }

    /// Whether the filter or the order means something else than when it was last asked, though no
    /// peer has changed: another message was chosen, another frequency typed, addresses were
    /// hidden.
    pub fn means_otherwise(&mut self, facts: &Present, filter: &Filter) -> bool {
        let now = Meaning::of(facts);
        let Some(before) = self.meant.replace(now).filter(|before| *before != now) else {
            return false;
        };
        let asked = (before.message, before.frequency) != (now.message, now.frequency);
        match self.sort.by {
            By::Column(Column::Next) if asked => true,
            By::Column(Column::Distance) if before.target != now.target => true,
            By::Column(Column::Address) if before.privacy != now.privacy => true,
            _ => asked && filter.asks_for_the_time(),
        }
    }

    /// Somebody pressed a key.
    pub fn hold(&mut self, now: Now) {
        self.last_key = Some(now);
    }

    fn held(&self, now: Now) -> bool {
        self.last_key.is_some_and(|key| now.instant.saturating_duration_since(key.instant) < HELD)
    }

    /// Peers that may have changed. New ones get a row at the end at once, where the filter shows
    /// them.
    pub fn changed(&mut self, facts: &Present, filter: &Filter, changed: &[usize]) {
        for &index in changed {
            self.dirty.add(index);
            if self.slots.len() <= index {
                self.slots.resize(index + 1, Slot::default());
            }
            match (facts.peers.at(index), self.slots[index].listed) {
                (Some(peer), false) => {
                    let shown = filter.shows(facts, peer);
                    let row = if shown {
                        u32::try_from(self.rows.len()).unwrap_or(NOWHERE)
                    } else {
                        NOWHERE
                    };
                    let marked = facts.marks.contains(&peer.key);
                    self.slots[index] =
                        Slot { key: Key::default(), row, listed: true, shown, marked };
                    self.sorted.push(index);
                    if shown {
                        self.rows.push(index);
                    }
                }
                (None, true) => self.drop_one(index),
                _ => {}
            }
        }
    }

    /// A peer that turned out to be another one leaves at once: nothing takes its place.
    fn drop_one(&mut self, index: usize) {
        self.sorted.retain(|&other| other != index);
        self.slots[index] = Slot { row: NOWHERE, ..Slot::default() };
        self.lay_rows();
    }

    /// These peers' marks may have changed.
    pub fn marked(
        &mut self,
        facts: &Present,
        filter: &Filter,
        indices: impl Iterator<Item = usize>,
    ) {
        for index in indices {
            let Some(peer) = facts.peers.at(index) else { continue };
            if let Some(slot) = self.slots.get_mut(index) {
                slot.marked = facts.marks.contains(&peer.key);
            }
            if filter.asks_for_marks() {
                self.dirty.add(index);
            }
        }
        self.count_marked();
    }

    /// Brings the list in order where something changed, nobody is moving in it, and it has not
    /// just moved. At a full second it always may. Goes on with a filtering that is under way.
    pub fn settle(&mut self, facts: &Present, filter: &Filter, full_second: bool) {
        let now = facts.now.instant;
        let recent = |at: Option<Instant>, span| {
            at.is_some_and(|at| now.saturating_duration_since(at) < span)
        };
        if self.pass.is_some() {
            self.go_on(facts, filter);
        } else if full_second
            && filter.asks_for_the_time()
            && !recent(self.asked, ASKED_AGAIN)
            && !self.held(facts.now)
        {
            self.filter_all(facts, filter);
        }
        let under_way = self.pass.is_some();
        if !under_way
            && !self.dirty.is_empty()
            && !self.held(facts.now)
            && (full_second || !recent(self.settled, SETTLED))
        {
            self.merge(facts, filter);
            self.settled = Some(now);
        }
    }

    /// Filters everybody, and brings in order what has changed.
    pub fn filter_all(&mut self, facts: &Present, filter: &Filter) {
        self.asked = Some(facts.now.instant);
        let sorts = self.pass.take().is_some_and(|pass| pass.sorted.is_some());
        self.pass = Some(Pass { next: 0, sorted: sorts.then(Vec::new) });
        self.go_on(facts, filter);
    }

    /// Sorts and filters everybody: the operator wants another order, or it means something else.
    pub fn sort_all(&mut self, facts: &Present, filter: &Filter) {
        self.asked = Some(facts.now.instant);
        self.pass = Some(Pass { next: 0, sorted: Some(Vec::with_capacity(self.slots.len())) });
        self.go_on(facts, filter);
    }

    fn go_on(&mut self, facts: &Present, filter: &Filter) {
        let Some(mut pass) = self.pass.take() else { return };
        let end = (pass.next + AT_ONCE).min(self.slots.len());
        for index in std::mem::replace(&mut pass.next, end)..end {
            let Some(peer) = facts.peers.at(index) else { continue };
            self.slots[index].shown = filter.shows(facts, peer);
            if let Some(sorted) = &mut pass.sorted {
                let key = Key::of(self.sort.by, facts, peer);
                self.slots[index].key = key; // nothing is merged by keys before the end
                sorted.push((index, key));
            }
        }
        if let Some(sorted) = &mut pass.sorted {
            // stable, for this sort finds what is in order already and merges the rest into it
            sorted.sort_by(|(a, key_a), (b, key_b)| {
                compare(self.sort, facts, (*a, key_a), (*b, key_b))
            });
        }
        if end < self.slots.len() {
            self.pass = Some(pass);
            return;
        }
        if let Some(sorted) = pass.sorted {
            self.sorted = sorted.into_iter().map(|(index, _)| index).collect();
        }
        self.merge(facts, filter);
    }

    /// Takes out what has changed, sorts it, and merges it into the rest.
    fn merge(&mut self, facts: &Present, filter: &Filter) {
        if self.dirty.is_empty() {
            return self.lay_rows();
        }
        let mut rest = std::mem::take(&mut self.sorted);
        rest.retain(|&index| !self.dirty.contains(index));
        let mut changed = self.dirty.take();
        changed.retain(|&index| self.look_again(facts, filter, index));
        changed.sort_unstable_by(|a, b| self.before(facts, *a, *b));
        self.sorted = Vec::with_capacity(rest.len() + changed.len());
        let mut taken = 0;
        for index in changed {
            let place = taken
                + rest[taken..].partition_point(|&other| self.before(facts, other, index).is_lt());
            self.sorted.extend_from_slice(&rest[taken..place]);
            self.sorted.push(index);
            taken = place;
        }
        self.sorted.extend_from_slice(&rest[taken..]);
        self.lay_rows();
    }

    /// Filter and key of one peer. Returns whether there is one.
    fn look_again(&mut self, facts: &Present, filter: &Filter, index: usize) -> bool {
        let (Some(peer), Some(slot)) = (facts.peers.at(index), self.slots.get_mut(index)) else {
            return false;
        };
        slot.shown = filter.shows(facts, peer);
        slot.key = Key::of(self.sort.by, facts, peer);
        slot.marked = facts.marks.contains(&peer.key);
        slot.listed
    }

    fn before(&self, facts: &Present, a: usize, b: usize) -> Ordering {
        compare(self.sort, facts, (a, &self.slots[a].key), (b, &self.slots[b].key))
    }

    fn lay_rows(&mut self) {
        self.rows.clear();
        self.marked_shown = 0;
        for &index in &self.sorted {
            let slot = &mut self.slots[index];
            slot.row = NOWHERE;
            if slot.shown {
                slot.row = u32::try_from(self.rows.len()).unwrap_or(NOWHERE);
                self.rows.push(index);
                self.marked_shown += usize::from(slot.marked);
            }
        }
    }

    fn count_marked(&mut self) {
        self.marked_shown = self.rows.iter().filter(|&&index| self.slots[index].marked).count();
    }
}

//! Which peers the list shows, and in which order. Rows hold still while somebody moves among them.
//!
//! All that takes longer with more peers is done in steps, none of which visits more than so many
//! of them: a key waits for one step at most. What is shown stays as it is until the last step,
//! which puts what was laid out meanwhile in its place.
//!
//! The whole table is never sorted because of news: what has changed is taken out, sorted and
//! woven into the rest, which is in order already. Only a command of the operator's sorts or
//! filters everything.

use std::time::{Duration, Instant};

use crate::dirty::{Dirty, Places};
use crate::list::column::Column;
use crate::list::filter::Filter;
use crate::list::laid::Laid;
use crate::list::runs::Runs;
pub use crate::list::sorting::{By, Sort};
use crate::list::sorting::{Key, compare};
use crate::marks::Marks;
use crate::now::Now;
use crate::present::Present;
use swarmscope_wire::krpc::Target;
use swarmscope_wire::{Frequency, MessageId};

/// How long after the last key rows keep their places.
const HELD: Duration = Duration::from_secs(4);
/// News moves rows at most this often: who reads a list that moves more often?
const SETTLED: Duration = Duration::from_millis(250);
/// Peers that one step looks at again at most: some milliseconds, of patterns a few more.
pub const AT_ONCE: usize = 4_000;
/// A look at a peer takes about as long as laying out so many whose order is known.
pub const LOOK: usize = 16;
/// The same of merging one of those that were sorted.
const MERGED: usize = 4;
/// What one step does at most, in peers that are laid out.
pub const STEP: usize = LOOK * AT_ONCE;
/// Filters that the passing of time decides on are asked again this often.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

/// What is known of the peer at one place of the table, besides its key in the order.
#[derive(Clone, Copy, Default, Debug)]
struct Slot {
    /// There is a peer, and it was seen.
    listed: bool,
    shown: bool,
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

/// Whom a pass looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whom {
    /// Those that have changed.
    Changed,
    /// Everybody, to filter them; who has changed is sorted as well.
    Filtered,
    /// Everybody, to filter and sort them.
    Sorted,
}

/// The way to another list, in steps.
#[derive(Clone, Debug)]
struct Pass {
    whom: Whom,
    /// Nobody asked for it: it makes way for who moves among the rows.
    by_itself: bool,
    /// Who had changed when it began: they are looked at first.
    changed: Vec<usize>,
    /// So many of these, then of all places, were looked at.
    looked: usize,
    /// Who gets another place in the order.
    runs: Runs,
    /// The same: who is gone again since is taken out.
    taken: Places,
    /// Who is new since it began: they are for the next one.
    arrived: Dirty,
    /// So many of the order before were gone through.
    woven: usize,
    /// The list that comes of it.
    laid: Laid,
}

/// The rows of the list: places in the table of peers.
#[derive(Clone, Default, Debug)]
pub struct Order {
    /// What it is in order of.
    pub sort: Sort,
    laid: Laid,
    slots: Vec<Slot>,
    /// By what each place was sorted.
    keys: Vec<Key>,
    /// The marks that are counted.
    marks: Marks,
    /// Those that may have changed since they got their places.
    dirty: Dirty,
    pass: Option<Pass>,
    /// What the filter and the keys meant when they were last asked.
    meant: Option<Meaning>,
    asked: Option<Instant>,
    settled: Option<Instant>,
    last_key: Option<Now>,
    work: u64,
}

impl Order {
    /// An empty list, in this order from the beginning.
    #[must_use]
    pub fn sorted_by(sort: Sort) -> Self {
        Self { sort, ..Self::default() }
    }

    /// The places of the peers that are shown, in order.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.laid.rows
    }

    /// The place of the peer in this row.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<usize> {
        self.laid.rows.get(row).map(|&index| index as usize)
    }

    /// The row of the peer at this place.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<usize> {
        self.laid.row(index)
    }

    /// How many marked peers have a row.
    #[must_use]
    pub const fn marked_shown(&self) -> usize {
        self.laid.marked
    }

    /// Whether the list is being sorted or filtered, and that has not come to its end.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.pass.is_some()
    }

    /// What all steps so far have done, told without a clock: how many peers were laid out, where a
    /// look counts as [`LOOK`] of them and merging one that was sorted as four.
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.work
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

    /// Somebody pressed a key: what is on its way into the list by itself waits.
    pub fn hold(&mut self, now: Now) {
        self.last_key = Some(now);
        if self.pass.as_ref().is_some_and(|pass| pass.by_itself) {
            self.give_up();
        }
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
                self.keys.resize(index + 1, Key::default());
            }
            match (facts.peers.at(index), self.slots[index].listed) {
                (Some(peer), false) => {
                    let shown = filter.shows(facts, peer);
                    self.slots[index] = Slot { listed: true, shown };
                    if shown {
                        self.laid.show(place(index), self.marks.contains(index));
                    }
                    if let Some(pass) = &mut self.pass {
                        pass.arrived.add(index);
                    }
                }
                (None, true) => self.drop_one(index),
                _ => {}
            }
        }
    }

    /// A peer that turned out to be another one leaves at once: nothing takes its place.
    fn drop_one(&mut self, index: usize) {
        self.slots[index] = Slot::default();
        let marked = self.marks.contains(index);
        let stood = self.laid.take_out(index, marked);
        if let Some(pass) = &mut self.pass {
            pass.taken.remove(index);
            pass.laid.take_out(index, marked);
            pass.woven -= usize::from(stood.is_some_and(|stood| stood < pass.woven));
        }
    }

    /// Marks may have come and gone.
    pub fn marked(&mut self, facts: &Present, filter: &Filter) {
        let now = facts.peers.marks();
        if now.changes() == self.marks.changes() {
            return;
        }
        let before = std::mem::replace(&mut self.marks, now.clone());
        for index in now.since(&before) {
            let laid = self.pass.iter_mut().map(|pass| &mut pass.laid).chain([&mut self.laid]);
            laid.for_each(|laid| laid.mark(index, now.contains(index)));
            if filter.asks_for_marks() {
                self.dirty.add(index);
            }
        }
    }

    /// Brings the list in order where something changed, nobody is moving in it, and it has not
    /// just moved. At a full second it always may.
    pub fn settle(&mut self, facts: &Present, filter: &Filter, full_second: bool) {
        let now = facts.now.instant;
        let recent = |at: Option<Instant>, span| {
            at.is_some_and(|at| now.saturating_duration_since(at) < span)
        };
        if self.pass.is_some() || self.held(facts.now) {
            return;
        }
        if full_second && filter.asks_for_the_time() && !recent(self.asked, ASKED_AGAIN) {
            self.filter_all(facts, filter);
            self.pass.iter_mut().for_each(|pass| pass.by_itself = true);
        } else if !self.dirty.is_empty() && (full_second || !recent(self.settled, SETTLED)) {
            self.settled = Some(now);
            self.begin(Whom::Changed);
            self.go_on(facts, filter);
        }
    }

    /// Filters everybody, and brings in order what has changed.
    pub fn filter_all(&mut self, facts: &Present, filter: &Filter) {
        self.asked = Some(facts.now.instant);
        // who was looked at to be sorted has another key already
        let sorts = self.pass.as_ref().is_some_and(|pass| pass.whom == Whom::Sorted);
        self.begin(if sorts { Whom::Sorted } else { Whom::Filtered });
        self.go_on(facts, filter);
    }

    /// Sorts and filters everybody: the operator wants another order, or it means something else.
    pub fn sort_all(&mut self, facts: &Present, filter: &Filter) {
        self.asked = Some(facts.now.instant);
        self.begin(Whom::Sorted);
        self.go_on(facts, filter);
    }

    fn begin(&mut self, whom: Whom) {
        self.give_up();
        let changed = self.dirty.take();
        let others = if whom == Whom::Sorted { self.slots.len() } else { 0 };
        self.pass = Some(Pass {
            whom,
            by_itself: whom == Whom::Changed,
            runs: Runs::with_room(changed.len() + others),
            changed,
            looked: 0,
            taken: Places::default(),
            arrived: Dirty::default(),
            woven: 0,
            laid: Laid::with_room(self.slots.len()),
        });
    }

    /// What was on its way into the list is still to come.
    fn give_up(&mut self) {
        for index in self.pass.take().into_iter().flat_map(|pass| pass.changed) {
            self.dirty.add(index);
        }
    }

    /// One step of what is under way.
    pub fn go_on(&mut self, facts: &Present, filter: &Filter) {
        self.step(facts, filter, STEP);
    }

    fn step(&mut self, facts: &Present, filter: &Filter, most: usize) {
        let Some(mut pass) = self.pass.take() else { return };
        let mut left = most;
        let is_done = self.look(&mut pass, facts, filter, &mut left)
            && self.weave(&mut pass, facts, &mut left);
        self.work += (most - left) as u64;
        if !is_done {
            self.pass = Some(pass);
            return;
        }
        self.laid = pass.laid;
        for index in pass.arrived.take() {
            let Slot { listed, shown } = self.slots[index];
            if listed && shown {
                self.laid.show(place(index), self.marks.contains(index));
            }
        }
    }

    /// Filters and keys, as far as they are not those of before. Returns whether all have theirs.
    fn look(
        &mut self,
        pass: &mut Pass,
        facts: &Present,
        filter: &Filter,
        left: &mut usize,
    ) -> bool {
        let everybody = if pass.whom == Whom::Changed { 0 } else { self.slots.len() };
        let end = pass.changed.len() + everybody;
        while pass.looked < end && *left >= LOOK {
            let all = pass.looked.checked_sub(pass.changed.len());
            let index = all.unwrap_or_else(|| pass.changed[pass.looked]);
            pass.looked += 1;
            *left -= LOOK;
            let Some(peer) = facts.peers.at(index).filter(|_| self.slots[index].listed) else {
                continue;
            };
            if pass.arrived.contains(index) || pass.taken.contains(index) {
                continue;
            }
            self.slots[index].shown = filter.shows(facts, peer);
            if all.is_none() || pass.whom == Whom::Sorted {
                let key = Key::of(self.sort.by, facts, peer);
                self.keys[index] = key;
                pass.runs.add(place(index), key);
                pass.taken.add(index);
            }
        }
        pass.runs.close(self.sort, facts);
        pass.looked == end
    }

    /// Lays the list out: who was taken out of the order, merged with the rest of it. Returns
    /// whether everybody is in it.
    fn weave(&mut self, pass: &mut Pass, facts: &Present, left: &mut usize) -> bool {
        if pass.whom == Whom::Sorted {
            pass.woven = self.laid.order.len(); // all of them were taken out
        }
        while *left >= MERGED {
            *left -= 1;
            let rest = self.laid.order.get(pass.woven).copied();
            let next = match (rest, pass.runs.head()) {
                (Some(rest), _) if pass.taken.contains(rest as usize) => {
                    pass.woven += 1;
                    continue;
                }
                (Some(rest), Some(taken)) if !self.is_before(facts, rest, taken) => taken,
                (Some(rest), _) => {
                    pass.woven += 1;
                    self.put(pass, rest);
                    continue;
                }
                (None, Some(taken)) => taken,
                (None, None) => return true,
            };
            *left -= MERGED - 1;
            pass.runs.pop(self.sort, facts);
            if pass.taken.contains(next as usize) {
                self.put(pass, next);
            }
        }
        false
    }

    /// The next one in the order.
    fn put(&self, pass: &mut Pass, index: u32) {
        pass.laid.order.push(index);
        if self.slots[index as usize].shown {
            pass.laid.show(index, self.marks.contains(index as usize));
        }
    }

    fn is_before(&self, facts: &Present, a: u32, b: u32) -> bool {
        let with_key = |index: u32| (index as usize, &self.keys[index as usize]);
        compare(self.sort, facts, with_key(a), with_key(b)).is_lt()
    }
}

/// As rows know it. A table is far too small for places beyond 32 bits.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

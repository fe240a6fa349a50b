//! Sorting in steps that take about the same time each, however many peers there are: a few
//! thousand at a time become a run, and when everybody is in a run, the runs are merged into one
//! order, again as many at a time as one likes.

use std::cmp::Ordering;
use std::ops::Range;

use super::sorting::{Key, Sort, compare};
use crate::present::Present;

/// Peers with their keys, in runs.
#[derive(Clone, Default, Debug)]
pub struct Runs {
    all: Vec<(u32, Key)>,
    /// What is left of each run; a heap, with the run of the next peer on top.
    heap: Vec<Range<usize>>,
    /// Where the run begins that is being made.
    open: usize,
}

impl Runs {
    /// None yet, and room for so many: to grow would be to copy all of them now and then.
    pub fn with_room(peers: usize) -> Self {
        Self { all: Vec::with_capacity(peers), ..Self::default() }
    }

    /// Adds a peer to the run that is being made.
    pub fn add(&mut self, index: u32, key: Key) {
        self.all.push((index, key));
    }

    /// Brings the run that is being made in order.
    pub fn close(&mut self, sort: Sort, facts: &Present) {
        let run = self.open..self.all.len();
        self.open = run.end;
        if run.is_empty() {
            return;
        }
        self.all[run.clone()].sort_unstable_by(|a, b| order(sort, facts, a, b));
        self.heap.push(run);
        let mut at = self.heap.len() - 1;
        while at > 0 && self.is_before(sort, facts, at, (at - 1) / 2) {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    /// The next peer in the order of all.
    pub fn head(&self) -> Option<u32> {
        self.heap.first().map(|run| self.all[run.start].0)
    }

    /// Goes on to the one after it.
    pub fn pop(&mut self, sort: Sort, facts: &Present) {
        let Some(top) = self.heap.first_mut() else { return };
        top.start += 1;
        if top.start == top.end {
            self.heap.swap_remove(0);
        }
        let mut at = 0;
        loop {
            let mut first = at;
            for below in [2 * at + 1, 2 * at + 2] {
                if below < self.heap.len() && self.is_before(sort, facts, below, first) {
                    first = below;
                }
            }
            if first == at {
                return;
            }
            self.heap.swap(at, first);
            at = first;
        }
    }

    fn is_before(&self, sort: Sort, facts: &Present, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|run| &self.all[self.heap[run].start]);
        order(sort, facts, a, b).is_lt()
    }
}

fn order(
    sort: Sort,
    facts: &Present,
    (a, key_a): &(u32, Key),
    (b, key_b): &(u32, Key),
) -> Ordering {
    compare(sort, facts, (*a as usize, key_a), (*b as usize, key_b))
}

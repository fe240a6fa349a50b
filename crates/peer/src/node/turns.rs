//! Whose question is worked on next: Crawlers take turns, and neither one of them nor one id has
//! all the places.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::crawler::ReplyId;
use swarmscope_wire::{MessageId, Permid};

/// How many probes work at the same time; more requests wait for their turn. A statistics reply may
/// take 64 MiB while it is made.
const AT_ONCE: usize = 12;
/// Of those, of one id: SQL that takes its time must not hold a NAT test up.
const OF_ONE_ID: usize = 6;
/// Of those, for one Crawler.
const OF_ONE_CRAWLER: usize = 3;

/// What tells a question from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) id: ReplyId,
    pub(super) message: MessageId,
    pub(super) from: Permid,
}

/// Questions that wait, and those that are worked on.
#[derive(Debug)]
pub(super) struct Turns<T> {
    waiting: BTreeMap<Permid, VecDeque<(Place, T)>>,
    /// The order in which Crawlers are served; each goes to its end after its turn.
    order: VecDeque<Permid>,
    working: HashMap<ReplyId, Place>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), order: VecDeque::new(), working: HashMap::new() }
    }
}

impl<T> Turns<T> {
    /// A question waits for its turn.
    pub(super) fn push(&mut self, place: Place, question: T) {
        let theirs = self.waiting.entry(place.from).or_default();
        if theirs.is_empty() {
            self.order.push_back(place.from);
        }
        theirs.push_back((place, question));
    }

    /// The next one that may be worked on now.
    pub(super) fn next(&mut self) -> Option<(Place, T)> {
        if self.working.len() >= AT_ONCE {
            return None;
        }
        let count =
            |is: &dyn Fn(&Place) -> bool| self.working.values().filter(|place| is(place)).count();
        let (at, which) = self.order.iter().enumerate().find_map(|(at, from)| {
            let theirs = self
                .waiting
                .get(from)
                .filter(|_| count(&|place| place.from == *from) < OF_ONE_CRAWLER)?;
            let may = |message: MessageId| count(&|place| place.message == message) < OF_ONE_ID;
            Some((at, theirs.iter().position(|(place, _)| may(place.message))?))
        })?;
        let from = self.order.remove(at)?;
        let theirs = self.waiting.get_mut(&from)?;
        let (place, question) = theirs.remove(which)?;
        if theirs.is_empty() {
            self.waiting.remove(&from);
        } else {
            self.order.push_back(from);
        }
        self.working.insert(place.id, place);
        Some((place, question))
    }

    /// A question is answered, or given up.
    pub(super) fn done(&mut self, id: ReplyId) {
        if self.working.remove(&id).is_some() {
            return;
        }
        self.waiting.retain(|_, theirs| {
            theirs.retain(|(place, _)| place.id != id);
            !theirs.is_empty()
        });
        self.order.retain(|from| self.waiting.contains_key(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: u64, from: u8, message: u8) -> Place {
        Place { id: ReplyId(id), message: MessageId(message), from: Permid::Ed25519([from; 32]) }
    }

    fn turns(turns: &mut Turns<()>) -> Vec<u64> {
        std::iter::from_fn(|| turns.next()).map(|(place, ())| place.id.0).collect()
    }

    #[test]
    fn crawlers_take_turns_and_no_id_has_all_places() {
        let mut all = Turns::default();
        (0..64).for_each(|n| all.push(place(n, 1, 1), ()));
        assert_eq!(turns(&mut all), [0, 1, 2], "one Crawler's share");
        (100..110).for_each(|n| all.push(place(n, 2, 1), ()));
        assert_eq!(turns(&mut all), [100, 101, 102]);
        all.push(place(200, 3, 1), ());
        all.push(place(201, 3, 3), ());
        assert_eq!(turns(&mut all), [201], "six of one id work: another id goes first");
        all.done(ReplyId(0));
        assert_eq!(turns(&mut all), [3], "who has had no turn for longest");
        all.done(ReplyId(103));
        all.done(ReplyId(100));
        assert_eq!(turns(&mut all), [104], "103 was given up while it waited");
        all.done(ReplyId(1));
        assert_eq!(turns(&mut all), [200]);
        for id in 0..300 {
            all.done(ReplyId(id));
        }
        assert!(turns(&mut all).is_empty());
        assert!(all.waiting.is_empty() && all.working.is_empty() && all.order.is_empty());
    }
}

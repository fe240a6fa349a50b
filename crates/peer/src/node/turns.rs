//! Whose question is worked on next: Crawlers take turns, and neither one of them nor one id has
//! all the places.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::crawler::ReplyId;
use crate::limits::{Limit, Limits, Meter};
use swarmscope_wire::{MessageId, Permid};

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
    limits: Limits,
    meter: Meter,
    waiting: BTreeMap<Permid, VecDeque<(Place, T)>>,
    /// The order in which Crawlers are served; each goes to its end after its turn.
    order: VecDeque<Permid>,
    working: HashMap<ReplyId, Place>,
}

impl<T> Turns<T> {
    pub(super) fn new(limits: &Limits, meter: Meter) -> Self {
        let (waiting, order, working) = (BTreeMap::new(), VecDeque::new(), HashMap::new());
        Self { limits: *limits, meter, waiting, order, working }
    }

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
        let Limits { working, working_per_message, working_per_crawler, .. } = self.limits;
        if self.working.len() >= working {
            if !self.order.is_empty() {
                self.meter.refused(Limit::Working);
            }
            return None;
        }
        let count =
            |is: &dyn Fn(&Place) -> bool| self.working.values().filter(|place| is(place)).count();
        let (at, which) = self.order.iter().enumerate().find_map(|(at, from)| {
            let theirs = self
                .waiting
                .get(from)
                .filter(|_| count(&|place| place.from == *from) < working_per_crawler)?;
            let may =
                |message: MessageId| count(&|place| place.message == message) < working_per_message;
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
        self.count(place);
        Some((place, question))
    }

    fn count(&self, place: Place) {
        let count =
            |is: &dyn Fn(&Place) -> bool| self.working.values().filter(|place| is(place)).count();
        let of_message = count(&|other| other.message == place.message);
        let of_crawler = count(&|other| other.from == place.from);
        self.meter.uses(Limit::Working, self.working.len() as u64);
        self.meter.uses(Limit::WorkingPerMessage, of_message as u64);
        self.meter.uses(Limit::WorkingPerCrawler, of_crawler as u64);
    }

    /// A question is answered, or given up.
    pub(super) fn done(&mut self, id: ReplyId) {
        if let Some(place) = self.working.remove(&id) {
            return self.count(place);
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
    fn no_more_is_worked_on_than_there_are_places() {
        let limits = Limits { working: 4, ..Limits::default() };
        let mut all = Turns::new(&limits, Meter::new(&limits));
        (0..6).for_each(|n| all.push(place(n.into(), n, n), ()));
        assert_eq!(turns(&mut all), [0, 1, 2, 3]);
        all.done(ReplyId(2));
        assert_eq!(turns(&mut all), [4]);
    }

    #[test]
    fn crawlers_take_turns_and_no_id_has_all_places() {
        let limits = Limits::default();
        let mut all = Turns::new(&limits, Meter::new(&limits));
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

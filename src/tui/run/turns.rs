//! One after the other: what comes up while something is being done waits until that is done.

use std::collections::VecDeque;

/// What waits for its turn.
pub struct Turns<T> {
    waiting: VecDeque<T>,
    /// Somebody is taking them, one after the other.
    taken: bool,
    /// How many were added by others while one task takes them.
    only_adds: bool,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), taken: false, only_adds: false }
    }
}

impl<T> Turns<T> {
    /// Adds something at the end.
    pub fn wait(&mut self, item: T) {
        self.waiting.push_back(item);
        self.only_adds = self.taken;
    }

    /// The next one, for whoever takes them; nothing for somebody who has added one while another
    /// takes them.
    pub fn next(&mut self) -> Option<T> {
        if std::mem::take(&mut self.only_adds) {
            return None;
        }
        let next = self.waiting.pop_front();
        self.taken = next.is_some();
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Doing one thing brings up two more, until enough has come up.
    struct Doer {
        turns: Turns<u32>,
        done: Vec<u32>,
        under_way: u32,
    }

    impl Doer {
        fn take(&mut self, item: u32) {
            self.turns.wait(item);
            while let Some(item) = self.turns.next() {
                self.under_way += 1;
                assert_eq!(self.under_way, 1, "nothing begins while another is being done");
                self.done.push(item);
                for next in [2 * item, 2 * item + 1].into_iter().filter(|next| *next < 12) {
                    self.take(next);
                }
                self.under_way -= 1;
            }
        }
    }

    #[test]
    fn what_comes_up_meanwhile_waits_and_keeps_its_order() {
        let mut doer = Doer { turns: Turns::default(), done: Vec::new(), under_way: 0 };
        doer.take(1);
        assert_eq!(doer.done, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        doer.take(7);
        assert_eq!(doer.done.last(), Some(&7), "the next one has its turn as well");
    }
}

//! Questions that wait for the pace: a queue for each address, and the addresses in turn. One that
//! must rest, or has ever so many questions before it, holds up nobody else.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use foldhash::fast::RandomState as Keys;
use swarmscope_wire::krpc::Question;

/// One question.
pub(super) type Waiting<T> = (SocketAddr, Question, T);

/// See the module. Every address with a queue is in `ready` or in `resting`, once.
#[derive(Debug)]
pub(super) struct Turns<T> {
    queues: HashMap<IpAddr, VecDeque<Waiting<T>>, Keys>,
    /// Addresses whose turn comes.
    ready: VecDeque<IpAddr>,
    /// Addresses that may not be asked before that time.
    resting: BinaryHeap<Reverse<(Instant, IpAddr)>>,
    len: usize,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        let (queues, ready) = (HashMap::default(), VecDeque::new());
        Self { queues, ready, resting: BinaryHeap::new(), len: 0 }
    }
}

impl<T> Turns<T> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Behind whatever else that address is to be asked.
    pub(super) fn push(&mut self, question: Waiting<T>) {
        let ip = question.0.ip();
        let queue = self.queues.entry(ip).or_default();
        if queue.is_empty() {
            self.ready.push_back(ip);
        }
        queue.push_back(question);
        self.len += 1;
    }

    /// The address whose turn it is.
    pub(super) fn next(&mut self, now: Instant) -> Option<IpAddr> {
        while let Some(Reverse((until, ip))) = self.resting.peek().copied()
            && until <= now
        {
            self.resting.pop();
            self.ready.push_back(ip);
        }
        self.ready.front().copied()
    }

    /// The one whose turn it is rests until then.
    pub(super) fn rest(&mut self, until: Instant) {
        if let Some(ip) = self.ready.pop_front() {
            self.resting.push(Reverse((until, ip)));
        }
    }

    /// The first question of the one whose turn it is, which then may not be asked until `until`.
    pub(super) fn take(&mut self, until: Instant) -> Option<Waiting<T>> {
        let ip = self.ready.pop_front()?;
        let queue = self.queues.get_mut(&ip)?;
        let question = queue.pop_front()?;
        self.len -= 1;
        if queue.is_empty() {
            self.queues.remove(&ip);
        } else {
            self.resting.push(Reverse((until, ip)));
        }
        Some(question)
    }

    /// When the first address that rests may be asked.
    pub(super) fn wakes(&self) -> Option<Instant> {
        self.resting.peek().map(|Reverse((until, _))| *until)
    }

    /// Gives up those that `is_wanted` does not want.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&T) -> bool) {
        for queue in self.queues.values_mut() {
            queue.retain(|(.., what)| is_wanted(what));
        }
        self.queues.retain(|_, queue| !queue.is_empty());
        self.ready.retain(|ip| self.queues.contains_key(ip));
        self.resting.retain(|Reverse((_, ip))| self.queues.contains_key(ip));
        self.len = self.queues.values().map(VecDeque::len).sum();
    }
}

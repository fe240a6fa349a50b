//! The connections that are open, with the queue of each, and the rules that they keep. One lock
//! holds both: whoever is told to make room is there to hear it, however many arrive at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::ConnId;
use super::queue::{Manner, SendQueue};
use super::rules::{Newcomer, Rules, Verdict};
use crate::limits::{Limits, Meter};
use swarmscope_wire::failure::{By, Cause, Failure};

pub(super) struct Seats {
    pub(super) rules: Rules,
    queues: HashMap<ConnId, Arc<SendQueue>>,
}

impl Seats {
    pub(super) fn new(limits: &Limits, meter: Meter) -> Self {
        Self { rules: Rules::new(limits, meter), queues: HashMap::new() }
    }

    /// A connection has just authenticated. Who has to make room for it is told so, which may be
    /// this one.
    ///
    /// # Errors
    /// The rules don't allow it.
    pub(super) fn take(
        &mut self,
        newcomer: Newcomer,
        queue: &Arc<SendQueue>,
        now: Instant,
    ) -> Result<(), Failure> {
        let (verdict, evicted) = self.rules.authenticated(newcomer, now)?;
        if let Some(queue) = evicted.and_then(|evicted| self.queues.get(&evicted)) {
            let why = Failure::new(Cause::Crowded, By::Us, "it made room for another connection");
            queue.close(why, Manner::Flush);
        }
        let leaves = match verdict {
            Verdict::Keep => None,
            Verdict::KeepAndLeave(other) => self.queues.get(&other),
            Verdict::Leave => Some(queue),
        };
        if let Some(queue) = leaves {
            queue.leave();
        }
        self.queues.insert(newcomer.conn, Arc::clone(queue));
        Ok(())
    }

    /// A connection is over.
    pub(super) fn leave(&mut self, conn: ConnId) {
        self.queues.remove(&conn);
        self.rules.closed(conn);
    }

    pub(super) fn queue(&self, conn: ConnId) -> Option<Arc<SendQueue>> {
        self.queues.get(&conn).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
mod tests {
    use std::sync::{Barrier, Mutex};

    use super::super::Direction;
    use super::super::queue::Next;
    use super::*;
    use swarmscope_wire::Permid;

    /// Two peers dial each other at the same time, and both connections authenticate at once: the
    /// one that the larger permid dialled is told to leave, whichever came first.
    #[test]
    fn whoever_makes_room_is_told_so_however_both_arrive() {
        let (began, limits) = (Instant::now(), Limits::default());
        for _ in 0..500 {
            let seats = Mutex::new(Seats::new(&limits, Meter::new(&limits)));
            let barrier = Barrier::new(2);
            let queues = [(); 2].map(|()| Arc::new(SendQueue::new(&limits)));
            std::thread::scope(|scope| {
                for (n, direction) in
                    [Direction::Outgoing, Direction::Incoming].into_iter().enumerate()
                {
                    let (seats, barrier, queue) = (&seats, &barrier, &queues[n]);
                    scope.spawn(move || {
                        let newcomer = Newcomer {
                            conn: ConnId(n as u64),
                            direction,
                            permid: Permid::Ed25519([4; 32]),
                            own: Permid::Ed25519([5; 32]),
                            ip: [127, 0, 0, 1].into(),
                            port: 7760,
                            began,
                        };
                        barrier.wait();
                        let taken = seats.lock().unwrap().take(newcomer, queue, Instant::now());
                        assert!(taken.is_ok(), "{taken:?}");
                    });
                }
            });
            let told = queues.map(|queue| matches!(queue.try_next(), Some(Next::Leave)));
            assert_eq!(told, [true, false]);
        }
    }
}

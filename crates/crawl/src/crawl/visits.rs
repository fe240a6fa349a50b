//! What happens during a round: visits begin, the machine acts, events and writes come back.

use super::{Crawl, CrawlError, now};
use crate::machine::{Action, Unread};
use crate::progress::Dropped;
use std::time::{Duration, Instant};
use swarmscope_peer::node::{Reply, read_at_once};
use swarmscope_peer::{Event, Failure};
use swarmscope_store::writer::Done;
use swarmscope_store::{StoreError, Time};

/// Peers that are leased at once, at the least: a lease is a transaction, and small ones cost as
/// much as large ones.
const LEAST_LEASE: usize = 100;
/// How often a store without due peers is asked again, while others still hold some.
const IDLE: Duration = Duration::from_millis(500);
/// Visits that may wait to be written before no further ones begin.
const BEHIND: u64 = 20_000;
/// News that is taken before what the machine wants is done: however much comes, visits go on.
const BATCH: usize = 1024;

impl Crawl {
    /// Whether a visit may begin, but for the rate.
    pub(super) fn may_visit(&self) -> bool {
        self.machine.in_flight() < self.settings.concurrency
            && self.machine.progress.unwritten < BEHIND
            && self.writer.has_room()
            && !self.leased.is_empty()
    }

    /// Begins visits while there are free places, and asks for peers before the last one is taken.
    pub(super) fn start_visits(&mut self) {
        let instant = Instant::now();
        while self.may_visit() && self.pace.as_mut().is_none_or(|pace| pace.take(instant)) {
            let before = self.machine.in_flight();
            if let Some(leased) = self.leased.pop_front() {
                self.machine.visit(leased, now());
            }
            // who is passed over does not count
            if self.machine.in_flight() == before
                && let Some(pace) = &mut self.pace
            {
                pace.give_back();
            }
        }
        let want = (self.settings.concurrency / 2).max(LEAST_LEASE);
        let may_ask = self.nobody.is_none_or(|at| instant >= at + IDLE);
        if self.leased.len() < want / 2 && !self.leasing && may_ask {
            let time = Time::now();
            self.writer.lease(want, time, time.after(self.settings.lease));
            self.leasing = true;
        }
    }

    /// Does what the machine wants done.
    pub(super) fn act(&mut self) {
        while let Some(action) = self.machine.next_action() {
            match action {
                Action::Connect(target) => drop(self.node.connect(target)),
                Action::Disconnect(permid) => self.node.disconnect(permid),
                Action::Ask(ask) => {
                    let ticket = self.node.request(ask.clone());
                    self.machine.sent(&ask, ticket, now());
                }
                Action::Hear(heard) => {
                    let left_out = self.writer.hear(heard);
                    self.machine.progress.dropped(Dropped::StoreBehind, left_out);
                }
                Action::Permit(permit) => self.writer.permit(permit),
                Action::PassOver(peer, due) => self.writer.pass_over(vec![peer], due),
                Action::Write(visited) => self.writer.visited(visited),
                Action::Decode(unread) => self.decode(unread),
            }
        }
    }

    pub(super) fn decode(&mut self, unread: Unread) {
        let registry = self.settings.registry.clone();
        let Reply { message, error, ref payload, .. } = unread.reply;
        let keeper = self.machine.keeper(&unread);
        let (of, keep) = ((message, error), move |decoding| keeper.keep(&decoding));
        if let Some(kept) = read_at_once(&registry, of, payload, &keep) {
            return self.machine.read(&unread, kept, now());
        }
        let (done, readers) = (self.reading.clone(), self.readers.clone());
        let (payload, counted) = (payload.clone(), self.node.reads(payload.len()));
        tokio::spawn(async move {
            let read = readers.read(registry, of, payload, Some(counted), keep).await;
            if let Some(read) = read {
                let _ = done.send((unread, read)); // the crawl has ended
            }
        });
    }

    pub(super) fn event(&mut self, event: Option<Event>) -> Result<(), CrawlError> {
        use swarmscope_wire::failure::{By, Cause};
        let event =
            event.ok_or_else(|| Failure::new(Cause::Stopped, By::Us, "the node has ended"))?;
        self.machine.event(event, now());
        for _ in 0..BATCH {
            let Ok(event) = self.events.try_recv() else { break };
            self.machine.event(event, now());
        }
        Ok(())
    }

    pub(super) fn done(&mut self, done: Option<Done>) -> Result<(), CrawlError> {
        use swarmscope_store::error::Kind;
        let done =
            done.ok_or_else(|| StoreError::new(Kind::Lost, "the store's thread has ended"))?;
        self.machine.progress.done(&done);
        match done {
            Done::Heard(fresh) => self.nobody = if fresh > 0 { None } else { self.nobody },
            Done::Leased(leased) => {
                self.leasing = false;
                self.nobody = leased.is_empty().then(Instant::now);
                self.leased.extend(leased);
            }
            Done::Permitted(permit, granted) => self.machine.permitted(permit, granted, now()),
            Done::Failed(error) => return Err(error.into()),
            Done::Written { .. } | Done::Trouble(_) => {}
        }
        Ok(())
    }
}

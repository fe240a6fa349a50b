//! How visits begin: those that waited first, all as the places, the rate and the store allow.

use std::collections::VecDeque;
use std::net::SocketAddr;

use swarmscope_store::Leased;
use swarmscope_wire::krpc::NodeId;

use super::hearing::refused;
use super::{Token, Visit, Visits, place};
use crate::machine::Now;
use crate::pace::Pace;
use crate::progress::Dropped;

impl Visits {
    /// Begins visits while there are free places, the store has room for what comes of them, and the
    /// rate allows.
    pub(in crate::dht) fn start(
        &mut self,
        leased: &mut VecDeque<Leased>,
        mut pace: Option<&mut Pace>,
        has_room: impl Fn() -> bool,
        now: Now,
    ) {
        while self.may_start(leased)
            && has_room()
            && pace.as_mut().is_none_or(|pace| pace.take(now.instant))
        {
            let before = self.in_flight();
            if !self.resume(now)
                && let Some(leased) = leased.pop_front()
            {
                self.visit(leased, now);
            }
            // who waits or is passed over does not count until it begins
            if self.in_flight() == before
                && let Some(pace) = &mut pace
            {
                pace.give_back();
            }
        }
    }

    /// Whether there is a free place, and somebody for it.
    pub(in crate::dht) fn may_start(&self, leased: &VecDeque<Leased>) -> bool {
        self.in_flight() < self.settings.concurrency
            && (self.sources.has_freed() || !leased.is_empty())
    }

    /// Begins one that has waited, if its place is free.
    fn resume(&mut self, now: Now) -> bool {
        let Some((leased, address)) = self.sources.next_freed() else { return false };
        let Some(place) = leased.address.as_deref().and_then(place) else { return false };
        debug_assert_eq!(place.1, address);
        self.set_out(leased, place, now);
        true
    }

    /// A node is this process's to visit.
    pub(super) fn visit(&mut self, leased: Leased, now: Now) {
        let place = leased.address.as_deref().and_then(place);
        let peer = leased.peer;
        let Some((node, address)) = place else { return self.pass_over(peer, now) };
        if let Err(why) = self.addresses.check(address) {
            self.progress.dropped(refused(why), 1);
            return self.pass_over(peer, now);
        }
        if self.settings.opt_out.holds(None, Some(address.ip()), now.time) {
            self.progress.opted_out += 1;
            return self.pass_over(peer, now);
        }
        if let Err(why) = self.sources.admit(address.ip()) {
            self.progress.dropped(why, 1);
            return self.pass_over(peer, now);
        }
        match self.sources.begin_visit(leased, address) {
            Ok(leased) => self.set_out(leased, (node, address), now),
            Err(None) => {} // it waits
            Err(Some(leased)) => {
                self.progress.dropped(Dropped::Waiting, 1);
                self.pass_over(leased.peer, now);
            }
        }
    }

    /// It has its place.
    fn set_out(&mut self, leased: Leased, (node, address): (NodeId, SocketAddr), now: Now) {
        let peer = leased.peer;
        let visit = Visit {
            leased,
            node,
            began: now,
            asking: 0,
            asked: now.time,
            first: None,
            bytes: 0,
            parts: 0,
            listed: 0,
            nodes: None,
            also: Vec::new(),
        };
        self.in_flight.insert(peer, visit);
        self.ask(Token { visit: Some(peer), question: 0, is_retry: false, to: address }, node);
    }
}

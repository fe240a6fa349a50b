//! Crawler side: initiators that run by themselves (protocol.md §4), where they are switched on:
//! when a connection is made, by either side, and again every frequency seconds while the peer is
//! known.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::ask::Ask;
use super::core::Core;
use super::event::Origin;
use super::gate::FLEXIBILITY;
use super::question::Recipient;
use super::registry::Registry;
use super::timers::Deadline;
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// An initiator runs when its deadline was *more* than 5 s ago (§4).
const JUST_AFTER: Duration = Duration::from_millis(1);

/// Which initiators run, and when each is due at each peer.
#[derive(Debug)]
pub(super) struct Schedule {
    registry: Registry,
    switched_on: Vec<MessageId>,
    due: HashMap<(Permid, MessageId), Instant>,
}

impl Schedule {
    pub(super) fn new(registry: Registry, mut switched_on: Vec<MessageId>) -> Self {
        switched_on.retain(|message| registry.get(*message).is_some());
        Self { registry, switched_on, due: HashMap::new() }
    }

    pub(super) fn is_on(&self) -> bool {
        !self.switched_on.is_empty()
    }

    /// A connection is made: what runs now. An initiator that ran less than its frequency ago
    /// doesn't run again: it would only meet a 254 of our own making.
    pub(super) fn connected(
        &mut self,
        core: &mut Core,
        permid: Permid,
        version: OverlayVersion,
    ) -> Vec<Ask> {
        let now = core.now;
        let ready: Vec<_> = self
            .switched_on
            .iter()
            .copied()
            .filter(|message| {
                self.due.get(&(permid, *message)).is_none_or(|due| *due + FLEXIBILITY < now)
            })
            .collect();
        ready.into_iter().filter_map(|message| self.run(core, permid, message, version)).collect()
    }

    /// A deadline has passed: the request to make, or the peer is dialled, and the request made
    /// once it is there.
    pub(super) fn due(
        &mut self,
        core: &mut Core,
        permid: Permid,
        message: MessageId,
    ) -> Option<Ask> {
        let version = core
            .links
            .newest(permid)
            .and_then(|conn| core.links.open(conn))
            .map(|link| link.version);
        if let Some(version) = version {
            return self.run(core, permid, message, version);
        }
        let deadline = Deadline::Initiator(permid, message);
        match core.directory.retry_at(permid, core.now) {
            Some(at) if at > core.now => core.timers.set(deadline, at),
            Some(_) if core.dial(permid, true).is_ok() => {} /* told when it is connected, or
            * when the dial failed */
            _ => {
                self.due.remove(&(permid, message));
            }
        }
        None
    }

    /// A dial failed: the initiators that wait for this peer try again with it, or give it up.
    pub(super) fn dial_failed(&mut self, core: &mut Core, permid: Permid) {
        for message in self.switched_on.clone() {
            if self.due.get(&(permid, message)).is_none_or(|due| *due + FLEXIBILITY >= core.now) {
                continue;
            }
            match core.directory.retry_at(permid, core.now) {
                Some(at) => core.timers.set(Deadline::Initiator(permid, message), at),
                None => {
                    self.due.remove(&(permid, message));
                }
            }
        }
    }

    fn run(
        &mut self,
        core: &mut Core,
        permid: Permid,
        message: MessageId,
        version: OverlayVersion,
    ) -> Option<Ask> {
        let probe = self.registry.get(message)?;
        if version < probe.min_version() || version > probe.max_version() {
            return None;
        }
        let frequency = probe.default_frequency();
        let due = core.now + frequency.duration();
        self.due.insert((permid, message), due);
        core.timers.set(Deadline::Initiator(permid, message), due + FLEXIBILITY + JUST_AFTER);
        Some(Ask {
            to: permid,
            message,
            frequency,
            payload: probe.initiate(&Recipient { permid: Some(permid), version }),
            timeout: probe.timeout(),
            origin: Origin::Initiator,
            wait_for_dial_back: core.listening.is_some(),
        })
    }
}

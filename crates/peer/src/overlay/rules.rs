//! Which connections may be (protocol.md §1). Pure.
//!
//! Before authentication: a cap on what is being set up, in all and per source. Afterwards a cap on
//! strangers, in all and per source, with places that are kept for Crawlers on the allow-list; and
//! per permid: at most four that it dialled, at most one that we dialled, and of two that were
//! dialled at the same time from both sides the one dialled by the smaller permid stays. A
//! connection that is superfluous is always closed by the side that dialled it, and only
//! when it has become quiet, so that the two sides never close different ones and nothing in flight
//! is lost.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::time::Instant;

use super::{ConnId, Direction};
use crate::crawler::network::Network;
use crate::limits::{Limit, Limits, Meter};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// An incoming connection that is being set up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Slot(u64);

/// A connection that has just authenticated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newcomer {
    pub(super) conn: ConnId,
    pub(super) direction: Direction,
    pub(super) permid: Permid,
    /// Ours, of the kind this connection was authenticated with.
    pub(super) own: Permid,
    pub(super) ip: IpAddr,
    /// The listening port it announces; 0 for none.
    pub(super) port: u16,
    /// When it was accepted, or when its dial began.
    pub(super) began: Instant,
}

/// What becomes of a newcomer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Keep,
    /// It stays, and one that we dialled before makes room for it.
    KeepAndLeave(ConnId),
    /// It is one too many, and we dialled it.
    Leave,
}

/// What is remembered of one: there may be tens of thousands.
struct Open {
    direction: Direction,
    permid: Permid,
    ip: IpAddr,
    port: u16,
    since: Instant,
    leaving: bool,
}

pub(super) struct Rules {
    limits: Limits,
    meter: Meter,
    /// In the order of their beginning.
    setting_up: BTreeMap<Slot, Network>,
    open: HashMap<ConnId, Open>,
    /// Who is on the allow-list: strangers are all the others.
    listed: HashSet<Permid>,
    next_slot: u64,
}

impl Rules {
    pub(super) fn new(limits: &Limits, meter: Meter) -> Self {
        Self {
            limits: *limits,
            meter,
            setting_up: BTreeMap::new(),
            open: HashMap::new(),
            listed: HashSet::new(),
            next_slot: 0,
        }
    }

    /// A place for an incoming connection, and whose place it takes: the oldest connection of its
    /// own source, where that has all it may have; where all places are taken, of the source
    /// that has most of them. So nobody who goes on with the authentication waits for others of
    /// its source that don't.
    pub(super) fn admit(&mut self, ip: IpAddr) -> (Slot, Option<Slot>) {
        let source = Network::from(ip);
        let mut of_source =
            self.setting_up.iter().filter(|(_, other)| **other == source).map(|(slot, _)| *slot);
        let oldest = of_source.next();
        let count = oldest.iter().count() + of_source.count();
        let crowded = count >= self.limits.unauthenticated_per_source;
        let evicted = match oldest.filter(|_| crowded) {
            None if self.setting_up.len() >= self.limits.unauthenticated => {
                self.meter.refused(Limit::Setups);
                self.most_crowded()
            }
            None => None,
            evicted => {
                self.meter.refused(Limit::SetupsPerSource);
                evicted
            }
        };
        if let Some(slot) = evicted {
            self.setting_up.remove(&slot);
        }
        self.meter.uses(Limit::SetupsPerSource, 1 + count as u64);
        let slot = Slot(self.next_slot);
        self.next_slot += 1;
        self.setting_up.insert(slot, source);
        self.meter.uses(Limit::Setups, self.setting_up.len() as u64);
        (slot, evicted)
    }

    /// Whose place is given up where no more files can be opened: the oldest of the source that
    /// sets most connections up.
    pub(super) fn make_room(&mut self) -> Option<Slot> {
        let slot = self.most_crowded()?;
        self.meter.refused(Limit::Setups);
        self.vacate(slot);
        Some(slot)
    }

    /// The connection of this slot is authenticated, or over.
    pub(super) fn vacate(&mut self, slot: Slot) {
        self.setting_up.remove(&slot);
        self.meter.uses(Limit::Setups, self.setting_up.len() as u64);
    }

    /// Who is on the allow-list from now on.
    pub(super) fn list(&mut self, listed: HashSet<Permid>) {
        self.listed = listed;
    }

    /// Decides on a connection that has just authenticated; and which other one has to end for it,
    /// where all places are taken.
    ///
    /// # Errors
    /// It must be closed: one that the peer dialled and that is one too many.
    pub(super) fn authenticated(
        &mut self,
        newcomer: Newcomer,
        now: Instant,
    ) -> Result<(Verdict, Option<ConnId>), Failure> {
        let (verdict, evicted) = match newcomer.direction {
            Direction::Incoming => (self.incoming(&newcomer)?, self.place(&newcomer)?),
            Direction::Outgoing => (self.outgoing(&newcomer), None),
        };
        if let Some(open) = evicted.and_then(|evicted| self.open.get_mut(&evicted)) {
            open.leaving = true;
        }
        if let Verdict::KeepAndLeave(other) = verdict
            && let Some(open) = self.open.get_mut(&other)
        {
            open.leaving = true;
        }
        let Newcomer { direction, permid, ip, port, .. } = newcomer;
        let leaving = verdict == Verdict::Leave;
        let open = Open { direction, permid, ip, port, since: now, leaving };
        self.open.insert(newcomer.conn, open);
        self.count(direction);
        Ok((verdict, evicted))
    }

    pub(super) fn closed(&mut self, conn: ConnId) {
        if let Some(open) = self.open.remove(&conn) {
            self.count(open.direction);
        }
    }

    /// One of this direction came or went.
    fn count(&self, direction: Direction) {
        if direction == Direction::Incoming {
            self.meter.uses(Limit::Connections, self.accepted().count() as u64);
        }
    }

    /// Those that were accepted and are to stay.
    fn accepted(&self) -> impl Iterator<Item = (ConnId, &Open)> {
        self.staying().filter(|(_, open)| open.direction == Direction::Incoming)
    }

    fn incoming(&self, newcomer: &Newcomer) -> Result<Verdict, Failure> {
        let (mut of_permid, mut same_place) = (0, false);
        for (_, open) in self.accepted().filter(|(_, open)| open.permid == newcomer.permid) {
            of_permid += 1;
            same_place |=
                newcomer.port != 0 && (open.ip, open.port) == (newcomer.ip, newcomer.port);
        }
        if same_place {
            let detail = format!("from the same address, announcing port {}", newcomer.port);
            return Err(Failure::new(Cause::Duplicate, By::Us, detail));
        }
        self.meter.uses(Limit::ConnectionsPerPermid, 1 + of_permid as u64);
        if of_permid >= self.limits.accepted_per_permid {
            self.meter.refused(Limit::ConnectionsPerPermid);
            return Err(Failure::new(
                Cause::Duplicate,
                By::Us,
                format!("{of_permid} connections of this permid"),
            ));
        }
        // Both dialled at the same time: the larger permid's dial is the one to go, and its dialler
        // closes it.
        let ours = self.staying().find(|(_, open)| {
            open.permid == newcomer.permid
                && open.direction == Direction::Outgoing
                && open.since >= newcomer.began
        });
        Ok(match ours {
            Some((ours, _)) if newcomer.permid < newcomer.own => Verdict::KeepAndLeave(ours),
            _ => Verdict::Keep,
        })
    }

    /// A place among those that were accepted, and who makes room for it: the oldest stranger of
    /// the source that has most of them.
    fn place(&self, newcomer: &Newcomer) -> Result<Option<ConnId>, Failure> {
        let crowded = |limit: Limit, detail: String| {
            self.meter.refused(limit);
            Err(Failure::new(Cause::Crowded, By::Us, detail))
        };
        let all = self.accepted().count();
        let mut strangers: HashMap<Network, Vec<(Instant, ConnId)>> = HashMap::new();
        for (conn, open) in self.accepted().filter(|(_, open)| !self.listed.contains(&open.permid))
        {
            strangers.entry(open.ip.into()).or_default().push((open.since, conn));
        }
        let largest = strangers.values().max_by_key(|crowd| crowd.len());
        let oldest = |crowd: &Vec<(Instant, ConnId)>| crowd.iter().min().map(|(_, conn)| *conn);
        if self.listed.contains(&newcomer.permid) {
            return match largest.and_then(oldest) {
                _ if all < self.limits.accepted => Ok(None),
                None => crowded(
                    Limit::Connections,
                    format!("{all} incoming connections of listed Crawlers are open"),
                ),
                evicted => {
                    self.meter.refused(Limit::Connections);
                    Ok(evicted)
                }
            };
        }
        let of_source = strangers.get(&newcomer.ip.into()).map_or(0, Vec::len);
        self.meter.uses(Limit::ConnectionsPerSource, of_source as u64);
        if of_source >= self.limits.accepted_per_source {
            let detail = format!("{of_source} connections of this source are open");
            return crowded(Limit::ConnectionsPerSource, detail);
        }
        if all < self.limits.accepted.saturating_sub(self.limits.accepted_reserved) {
            return Ok(None);
        }
        match largest.filter(|crowd| crowd.len() > of_source + 1).and_then(oldest) {
            None => crowded(Limit::Connections, format!("{all} incoming connections are open")),
            evicted => {
                self.meter.refused(Limit::Connections);
                Ok(evicted)
            }
        }
    }

    fn outgoing(&self, newcomer: &Newcomer) -> Verdict {
        let at_the_same_time =
            |open: &Open| open.direction == Direction::Incoming && open.since >= newcomer.began;
        let ours_wins = newcomer.own < newcomer.permid;
        let one_too_many = self.staying().any(|(_, open)| {
            open.permid == newcomer.permid && !(at_the_same_time(open) && ours_wins)
        });
        if one_too_many { Verdict::Leave } else { Verdict::Keep }
    }

    /// The connections that are here to stay.
    fn staying(&self) -> impl Iterator<Item = (ConnId, &Open)> {
        self.open.iter().filter(|(_, open)| !open.leaving).map(|(conn, open)| (*conn, open))
    }

    fn most_crowded(&self) -> Option<Slot> {
        let mut counts: BTreeMap<Network, (usize, Slot)> = BTreeMap::new();
        for (slot, source) in &self.setting_up {
            counts.entry(*source).or_insert((0, *slot)).0 += 1;
        }
        counts
            .into_values()
            .max_by_key(|(count, oldest)| (*count, std::cmp::Reverse(*oldest)))
            .map(|(_, slot)| slot)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
mod tests;

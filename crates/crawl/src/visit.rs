//! One visit, from its lease to its record. Pure.

use std::time::{Duration, Instant};

use swarmscope_peer::Ticket;
use swarmscope_store::{Leased, Replied, Time};
use swarmscope_wire::OverlayVersion;

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Under way to the peer.
    Dialling,
    /// The peer has proved who it is.
    Connected { at: Instant },
}

/// A question of this visit.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    /// Its place among the crawl's questions.
    pub(crate) question: usize,
    /// The permit is asked for, and not there yet.
    pub(crate) awaits_permit: bool,
    /// On its way, since then.
    pub(crate) sent: Option<(Ticket, Instant, Time)>,
    /// The reply is there and is being read.
    pub(crate) reads: bool,
}

/// A visit that has not ended.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) leased: Leased,
    pub(crate) began: Instant,
    pub(crate) began_at: Time,
    pub(crate) stage: Stage,
    pub(crate) version: Option<OverlayVersion>,
    pub(crate) rtt: Option<Duration>,
    pub(crate) listed: u32,
    /// The peer's BuddyCast has come, or is not expected.
    pub(crate) gossiped: bool,
    pub(crate) put: Vec<Put>,
    pub(crate) replies: Vec<Replied>,
}

impl Visit {
    pub(crate) fn new(leased: Leased, now: Instant, at: Time) -> Self {
        Self {
            leased,
            began: now,
            began_at: at,
            stage: Stage::Dialling,
            version: None,
            rtt: None,
            listed: 0,
            gossiped: false,
            put: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Whether nothing of it is outstanding. A BuddyCast is waited for until `patience` after
    /// connecting.
    pub(crate) fn is_done(&self, now: Instant, patience: Duration) -> bool {
        let Stage::Connected { at } = self.stage else { return false };
        self.put.is_empty() && (self.gossiped || now >= at + patience)
    }

    /// Before when a message must not be sent to this peer again.
    pub(crate) fn clock(&self, message: u8) -> Option<Time> {
        self.leased.clocks.iter().find(|(known, _)| *known == message).map(|(_, at)| *at)
    }
}

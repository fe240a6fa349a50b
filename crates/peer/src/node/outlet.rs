//! Events on their way to a reader who may be slow, or not there at all.
//!
//! What belongs to a request (parts and replies above all) is never dropped and never merged. Of
//! what only says how a peer is, the latest is enough: while events wait, an older one of the same
//! peer and kind gives way, and is counted. What passes over connections, where it is traced, waits
//! only while few events do; beyond, it is dropped and counted for each peer. When too many events
//! wait all the same, the node stops reading from its connections until there is room.

use std::collections::{HashMap, VecDeque};

use tokio::sync::mpsc;

use super::Events;
use super::event::{Event, PeerKey};
use crate::crawler::{Trace, Traced};
use crate::weighed::{self, Weigh};

/// Events in the channel to the reader; arbitrary, some screens full.
const CHANNEL: usize = 1024;
/// Events that wait behind it before the connections have to.
const BACKLOG: usize = 4096;
/// Bytes of payloads in the channel to the reader: one longest reply.
const CHANNEL_BYTES: u32 = 64 << 20;
/// Bytes of payloads that wait behind it before the connections have to.
const BACKLOG_BYTES: usize = 64 << 20;
/// Events that wait before traced steps are dropped; arbitrary, so that parts never wait behind
/// more of them.
const TRACE_ROOM: usize = 1024;

/// The node's end of the stream of events. Public for feeding a screen with events of another
/// source, as the bench of the screen's loop does.
pub struct Outlet {
    reader: weighed::Sender<Event>,
    waiting: VecDeque<Option<Event>>,
    /// Bytes of payloads in `waiting`.
    bytes: usize,
    /// How many were taken from the front of `waiting` so far: positions in `latest` are counted
    /// from the beginning.
    taken: u64,
    latest: HashMap<(PeerKey, State), u64>,
    given_way: u64,
    /// Of peers whose traced steps were dropped: the last of these, as [`Trace::Lost`].
    untraced: HashMap<PeerKey, Traced>,
}

/// The kinds of events of which the latest is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum State {
    Known,
    Climbing,
    Failed,
    Connection,
    Refused,
    Dropped(u8),
    Gossip,
}

fn state(event: &Event) -> Option<(PeerKey, State)> {
    Some(match event {
        Event::Discovered { peer, .. } => (peer.clone(), State::Known),
        Event::Connecting { peer, .. } => (peer.clone(), State::Climbing),
        Event::ConnectFailed { peer, .. } => (peer.clone(), State::Failed),
        // A connection that tells who an address is stays: nothing later says it again.
        Event::Connected { permid, was: None, .. } | Event::Disconnected { permid, .. } => {
            (PeerKey::Permid(*permid), State::Connection)
        }
        Event::ReplyRefused { permid, .. } => (PeerKey::Permid(*permid), State::Refused),
        Event::FrameDropped { permid, id, .. } => (PeerKey::Permid(*permid), State::Dropped(id.0)),
        Event::Gossip { permid, .. } => (PeerKey::Permid(*permid), State::Gossip),
        _ => return None,
    })
}

impl Outlet {
    /// With the stream that the reader gets.
    #[must_use]
    pub fn new() -> (Self, Events) {
        let (reader, events) = weighed::channel(CHANNEL, CHANNEL_BYTES);
        (
            Self {
                reader,
                waiting: VecDeque::new(),
                bytes: 0,
                taken: 0,
                latest: HashMap::new(),
                given_way: 0,
                untraced: HashMap::new(),
            },
            events.into(),
        )
    }

    /// Tells an event, or lets it wait. Never blocks.
    pub fn push(&mut self, event: Event) {
        if self.reader.is_closed() {
            return self.forget();
        }
        if let Event::Traced { peer, traced } = &event {
            if self.waiting.len() >= TRACE_ROOM {
                return self.untraced(peer, traced);
            }
            if let Some(traced) = self.untraced.remove(peer) {
                self.wait(Event::Traced { peer: peer.clone(), traced });
            }
        }
        self.wait(event);
    }

    /// Counts a step that is not told.
    fn untraced(&mut self, peer: &PeerKey, traced: &Traced) {
        let before = match self.untraced.get(peer).map(|before| &before.what) {
            Some(Trace::Lost(count)) => *count,
            _ => 0,
        };
        let lost = if let Trace::Lost(count) = traced.what { count } else { 1 };
        let what = Trace::Lost(before.saturating_add(lost));
        self.untraced.insert(peer.clone(), Traced { what, ..traced.clone() });
    }

    fn wait(&mut self, event: Event) {
        let event = if self.waiting.is_empty() {
            match self.reader.try_send(event) {
                Err(mpsc::error::TrySendError::Full(event)) => event,
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
            }
        } else {
            event
        };
        if let Some(key) = state(&event) {
            let at = self.taken + self.waiting.len() as u64;
            let before = self.latest.insert(key, at).and_then(|at| {
                self.waiting.get_mut(usize::try_from(at.checked_sub(self.taken)?).ok()?)
            });
            if before.and_then(Option::take).is_some() {
                self.given_way += 1;
            }
        }
        self.bytes += event.weight();
        self.waiting.push_back(Some(event));
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
        self.latest.clear();
        self.given_way = 0;
        self.untraced.clear();
    }

    /// Tells what was dropped, once there is room again.
    fn tell_untraced(&mut self) {
        let room = TRACE_ROOM.saturating_sub(self.waiting.len());
        let peers: Vec<_> = self.untraced.keys().take(room).cloned().collect();
        for peer in peers {
            if let Some(traced) = self.untraced.remove(&peer) {
                self.waiting.push_back(Some(Event::Traced { peer, traced }));
            }
        }
    }

    /// How many events the reader has not taken yet, counting those that gave way to newer ones.
    #[must_use]
    pub fn untaken(&self) -> usize {
        self.reader.len() + self.waiting.len()
    }

    /// Whether events wait for the reader.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the connections may go on.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < BACKLOG && self.bytes < BACKLOG_BYTES
    }

    /// Waits until the reader takes one more, and gives it the oldest that waits. Nothing is lost
    /// when the future is dropped.
    pub async fn serve(&mut self) {
        if self.waiting.len() <= 1 {
            self.tell_untraced();
        }
        let next = self.waiting.iter().flatten().next().map_or(0, Event::weight);
        let Ok(permit) = self.reader.reserve(next).await else { return self.forget() };
        if self.given_way > 0 {
            permit.send(Event::Coalesced { count: std::mem::take(&mut self.given_way) });
            return;
        }
        while let Some(slot) = self.waiting.pop_front() {
            self.taken += 1;
            if let Some(event) = slot {
                self.bytes -= event.weight();
                permit.send(event);
                break;
            }
        }
        if self.waiting.is_empty() {
            self.latest.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawler::Ticket;
    use swarmscope_wire::Permid;
    use swarmscope_wire::failure::Phase;

    fn climbing(n: u8, phase: Phase) -> Event {
        let peer = PeerKey::Permid(Permid::Ed25519([n; 32]));
        Event::Connecting { peer, phase, detail: String::new() }
    }

    fn kept(n: u64) -> Event {
        Event::AwaitingDialBack { ticket: Ticket(n), permid: Permid::Ed25519([0; 32]) }
    }

    /// Everything that comes out.
    async fn all(outlet: &mut Outlet, events: &mut Events) -> Vec<Event> {
        let mut got = Vec::new();
        while outlet.is_waiting() {
            got.push(events.recv().await.unwrap());
            outlet.serve().await;
        }
        while let Ok(event) = events.try_recv() {
            got.push(event);
        }
        got
    }

    #[tokio::test]
    async fn what_waits_of_a_peer_is_its_latest_and_nothing_else_is_lost() {
        let (mut outlet, mut events) = Outlet::new();
        for n in 0..CHANNEL as u64 {
            outlet.push(kept(n));
        }
        assert!(!outlet.is_waiting());
        for n in 0..1000 {
            outlet.push(kept(CHANNEL as u64 + n));
            outlet.push(climbing(1, Phase::Tcp));
            outlet.push(climbing(2, Phase::Version));
        }
        outlet.push(climbing(1, Phase::Reply));
        let got = all(&mut outlet, &mut events).await;
        let tickets =
            got.iter().filter(|event| matches!(event, Event::AwaitingDialBack { .. })).count();
        assert_eq!(tickets, CHANNEL + 1000);
        assert_eq!(got.iter().filter(|event| matches!(event, Event::Connecting { .. })).count(), 2);
        assert_eq!(*got.last().unwrap(), climbing(1, Phase::Reply));
        assert!(got.contains(&Event::Coalesced { count: 1999 }));
    }

    #[tokio::test]
    async fn traced_steps_never_crowd_out_parts_and_every_one_that_is_dropped_is_counted() {
        let peer = |n| PeerKey::Permid(Permid::Ed25519([n; 32]));
        let step = |n: u8| {
            let traced = Traced {
                socket: crate::crawler::SocketId(n.into()),
                after: std::time::Duration::ZERO,
                what: Trace::Open,
            };
            Event::Traced { peer: peer(n), traced }
        };
        let (mut outlet, mut events) = Outlet::new();
        for n in 0..10_000_u64 {
            outlet.push(step(1));
            outlet.push(step(2));
            outlet.push(kept(n));
        }
        assert!(
            outlet
                .waiting
                .iter()
                .flatten()
                .filter(|event| matches!(event, Event::Traced { .. }))
                .count()
                <= TRACE_ROOM
        );
        let got = all(&mut outlet, &mut events).await;
        for n in [1, 2] {
            let steps = got.iter().map(|event| match event {
                Event::Traced { peer: whose, traced } if *whose == peer(n) => match traced.what {
                    Trace::Lost(count) => count,
                    _ => 1,
                },
                _ => 0,
            });
            assert_eq!(steps.sum::<u64>(), 10_000);
        }
        assert_eq!(
            got.iter().filter(|event| matches!(event, Event::AwaitingDialBack { .. })).count(),
            10_000
        );
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes() {
        let part = |size: usize| Event::Part {
            ticket: Ticket(1),
            permid: Permid::Ed25519([0; 32]),
            channel: swarmscope_wire::ChannelId(1),
            index: 1,
            parts_left: swarmscope_wire::PartsLeft(0),
            error: swarmscope_wire::ErrorByte::SUCCESS,
            payload: vec![0; size].into(),
            after: std::time::Duration::ZERO,
        };
        let (mut outlet, mut events) = Outlet::new();
        let mut pushed = 0;
        while outlet.has_room() {
            outlet.push(part(8 << 20));
            pushed += 1;
        }
        assert!(pushed <= 17, "{pushed} parts of 8 MiB, far fewer than {CHANNEL} events");
        assert_eq!(all(&mut outlet, &mut events).await.len(), pushed, "and none is lost");
        assert!(outlet.has_room() && outlet.bytes == 0);
    }

    #[tokio::test]
    async fn without_a_reader_nothing_waits() {
        let (mut outlet, events) = Outlet::new();
        for n in 0..2000 {
            outlet.push(kept(n));
        }
        assert!(outlet.is_waiting());
        drop(events);
        outlet.push(kept(1));
        assert!(!outlet.is_waiting() && outlet.has_room());
    }
}

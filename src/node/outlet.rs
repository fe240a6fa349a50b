//! Events on their way to a reader who may be slow, or not there at all.
//!
//! What belongs to a request (parts and replies above all) is never dropped and never merged. Of what only says how a peer is,
//! the latest is enough: while events wait, an older one of the same peer and kind gives way, and is counted. When too many
//! wait all the same, the node stops reading from its connections until there is room.

use std::collections::{HashMap, VecDeque};

use tokio::sync::mpsc;

use super::event::{Event, PeerKey};

/// Events in the channel to the reader; arbitrary, some screens full.
const CHANNEL: usize = 1024;
/// Events that wait behind it before the connections have to.
const BACKLOG: usize = 4096;

/// The node's end of the stream of events.
pub(super) struct Outlet {
    reader: mpsc::Sender<Event>,
    waiting: VecDeque<Option<Event>>,
    /// How many were taken from the front of `waiting` so far: positions in `latest` are counted from the beginning.
    taken: u64,
    latest: HashMap<(PeerKey, State), u64>,
    given_way: u64,
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
    pub(super) fn new() -> (Self, mpsc::Receiver<Event>) {
        let (reader, events) = mpsc::channel(CHANNEL);
        (Self { reader, waiting: VecDeque::new(), taken: 0, latest: HashMap::new(), given_way: 0 }, events)
    }

    /// Tells an event, or lets it wait. Never blocks.
    pub(super) fn push(&mut self, event: Event) {
        if self.reader.is_closed() {
            return self.forget();
        }
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
            let before = self
                .latest
                .insert(key, at)
                .and_then(|at| self.waiting.get_mut(usize::try_from(at.checked_sub(self.taken)?).ok()?));
            if before.and_then(Option::take).is_some() {
                self.given_way += 1;
            }
        }
        self.waiting.push_back(Some(event));
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.latest.clear();
        self.given_way = 0;
    }

    /// Whether events wait for the reader.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the connections may go on.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < BACKLOG
    }

    /// Waits until the reader takes one more, and gives it the oldest that waits. Nothing is lost when the future is dropped.
    pub(super) async fn serve(&mut self) {
        let Ok(permit) = self.reader.reserve().await else { return self.forget() };
        if self.given_way > 0 {
            permit.send(Event::Coalesced { count: std::mem::take(&mut self.given_way) });
            return;
        }
        while let Some(slot) = self.waiting.pop_front() {
            self.taken += 1;
            if let Some(event) = slot {
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
    use crate::failure::Phase;
    use crate::wire::Permid;

    fn climbing(n: u8, phase: Phase) -> Event {
        let peer = PeerKey::Permid(Permid::Ed25519([n; 32]));
        Event::Connecting { peer, phase, detail: String::new() }
    }

    fn kept(n: u64) -> Event {
        Event::AwaitingDialBack { ticket: Ticket(n), permid: Permid::Ed25519([0; 32]) }
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
        let mut got = Vec::new();
        while outlet.is_waiting() {
            got.push(events.recv().await.unwrap());
            outlet.serve().await;
        }
        while let Ok(event) = events.try_recv() {
            got.push(event);
        }
        let tickets = got.iter().filter(|event| matches!(event, Event::AwaitingDialBack { .. })).count();
        assert_eq!(tickets, CHANNEL + 1000);
        assert_eq!(got.iter().filter(|event| matches!(event, Event::Connecting { .. })).count(), 2);
        assert_eq!(*got.last().unwrap(), climbing(1, Phase::Reply));
        assert!(got.contains(&Event::Coalesced { count: 1999 }));
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

//! The way to a peer: heard of, dialled, authenticated, gone.

use std::time::Duration;

use swarmscope_peer::node::{Event, PeerKey, Source};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};

use super::Fold;
use crate::input::Change;
use crate::news::{Kind, News, What};
use crate::peer::{State, Stood};

impl Fold<'_> {
    pub(super) fn way(&mut self, event: Event) {
        match event {
            Event::Discovered { peer, address, version, source } => {
                let source = self.facts.shared(source);
                let Some(entry) = self.facts.peers.entry(&peer) else { return };
                entry.address = entry.address.or(address);
                entry.version = entry.version.or(version);
                entry.source.get_or_insert(source);
            }
            Event::Connecting { peer, phase, detail } => self.connecting(&peer, phase, &detail),
            Event::Connected { .. } => self.connected(event),
            Event::ConnectFailed { peer, failure, attempt, gives_up_at, again_in } => {
                self.connect_failed(&peer, &failure, (attempt, gives_up_at), again_in);
            }
            Event::Disconnected { permid, failure } => self.disconnected(permid, &failure),
            Event::AcceptFailed { remote, failure, times } => {
                // that two programs do not understand each other, somebody should know
                let kind = match failure.phase() {
                    Phase::Version => Kind::Failed,
                    _ => Kind::Plain,
                };
                let news = News::new(None, kind, What::AcceptFailed(remote)).failed(&failure);
                self.news(News { in_60_s: Some(times), ..news });
            }
            _ => {}
        }
    }

    fn connecting(&mut self, key: &PeerKey, phase: Phase, detail: &str) {
        let now = self.now;
        if self.facts.peers.entry(key).is_some() {
            self.climbed(key, phase, detail);
        }
        let Some(peer) = self.facts.peers.entry(key) else { return };
        let since = match peer.state {
            State::Connected { .. } => return,
            State::Connecting { since, .. } => since,
            _ => now,
        };
        peer.state = State::Connecting { phase, since };
    }

    fn connected(&mut self, event: Event) {
        let Event::Connected {
            permid,
            was,
            address,
            listening_port,
            version,
            transport,
            direction,
            rtt,
        } = event
        else {
            return;
        };
        let key = PeerKey::Permid(permid);
        if let Some(was) = was.filter(|was| *was != key) {
            self.renamed(was, &key);
        }
        if self.facts.peers.entry(&key).is_some() {
            self.authenticated(&key);
        }
        let Some(peer) = self.facts.peers.entry(&key) else { return };
        peer.state = State::Connected { since: self.now };
        peer.failing = None;
        peer.stood = Some(Box::new(Stood { since: self.now, until: None, failed: None }));
        peer.address = Some(address);
        peer.listening_port = listening_port;
        peer.version = Some(version);
        peer.transport = Some(transport);
        peer.direction = Some(direction);
        peer.rtt = Some(rtt);
        self.line(&key, Kind::Plain, What::Connected { version, transport, direction, rtt }, None);
    }

    /// Two names for one peer become one.
    fn renamed(&mut self, was: PeerKey, now: &PeerKey) {
        if self.facts.peers.rename(&was, now) {
            self.facts.conversations.rename(&was, now);
            self.changes.push(Change::Renamed { was, now: now.clone() });
        }
    }

    fn connect_failed(
        &mut self,
        key: &PeerKey,
        failure: &Failure,
        (attempt, gives_up_at): (u32, u32),
        again_in: Option<Duration>,
    ) {
        let at = self.now;
        let Some(peer) = self.facts.peers.entry(key) else { return };
        if peer.connected() {
            return; // another connection to it stands
        }
        // once it was looked at what listens there, that says more than that it closed
        let closed = failure.cause == Cause::HandshakeClosed;
        let examined = peer.examined.as_deref().cloned().filter(|_| closed);
        let is_given = matches!(peer.source.as_deref(), Some(Source::Operator | Source::Bootstrap));
        if closed && examined.is_none() && is_given {
            self.changes.push(Change::ToExamine(key.clone()));
        }
        let failure = examined.as_ref().unwrap_or(failure);
        self.fell(key, failure);
        let Some(peer) = self.facts.peers.get_mut(key) else { return };
        let known = peer.failing.replace(failure.cause) == Some(failure.cause);
        let refused = failure.cause == Cause::AuthClosed && failure.by == By::Peer;
        if let Some(stood) = peer.stood.as_deref_mut() {
            // who refuses us can be reached
            let first = stood.failed.map_or(at, |(first, _)| first);
            stood.failed = (!refused).then_some((first, at));
        }
        let failure = failure.clone();
        let kind = if refused { Kind::Refused } else { Kind::Failed };
        let news = News::new(Some(key.clone()), kind, What::ConnectFailed { attempt, gives_up_at })
            .failed(&failure);
        peer.state = if refused {
            State::Refused { failure, at }
        } else {
            State::Failed { failure, attempt, gives_up_at, again_in, at }
        };
        self.event_of(key, News { known, ..news }); // the same once more hides nothing that is new
    }

    fn disconnected(&mut self, permid: Permid, failure: &Failure) {
        let (key, at) = (PeerKey::Permid(permid), self.now);
        let Some(peer) = self.facts.peers.get_mut(&key) else { return };
        if let Some(stood) = peer.stood.as_deref_mut() {
            stood.until = Some(at);
        }
        if !matches!(peer.state, State::Refused { .. }) {
            peer.state = State::Gone { failure: failure.clone(), at };
        }
        self.line(&key, Kind::Plain, What::Gone, Some(failure));
    }
}

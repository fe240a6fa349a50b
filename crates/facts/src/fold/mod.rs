//! One input after the other changes what is known.

mod lines;
mod networks;
mod requests;
mod said;
mod ways;

use swarmscope_peer::node::{Event, PeerKey};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::Failure;

use crate::facts::Facts;
use crate::input::{Change, Input};
use crate::news::{Kind, News, What};
use crate::now::Now;
use crate::odd;
use crate::peer::Peer;
use crate::words;

impl Facts {
    /// Takes in what became known at `now`, and tells what follows from that, in order. Takes time
    /// in proportion to the input, never to what is known.
    pub fn fold(&mut self, now: Now, input: impl Into<Input>) -> Vec<Change> {
        let mut fold = Fold { facts: self, now, changes: Vec::new() };
        match input.into() {
            Input::Event(event) => fold.event(event),
            Input::Asked(ask, ticket) => fold.asked(ask, ticket),
            Input::Decoded { permid, ticket, decoding } => fold.decoded(permid, ticket, decoding),
            Input::Label { permid, label } => fold.label(permid, &label),
            Input::Forgotten(key) => fold.forgotten(&key),
            Input::Network(event) => fold.network(event),
        }
        fold.changes
    }
}

/// One input on its way.
struct Fold<'f> {
    facts: &'f mut Facts,
    now: Now,
    changes: Vec<Change>,
}

impl Fold<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Listening { address, .. } => {
                self.facts.listening = Some(address);
                self.news(News::new(None, Kind::Plain, What::Listening(address)));
            }
            Event::Notice { text } => self.news(News::new(None, Kind::Plain, What::Notice(text))),
            Event::Coalesced { count } => {
                self.facts.coalesced = self.facts.coalesced.saturating_add(count);
            }
            Event::Traced { peer, traced } => self.traced(&peer, traced),
            Event::Part { .. }
            | Event::Reply(_)
            | Event::RequestFailed { .. }
            | Event::AwaitingDialBack { .. }
            | Event::Sent { .. }
            | Event::Due { .. } => self.request(event),
            Event::Discovered { .. }
            | Event::Connecting { .. }
            | Event::Connected { .. }
            | Event::ConnectFailed { .. }
            | Event::Disconnected { .. }
            | Event::AcceptFailed { .. } => self.way(event),
            other => self.said(other),
        }
    }

    fn label(&mut self, permid: Permid, label: &str) {
        if let Some(peer) = self.facts.peers.entry(&PeerKey::Permid(permid)) {
            peer.label = Some(words::clean(label).into());
        }
    }

    fn forgotten(&mut self, key: &PeerKey) {
        if !self.facts.peer(key).is_some_and(Peer::can_be_forgotten) {
            return;
        }
        self.facts.peers.forget(key);
        self.facts.conversations.forget(key);
        self.facts.held.forget(key);
        if let PeerKey::Permid(permid) = key {
            self.facts.gossip.forget(permid);
            self.facts.guesses.forget(permid);
        }
        self.changes.push(Change::Forgotten(key.clone()));
    }

    /// Tells something that leaves its peer where it is in the list.
    fn news(&mut self, news: News) {
        self.changes.push(Change::News(news));
    }

    /// Tells something that counts as its peer's newest event.
    fn event_of(&mut self, key: &PeerKey, news: News) {
        self.facts.events += 1;
        let newest = self.facts.events;
        if let Some(peer) = self.facts.peers.get_mut(key) {
            peer.newest = newest;
        }
        self.news(news);
        self.touched(key);
    }

    /// The same, of something about this peer alone.
    fn line(&mut self, key: &PeerKey, kind: Kind, what: What, failure: Option<&Failure>) {
        let news = News { failure: failure.cloned(), ..News::new(Some(key.clone()), kind, what) };
        self.event_of(key, news);
    }

    /// Something odd about a peer.
    fn signal(&mut self, key: &PeerKey, news: News) {
        if let Some(peer) = self.facts.peers.get_mut(key) {
            peer.signals = peer.signals.saturating_add(1);
            odd::note(&mut peer.odd, news.clone(), self.now);
        }
        self.event_of(key, news);
    }

    fn touched(&mut self, key: &PeerKey) {
        self.changes.push(Change::Touched(key.clone()));
    }
}

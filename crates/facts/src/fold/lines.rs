//! What passed over connections, and what was concluded from it.

use swarmscope_peer::crawler::Traced;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::failure::{By, Failure, Phase};

use super::Fold;
use crate::conversation::{Line, Of, What};

impl Fold<'_> {
    /// A step of a connection.
    pub(super) fn traced(&mut self, peer: &PeerKey, traced: Traced) {
        let now = self.now;
        if self.facts.peers.entry(peer).is_none() {
            return; // the table is full: who is not listed can't be looked at
        }
        let requests = self.facts.peers.get(peer).map_or(&[][..], |peer| &peer.requests);
        let conversation = self.facts.conversations.of(peer);
        let of = conversation.channels.of(&traced.what, requests);
        conversation.climb.step(&traced, now);
        conversation.began = Some((traced.socket, now.before(traced.after).instant));
        let Traced { socket, after, what } = traced;
        let line = Line { seq: 0, at: now, socket, after, what: What::Trace(what), of };
        self.facts.conversations.add(peer, line);
    }

    /// A dial of a listed peer has come to a rung; known even where nothing is traced.
    pub(super) fn climbed(&mut self, peer: &PeerKey, phase: Phase, detail: &str) {
        self.facts.conversations.of(peer).climb.reached(phase, detail, self.now);
    }

    /// A connection to a listed peer is authenticated.
    pub(super) fn authenticated(&mut self, peer: &PeerKey) {
        // of who was never traced nor dialled the list knows as much
        if self.facts.conversations.get(peer).is_some() {
            self.facts.conversations.of(peer).climb.authenticated(self.now);
        }
    }

    /// A dial of a listed peer has failed.
    pub(super) fn fell(&mut self, peer: &PeerKey, failure: &Failure) {
        self.facts.conversations.of(peer).climb.failed(failure, self.now);
    }

    /// A request has failed: a deadline that passed is a line of its own.
    pub(super) fn given_up(&mut self, peer: &PeerKey, ticket: Ticket, failure: &Failure) {
        let now = self.now;
        let Some(request) = self.facts.request(peer, ticket) else { return };
        let channel = request.channel;
        let conversation = self.facts.conversations.of(peer);
        conversation.channels.end(ticket);
        let Some((socket, began)) = conversation.began else { return };
        if failure.by != By::Us || failure.phase() != Phase::Reply {
            return; // the connection's end says it
        }
        let after = now.instant.saturating_duration_since(began);
        let what = What::GivenUp { channel, failure: failure.clone() };
        let line = Line { seq: 0, at: now, socket, after, what, of: Of::Request(ticket) };
        self.facts.conversations.add(peer, line);
    }
}

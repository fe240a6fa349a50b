//! What passed over the connections of each peer, line by line, as far as it stays in memory.
//!
//! Lines come from the node's [`Traced`] steps, and from what the engine concluded: a deadline that passed. Every peer has a budget
//! of lines and bytes, and so has the screen; the oldest are let go first, and how many were is said.

mod channels;
mod climb;
mod line;
mod store;

pub use climb::{Attempt, Climb, Step};
pub use line::{Line, Of, What};
pub use store::{Conversation, Conversations};

use crate::screen::model::Model;
use swarmscope_peer::crawler::Traced;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::failure::{By, Failure, Phase};

/// A step of a connection.
pub(in crate::screen) fn traced(model: &mut Model, peer: &PeerKey, traced: Traced) {
    let now = model.now;
    if model.peers.entry(peer).is_none() {
        return; // the table is full: who is not listed can't be looked at
    }
    let requests = model.peers.get(peer).map_or(&[][..], |peer| &peer.requests);
    let conversation = model.conversations.of(peer);
    let of = conversation.channels.of(&traced.what, requests);
    conversation.climb.step(&traced, now);
    conversation.began = Some((traced.socket, now.instant.checked_sub(traced.after).unwrap_or(now.instant)));
    let Traced { socket, after, what } = traced;
    model.conversations.add(peer, Line { seq: 0, at: now, socket, after, what: What::Trace(what), of });
}

/// A dial of a listed peer has come to a rung; known even where nothing is traced.
pub(in crate::screen) fn connecting(model: &mut Model, peer: &PeerKey, phase: Phase, detail: &str) {
    let now = model.now;
    model.conversations.of(peer).climb.reached(phase, detail, now);
}

/// A connection to a listed peer is authenticated.
pub(in crate::screen) fn connected(model: &mut Model, peer: &PeerKey) {
    let now = model.now;
    // of who was never traced nor dialled the list knows as much
    if model.conversations.get(peer).is_some() {
        model.conversations.of(peer).climb.authenticated(now);
    }
}

/// A dial of a listed peer has failed.
pub(in crate::screen) fn connect_failed(model: &mut Model, peer: &PeerKey, failure: &Failure) {
    let now = model.now;
    model.conversations.of(peer).climb.failed(failure, now);
}

/// A request has failed: a deadline that passed is a line of its own.
pub(in crate::screen) fn request_failed(model: &mut Model, peer: &PeerKey, ticket: Ticket, failure: &Failure) {
    let now = model.now;
    let Some(request) = model.peers.get_mut(peer).and_then(|peer| peer.by_ticket(ticket)) else { return };
    let channel = request.channel;
    let conversation = model.conversations.of(peer);
    conversation.channels.end(ticket);
    let Some((socket, began)) = conversation.began else { return };
    if failure.by != By::Us || failure.phase() != Phase::Reply {
        return; // the connection's end says it
    }
    let after = now.instant.saturating_duration_since(began);
    let what = What::GivenUp { channel, failure: failure.clone() };
    model.conversations.add(peer, Line { seq: 0, at: now, socket, after, what, of: Of::Request(ticket) });
}

#[cfg(test)]
mod tests;

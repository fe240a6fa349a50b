//! Parts and replies, and how much of them stays in memory.

use std::collections::VecDeque;

use crate::screen::asking::request::{Outcome, Part, Reply, Request};
use crate::screen::log::Kind;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::news::{about, line};
use crate::screen::{format, words};
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::{Event, Origin, PeerKey, Ticket};
use swarmscope_wire::tree::Node;
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

/// Bytes of replies that stay in memory for reading: two of the largest that a channel's budget allows. Older ones keep their line, not their bytes.
const KEPT: usize = 128 << 20;
/// Replies that stay in memory, however small.
const MOST_KEPT: usize = 4096;
/// About what one value of a decoded reply takes besides its text.
const BYTES_A_VALUE: usize = 128;

/// A part came.
pub fn part(model: &mut Model, permid: Permid, ticket: Ticket, part: Part) {
    let key = PeerKey::Permid(permid);
    if let Some(request) = model.peers.get_mut(&key).and_then(|peer| peer.by_ticket(ticket)) {
        request.part(part);
    }
}

/// The whole reply came: what it means for the next request, and the order to read it.
pub fn reply(model: &mut Model, event: Event) -> Vec<Effect> {
    let Event::Reply { ticket, permid, message, channel, error, payload, parts, elapsed, dialled_back } = event else {
        return Vec::new();
    };
    let (key, now) = (PeerKey::Permid(permid), model.now);
    let Some(peer) = model.peers.get_mut(&key) else { return Vec::new() };
    if peer.by_ticket(ticket).is_none() {
        let number = peer.number();
        let origin = Origin::Operator;
        let mut request = Request::new(ticket, number, message, Frequency::DEFAULT, bytes::Bytes::new(), origin, now);
        request.channel = Some(channel);
        peer.add(request);
    }
    let Some(request) = peer.by_ticket(ticket) else { return Vec::new() };
    let bytes = payload.len();
    request.outcome = Outcome::Replied(Reply {
        error,
        payload: Some(payload.clone()),
        bytes,
        parts,
        elapsed,
        dialled_back,
        at: now,
        decoding: None,
    });
    let (sent, frequency) = (request.sent.unwrap_or(request.asked), request.frequency);
    match error {
        ErrorByte::FREQUENCY => model.acceptance.record_254(permid, message, now.instant, frequency),
        ErrorByte::UNKNOWN_MESSAGE => {}
        _ => model.acceptance.record_accepted(permid, message, sent.instant),
    }
    let label = model.registry().label(message);
    let mut text = format!("{label}: {}", words::error(error));
    if error == ErrorByte::SUCCESS {
        let (size, time) = (format::size(bytes), format::took(elapsed));
        text = format!("{text}, {size} in {}, {time}", format::counted(parts as usize, "part"));
    }
    if error == ErrorByte::FREQUENCY {
        text.push_str(&again(model, permid, message, frequency));
    }
    if dialled_back {
        text.push_str(", on a connection that the peer dialled back");
    }
    let kind = if error == ErrorByte::FREQUENCY { Kind::NotYet } else { Kind::Plain };
    line(model, &key, kind, &text, None);
    keep(model, &key, ticket, bytes);
    about(model, &key);
    vec![Effect::Decode { permid, ticket, message, error, payload }]
}

/// `, accepts again at 12:41:57Z`, as far as it is known.
fn again(model: &Model, permid: Permid, message: MessageId, frequency: Frequency) -> String {
    let at = |left| model.now.wall.checked_add(left).map(format::clock).unwrap_or_default();
    match model.acceptance.acceptance(permid, message, frequency, model.now.instant) {
        Acceptance::In(left) => format!(", accepts again at {}", at(left)),
        Acceptance::AtMost(left) => format!(", accepts at latest at {}", at(left)),
        Acceptance::Now => String::new(),
    }
}

/// Replies whose payloads are in memory, oldest first, and about how many bytes they take.
#[derive(Clone, Default, Debug)]
pub struct Held {
    replies: VecDeque<(PeerKey, Ticket, usize)>,
    bytes: usize,
}

impl Held {
    /// About how many bytes they take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Counts a reply into what stays in memory and makes room: the oldest lose their bytes.
fn keep(model: &mut Model, key: &PeerKey, ticket: Ticket, cost: usize) {
    model.held.replies.push_back((key.clone(), ticket, cost));
    model.held.bytes = model.held.bytes.saturating_add(cost);
    make_room(model);
}

/// A reply's tree takes memory too.
pub fn grown(model: &mut Model, ticket: Ticket, by: usize) {
    if let Some((.., cost)) = model.held.replies.iter_mut().rev().find(|(_, held, _)| *held == ticket) {
        *cost = cost.saturating_add(by);
        model.held.bytes = model.held.bytes.saturating_add(by);
        make_room(model);
    }
}

/// About how many bytes a tree takes.
pub fn cost(tree: &Node) -> usize {
    BYTES_A_VALUE + tree.children.iter().map(cost).sum::<usize>()
}

fn make_room(model: &mut Model) {
    while (model.held.bytes > KEPT || model.held.replies.len() > MOST_KEPT) && model.held.replies.len() > 1 {
        let Some((key, ticket, cost)) = model.held.replies.pop_front() else { return };
        model.held.bytes = model.held.bytes.saturating_sub(cost);
        let request = model.peers.get_mut(&key).and_then(|peer| peer.by_ticket(ticket));
        if let Some(Outcome::Replied(reply)) = request.map(|request| &mut request.outcome) {
            reply.payload = None;
            reply.decoding = None;
        }
    }
}

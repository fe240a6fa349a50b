//! The node's events, folded into the model.

use std::fmt::Write as _;

use super::log::Kind;
use super::model::Model;
use super::msg::{Effect, TourStep};
use super::words;
use crate::screen::asking::request::{Due, Outcome, Part, Request};
use crate::screen::list::nat::nat_type;
use crate::screen::list::peers::State;
use crate::screen::peer_screen::conversation;
use crate::screen::reply::replies;
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Ask, Event, Origin, PeerKey, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::{ChannelId, Frequency, MessageId, Permid};

/// Folds an event of the node.
pub fn event(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Listening { address, .. } => {
            model.listening = Some(address);
            model.say(Kind::Plain, format!("listening on {}", words::address(model, &address.to_string())));
        }
        Event::Part { ticket, permid, index, parts_left, payload, after, .. } => {
            let part = Part { index, hint: parts_left, bytes: payload.len(), after };
            replies::part(model, permid, ticket, part);
        }
        Event::Reply { .. } => return replies::reply(model, event),
        Event::RequestFailed { ticket, permid, message, failure } => {
            request_failed(model, permid, ticket, message, &failure);
        }
        Event::AwaitingDialBack { ticket, permid } => {
            let key = PeerKey::Permid(permid);
            if let Some(request) = model.peers.get_mut(&key).and_then(|peer| peer.by_ticket(ticket)) {
                request.outcome = Outcome::AwaitingDialBack;
            }
            line(
                model,
                &key,
                Kind::Plain,
                "the connection ended before the reply; the peer may dial back with it",
                None,
            );
        }
        Event::Sent { ticket, permid, message, channel, frequency, payload, origin } => {
            sent(model, permid, ticket, channel, |model, number| {
                waiting(model, ticket, number, message, frequency, payload, origin)
            });
        }
        Event::Traced { peer, traced } => conversation::traced(model, &peer, traced),
        Event::Due { ticket, permid, whole, between } => {
            if let Some(request) = model.peers.get_mut(&PeerKey::Permid(permid)).and_then(|peer| peer.by_ticket(ticket))
            {
                request.due = Some(Due { whole, between });
            }
        }
        Event::Coalesced { count } => model.coalesced += count,
        Event::Notice { text } => model.say(Kind::Plain, words::clean(&text)),
        other => connections(model, other),
    }
    Vec::new()
}

/// What concerns the way to a peer.
fn connections(model: &mut Model, event: Event) {
    match event {
        Event::Discovered { peer, address, version, source } => {
            let Some(entry) = model.peers.entry(&peer) else { return };
            entry.address = entry.address.or(address);
            entry.version = entry.version.or(version);
            entry.source.get_or_insert(source);
        }
        Event::Connecting { peer, phase, detail } => {
            let now = model.now;
            if model.peers.entry(&peer).is_some() {
                conversation::connecting(model, &peer, phase, &detail);
            }
            let Some(entry) = model.peers.entry(&peer) else { return };
            let since = match entry.state {
                State::Connected { .. } => return,
                State::Connecting { since, .. } => since,
                _ => now,
            };
            entry.state = State::Connecting { phase, since };
        }
        Event::Connected { .. } => connected(model, event),
        Event::ConnectFailed { peer, failure, attempt, gives_up_at } => {
            connect_failed(model, &peer, &failure, attempt, gives_up_at);
        }
        Event::Disconnected { permid, failure } => disconnected(model, permid, &failure),
        other => said(model, other),
    }
}

fn connected(model: &mut Model, event: Event) {
    let Event::Connected { permid, was, address, listening_port, version, transport, direction, rtt } = event else {
        return;
    };
    let key = PeerKey::Permid(permid);
    if let Some(was) = was.filter(|was| *was != key) {
        renamed(model, &was, &key);
    }
    let since = model.now;
    if model.peers.entry(&key).is_some() {
        conversation::connected(model, &key);
    }
    let Some(peer) = model.peers.entry(&key) else { return };
    peer.state = State::Connected { since };
    peer.failing = None;
    peer.address = Some(address);
    peer.listening_port = listening_port;
    peer.version = Some(version);
    peer.transport = Some(transport);
    peer.direction = Some(direction);
    peer.rtt = Some(rtt);
    let text = words::connected(version, transport, direction, rtt);
    line(model, &key, Kind::Plain, &text, None);
}

/// Two names for one peer become one.
fn renamed(model: &mut Model, was: &PeerKey, key: &PeerKey) {
    if !model.peers.rename(was, key) {
        return;
    }
    model.log.rename(was, key);
    model.conversations.rename(was, key);
    model.marks.rename(was, key);
    if model.awaited.as_ref() == Some(was) {
        model.awaited = Some(key.clone());
    }
    if model.selected.as_ref() == Some(was) {
        model.selected = Some(key.clone());
    }
}

fn connect_failed(model: &mut Model, key: &PeerKey, failure: &Failure, attempt: u32, gives_up_at: u32) {
    let at = model.now;
    let Some(peer) = model.peers.entry(key) else { return };
    if peer.connected() {
        return; // another connection to it stands
    }
    conversation::connect_failed(model, key, failure);
    let Some(peer) = model.peers.get_mut(key) else { return };
    let known = peer.failing.replace(failure.cause) == Some(failure.cause);
    let refused = failure.cause == Cause::AuthClosed && failure.by == By::Peer;
    let text = words::connect_failed(failure, attempt, gives_up_at);
    peer.state = if refused {
        State::Refused { failure: failure.clone(), at }
    } else {
        State::Failed { failure: failure.clone(), attempt, gives_up_at, at }
    };
    let kind = if refused { Kind::Refused } else { Kind::Failed };
    line(model, key, kind, &text, Some(failure));
    if known {
        model.log.is_known(); // the same once more: it hides nothing that is new
    }
}

fn disconnected(model: &mut Model, permid: Permid, failure: &Failure) {
    let (key, at) = (PeerKey::Permid(permid), model.now);
    let Some(peer) = model.peers.get_mut(&key) else { return };
    if !matches!(peer.state, State::Refused { .. }) {
        peer.state = State::Gone { failure: failure.clone(), at };
    }
    let text = format!("gone: {}", words::clean(failure.cause.text()));
    line(model, &key, Kind::Plain, &text, Some(failure));
}

/// What peers said that belongs to no request of ours, and what they asked us.
fn said(model: &mut Model, event: Event) {
    match event {
        Event::ReplyRefused { permid, channel, message, why, times } => {
            let key = PeerKey::Permid(permid);
            let label = model.registry().label(message);
            if let Some(peer) = model.peers.get_mut(&key) {
                peer.signals = peer.signals.saturating_add(1);
            }
            let text = words::refused_reply(&why, channel, &label);
            line(model, &key, Kind::Signal, &text, None);
            model.log.counted(times.into(), " in 60 s");
        }
        Event::FrameDropped { permid, id, times } if times.ilog10() < 1 || times.is_power_of_two() => {
            let name = id.name().unwrap_or("of an unknown type");
            let text = format!("a frame {name} {} is not ours: dropped, {times} so far", id.0);
            quiet_line(model, &PeerKey::Permid(permid), &text);
        }
        Event::Gossip { permid, listed, left_out } => {
            let mut text = format!("told of {}", super::format::counted(listed, "peer"));
            if left_out > 0 {
                let _ = write!(text, ", {left_out} more malformed and left out");
            }
            quiet_line(model, &PeerKey::Permid(permid), &text);
        }
        Event::AcceptFailed { remote, failure, times } => {
            let remote = words::address(model, &remote.to_string());
            let text = format!("a connection from {remote} did not authenticate: {}", failure.cause.text());
            model.log.add(model.now, Kind::Plain, None, text, Some(&failure));
            model.log.counted(times, " in 60 s");
        }
        Event::Asked { permid, message, frequency, bytes, .. } => {
            let mut text = format!("asks us {}, every {frequency} s", model.registry().label(message));
            if bytes > 0 {
                let _ = write!(text, ", {}", super::format::size(bytes));
            }
            quiet_line(model, &PeerKey::Permid(permid), &text);
        }
        Event::Answered { permid, message, error, bytes, .. } => {
            let label = model.registry().label(message);
            let text = format!("has our answer to {label}: {}, {}", words::error(error), super::format::size(bytes));
            quiet_line(model, &PeerKey::Permid(permid), &text);
        }
        Event::Refused { permid, message, failure } => {
            let label = model.registry().label(message);
            let text = match failure.cause {
                Cause::NotAllowed => format!("asked us {label} and is not on the allow-list: closed"),
                other => format!("asked us {label} and was closed: {}", other.text()),
            };
            line(model, &PeerKey::Permid(permid), Kind::Plain, &text, None);
        }
        Event::Undelivered { permid, message, failure } => {
            let label = model.registry().label(message);
            let text = format!("our answer to {label} did not reach it: {}", failure.cause.text());
            line(model, &PeerKey::Permid(permid), Kind::Failed, &text, Some(&failure));
        }
        _ => {}
    }
}

/// This screen's request has a ticket.
pub fn asked(model: &mut Model, ask: Ask, ticket: Ticket) -> Vec<Effect> {
    let key = PeerKey::Permid(ask.to);
    let now = model.now;
    let Some(peer) = model.peers.entry(&key) else { return Vec::new() };
    if peer.by_ticket(ticket).is_none() {
        let number = peer.number();
        let request = Request::new(ticket, number, ask.message, ask.frequency, ask.payload, ask.origin, now);
        peer.add(request);
        peer.picked = None;
    }
    about(model, &key);
    Vec::new()
}

fn sent(
    model: &mut Model,
    permid: Permid,
    ticket: Ticket,
    channel: ChannelId,
    make: impl FnOnce(&Model, u32) -> Request,
) {
    let (key, now) = (PeerKey::Permid(permid), model.now);
    let Some(peer) = model.peers.entry(&key) else { return };
    if peer.by_ticket(ticket).is_none() {
        let number = peer.number();
        let request = make(model, number);
        let Some(peer) = model.peers.get_mut(&key) else { return };
        peer.add(request);
    }
    let Some(request) = model.peers.get_mut(&key).and_then(|peer| peer.by_ticket(ticket)) else { return };
    request.channel = Some(channel);
    request.sent = Some(now);
    if request.in_flight() {
        request.outcome = Outcome::Waiting;
    }
    let (number, message) = (request.number, request.message);
    let label = model.registry().label(message);
    line(model, &key, Kind::Plain, &format!("is asked {label}, #{number} on channel {channel}"), None);
}

fn waiting(
    model: &Model,
    ticket: Ticket,
    number: u32,
    message: MessageId,
    frequency: Frequency,
    payload: bytes::Bytes,
    origin: Origin,
) -> Request {
    Request::new(ticket, number, message, frequency, payload, origin, model.now)
}

fn request_failed(model: &mut Model, permid: Permid, ticket: Ticket, message: MessageId, failure: &Failure) {
    let (key, at) = (PeerKey::Permid(permid), model.now);
    let label = model.registry().label(message);
    let refused = failure.cause == Cause::ClosedWithoutReply;
    let Some(peer) = model.peers.get_mut(&key) else { return };
    if refused {
        peer.state = State::Refused { failure: failure.clone(), at };
    }
    if let Some(request) = peer.by_ticket(ticket) {
        request.outcome = Outcome::Failed { failure: failure.clone(), at };
        let (sent, frequency) = (request.sent.unwrap_or(request.asked).instant, request.frequency);
        match failure.delivered {
            // who refuses does not count
            _ if refused => {}
            Delivered::No => {}
            // whether the peer counted it is not known: a bound, like another Crawler's request
            Delivered::Maybe => model.acceptance.record_254(permid, message, sent, frequency),
            Delivered::Yes => model.acceptance.record_accepted(permid, message, sent),
        }
    }
    conversation::request_failed(model, &key, ticket, failure);
    line(model, &key, words::kind(failure), &format!("{label}: {}", words::failed(failure)), Some(failure));
}

/// A reply has been read.
pub fn decoded(model: &mut Model, permid: Permid, ticket: Ticket, decoding: Decoding) -> Vec<Effect> {
    let key = PeerKey::Permid(permid);
    let Some(peer) = model.peers.get_mut(&key) else { return Vec::new() };
    let Some(request) = peer.by_ticket(ticket) else { return Vec::new() };
    let message = request.message;
    let nat = (message == MessageId::NATCHECK && decoding.failed.is_none()).then(|| nat_type(&decoding.decoded));
    let odd: Vec<String> = decoding.decoded.findings.iter().take(3).map(|finding| words::clean(finding)).collect();
    let failed = decoding.failed.as_deref().map(words::clean);
    let cost = replies::cost(&decoding.decoded.tree);
    if let Outcome::Replied(reply) = &mut request.outcome
        && reply.payload.is_some()
    {
        reply.decoding = Some(decoding);
    }
    let nat = nat.flatten().map(|nat| words::clean(&nat));
    peer.nat = nat.or(peer.nat.take());
    replies::grown(model, ticket, cost);
    let label = model.registry().label(message);
    if let Some(why) = failed {
        let text = format!("{label}: the reply is not what it should be: {why}; its bytes are there");
        signal(model, &key, &text);
    }
    for finding in odd {
        signal(model, &key, &format!("{label}: {finding}"));
    }
    about(model, &key);
    Vec::new()
}

fn signal(model: &mut Model, key: &PeerKey, text: &str) {
    if let Some(peer) = model.peers.get_mut(key) {
        peer.signals = peer.signals.saturating_add(1);
    }
    line(model, key, Kind::Signal, text, None);
}

/// The demo's word for a peer.
pub fn label(model: &mut Model, permid: Permid, label: &str) {
    let key = PeerKey::Permid(permid);
    if let Some(peer) = model.peers.entry(&key) {
        peer.label = Some(words::clean(label));
    }
}

/// The tour's next step. It leads the eye only while nobody has touched a key.
pub fn tour(model: &mut Model, step: TourStep) {
    if let Some((permid, message)) = step.show.filter(|_| !model.touched) {
        if model.composer.message != message {
            let version = model.version_asked();
            model.composer.choose(&model.setup.registry, message, version);
        }
        let key = PeerKey::Permid(permid);
        if model.peers.get(&key).is_some() {
            model.select(Some(key));
        }
    }
    model.log.add(model.now, Kind::Tour, None, format!("tour {} of {}: {}", step.step, step.of, step.text), None);
    model.tour = Some(step);
}

/// A line about a peer; it counts as its newest event.
pub(super) fn line(model: &mut Model, key: &PeerKey, kind: Kind, text: &str, failure: Option<&Failure>) {
    model.events += 1;
    let newest = model.events;
    if let Some(peer) = model.peers.get_mut(key) {
        peer.newest = newest;
    }
    model.log.add(model.now, kind, Some(key), text.to_owned(), failure);
    about(model, key);
}

/// A line that does not move the peer in the list.
fn quiet_line(model: &mut Model, key: &PeerKey, text: &str) {
    model.log.add(model.now, Kind::Plain, Some(key), text.to_owned(), None);
}

/// Something about this peer has changed: what is shown of the selection follows.
pub(super) fn about(model: &mut Model, key: &PeerKey) {
    if model.selected.as_ref() == Some(key) {
        model.follow();
    }
}

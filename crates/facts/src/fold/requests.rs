//! Requests and their outcomes.

use bytes::Bytes;
use swarmscope_peer::crawler::{Acceptance, Decoding};
use swarmscope_peer::node::{self, Ask, Event, Origin, PeerKey, Ticket};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

use super::Fold;
use crate::held::cost;
use crate::input::Change;
use crate::nat::nat_type;
use crate::news::{Again, Kind, News, What};
use crate::peer::{Peer, State};
use crate::request::{Due, Outcome, Part, Reply, Request};
use crate::words;

/// How many of the odd things in one reply are told.
const NOTES_TOLD: usize = 3;

impl Fold<'_> {
    pub(super) fn request(&mut self, event: Event) {
        match event {
            Event::Sent { .. } => self.sent(event),
            Event::Part { ticket, permid, index, parts_left, payload, after, .. } => {
                let most = self.facts.settings.parts_per_request;
                if let Some(request) = self.facts.request_mut(&PeerKey::Permid(permid), ticket) {
                    request
                        .part(Part { index, hint: parts_left, bytes: payload.len(), after }, most);
                }
            }
            Event::Due { ticket, permid, whole, between } => {
                if let Some(request) = self.facts.request_mut(&PeerKey::Permid(permid), ticket) {
                    request.due = Some(Due { whole, between });
                }
            }
            Event::AwaitingDialBack { ticket, permid } => {
                let key = PeerKey::Permid(permid);
                if let Some(request) = self.facts.request_mut(&key, ticket) {
                    request.outcome = Outcome::AwaitingDialBack;
                }
                self.line(&key, Kind::Plain, What::AwaitingDialBack, None);
            }
            Event::Reply(reply) => self.reply(reply),
            Event::RequestFailed { ticket, permid, message, failure } => {
                self.request_failed(permid, ticket, message, &failure);
            }
            _ => {}
        }
    }

    /// This program's request has a ticket.
    pub(super) fn asked(&mut self, ask: Ask, ticket: Ticket) {
        let (key, now, most) =
            (PeerKey::Permid(ask.to), self.now, self.facts.settings.requests_per_peer);
        let Some(peer) = self.facts.peers.entry(&key) else { return };
        if peer.request(ticket).is_none() {
            let number = peer.number();
            peer.add(
                Request::new(
                    ticket,
                    number,
                    ask.message,
                    ask.frequency,
                    ask.payload,
                    ask.origin,
                    now,
                ),
                most,
            );
            self.changes.push(Change::Asked(key.clone()));
        }
        self.touched(&key);
    }

    fn sent(&mut self, event: Event) {
        let Event::Sent { ticket, permid, message, channel, frequency, payload, origin } = event
        else {
            return;
        };
        let (key, now, most) =
            (PeerKey::Permid(permid), self.now, self.facts.settings.requests_per_peer);
        let Some(peer) = self.facts.peers.entry(&key) else { return };
        if peer.request(ticket).is_none() {
            let number = peer.number();
            peer.add(Request::new(ticket, number, message, frequency, payload, origin, now), most);
        }
        let Some(request) = peer.request_mut(ticket) else { return };
        request.channel = Some(channel);
        request.sent = Some(now);
        if request.in_flight() {
            request.outcome = Outcome::Waiting;
        }
        let (number, message) = (request.number, request.message);
        self.line(&key, Kind::Plain, What::Asked { message, number, channel }, None);
    }

    /// The whole reply came: what it means for the next request, and the order to decode it.
    fn reply(&mut self, reply: node::Reply) {
        let node::Reply {
            ticket,
            permid,
            message,
            channel,
            error,
            payload,
            parts,
            elapsed,
            dialled_back,
        } = reply;
        let (key, now, most) =
            (PeerKey::Permid(permid), self.now, self.facts.settings.requests_per_peer);
        let Some(peer) = self.facts.peers.get_mut(&key) else { return };
        if peer.request(ticket).is_none() {
            let number = peer.number();
            let origin = Origin::Operator;
            let mut request = Request::new(
                ticket,
                number,
                message,
                Frequency::DEFAULT,
                Bytes::new(),
                origin,
                now,
            );
            request.channel = Some(channel);
            peer.add(request, most);
        }
        let Some(request) = peer.request_mut(ticket) else { return };
        let bytes = payload.len();
        request.outcome = Outcome::Replied(Reply {
            error,
            payload: Some(payload.clone()),
            bytes,
            parts,
            elapsed,
            dialled_back,
            as_read: false,
            at: now,
            decoding: None,
            malformed: false,
            sha256: None,
            digests: None,
        });
        let (sent, frequency) = (request.sent.unwrap_or(request.asked), request.frequency);
        let (of, times) = ((permid, message), (sent.instant, now.instant));
        self.facts.acceptance.record_reply(of, error, frequency, times);
        let not_yet = error == ErrorByte::FREQUENCY;
        let again = if not_yet { self.again(permid, message, frequency) } else { None };
        let kind = if not_yet { Kind::NotYet } else { Kind::Plain };
        let what = What::Replied { message, error, bytes, parts, elapsed, dialled_back, again };
        self.line(&key, kind, what, None);
        self.facts.held.add(key, ticket, bytes);
        self.facts.make_room();
        self.changes.push(Change::ToDecode { permid, ticket, message, error, payload });
    }

    /// When a request is accepted again, as far as that is known.
    fn again(&self, permid: Permid, message: MessageId, frequency: Frequency) -> Option<Again> {
        let at = |left| self.now.wall.checked_add(left);
        match self.facts.acceptance.acceptance(permid, message, frequency, self.now.instant) {
            Acceptance::In(left) => at(left).map(Again::At),
            Acceptance::AtMost(left) => at(left).map(Again::AtLatest),
            Acceptance::IfCounted(_) | Acceptance::Now | Acceptance::Unknown => None,
        }
    }

    fn request_failed(
        &mut self,
        permid: Permid,
        ticket: Ticket,
        message: MessageId,
        failure: &Failure,
    ) {
        let (key, at) = (PeerKey::Permid(permid), self.now);
        let refused = failure.cause == Cause::ClosedWithoutReply;
        let Some(peer) = self.facts.peers.get_mut(&key) else { return };
        if refused {
            peer.state = State::Refused { failure: failure.clone(), at };
        }
        if let Some(request) = peer.request_mut(ticket) {
            request.outcome = Outcome::Failed { failure: failure.clone(), at };
            let sent = request.sent.unwrap_or(request.asked).instant;
            self.facts.acceptance.record_failure(permid, message, failure, sent);
        }
        self.given_up(&key, ticket, failure);
        self.line(&key, Kind::of(failure), What::RequestFailed(message), Some(failure));
    }

    /// A reply was decoded.
    pub(super) fn decoded(&mut self, permid: Permid, ticket: Ticket, decoding: Decoding) {
        let key = PeerKey::Permid(permid);
        let Some(peer) = self.facts.peers.get_mut(&key) else { return };
        let Some(message) = peer.request(ticket).map(|request| request.message) else { return };
        let notes = decoding.decoded.notes.iter().take(NOTES_TOLD);
        let odd: Vec<String> = notes.map(|note| words::clean(&note.text)).collect();
        let failed = decoding.failed.as_deref().map(words::clean);
        let bytes = cost(&decoding.decoded);
        read_nat(peer, message, &decoding);
        if let Some(Outcome::Replied(reply)) =
            peer.request_mut(ticket).map(|request| &mut request.outcome)
        {
            reply.malformed = failed.is_some();
            reply.digests = Some((&decoding).into());
            if reply.payload.is_some() {
                reply.sha256 = Some(decoding.bytes);
                reply.decoding = Some(decoding);
            }
        }
        self.facts.held.grow(ticket, bytes);
        self.facts.make_room();
        let malformed = failed.map(|why| What::Malformed(message, why));
        for what in
            malformed.into_iter().chain(odd.into_iter().map(|note| What::Odd(message, note)))
        {
            self.signal(&key, News::new(Some(key.clone()), Kind::Signal, what));
        }
        self.touched(&key);
    }
}

/// What a NATCHECK reply says of the peer.
fn read_nat(peer: &mut Peer, message: MessageId, decoding: &Decoding) {
    if message == MessageId::NATCHECK
        && decoding.failed.is_none()
        && let Some(nat) = nat_type(&decoding.decoded)
    {
        peer.nat = Some(words::clean(&nat).into());
    }
}

//! A recording that is started in the middle of a session begins with what makes the screen as it
//! is: the peers, how they are connected, their requests, parts and replies, as the messages that
//! would tell of them, at the times when they happened.
//!
//! What it can't show: the log, the throughput and signals (▲) from before, how the list was sorted,
//! and the payloads of replies that were no longer in memory.

mod networks;

use bytes::Bytes;

use crate::facts::Facts;
use crate::input::Input;
use crate::now::Now;
use crate::peer::{Peer, State};
use crate::request::{Outcome, Request};
use swarmscope_peer::node::{Ask, Direction, Event, PeerKey, Reply, Source, Transport};
use swarmscope_wire::{ChannelId, ErrorByte, OverlayVersion, PartsLeft, Permid};

/// The inputs that make these facts again, as far as they can, in the order of their times.
#[must_use]
pub fn past(facts: &Facts, now: Now) -> Vec<(Now, Input)> {
    let mut told = Vec::new();
    let mut peers: Vec<&Peer> = facts.peers().iter().collect();
    peers.sort_by_key(|peer| peer.newest);
    for peer in peers {
        Teller { told: &mut told, now }.peer(peer);
    }
    told.sort_by_key(|(at, _)| at.instant);
    if let Some(address) = facts.listening() {
        let listening = Event::Listening { address, permid: None, legacy_permid: None };
        told.insert(0, (told.first().map_or(now, |(at, _)| *at), listening.into()));
    }
    told
}

struct Teller<'a> {
    told: &'a mut Vec<(Now, Input)>,
    now: Now,
}

impl Teller<'_> {
    fn tell(&mut self, at: Now, event: Event) {
        self.told.push((at, Input::Event(event)));
    }

    fn peer(&mut self, peer: &Peer) {
        let first = first(peer, self.now);
        let key = peer.key.clone();
        if peer.other.is_some() {
            return networks::peer(self.told, peer, first);
        }
        let source = peer.source.as_deref().cloned().unwrap_or(Source::Operator);
        let discovered = Event::Discovered {
            peer: key.clone(),
            address: peer.address,
            version: peer.version,
            source,
        };
        self.tell(first, discovered);
        if let Some(failure) = &peer.examined {
            let says = serde_json::json!({ "what": "bittorrent", "summary": failure.detail });
            let event = crate::networks::Event::Examined { peer: key.clone(), says };
            self.told.push((first, event.into()));
        }
        if let (Some(label), Some(permid)) = (&peer.label, peer.permid()) {
            self.told.push((first, Input::Label { permid, label: label.to_string() }));
        }
        self.state(peer, first);
        for request in &peer.requests {
            if let PeerKey::Permid(permid) = key {
                self.request(permid, request);
            }
        }
    }

    fn state(&mut self, peer: &Peer, first: Now) {
        let key = peer.key.clone();
        match &peer.state {
            State::Heard | State::Answered { .. } => {}
            State::Connecting { phase, since } => {
                self.tell(
                    *since,
                    Event::Connecting { peer: key, phase: *phase, detail: String::new() },
                );
            }
            State::Connected { since } => self.connected(peer, *since),
            State::Gone { failure, at } => {
                self.connected(peer, first);
                if let PeerKey::Permid(permid) = key {
                    self.tell(*at, Event::Disconnected { permid, failure: failure.clone() });
                }
            }
            State::Refused { failure, at } => {
                // by its allow-list: its request tells so
                let (failure, attempt) = (failure.clone(), 1);
                self.tell(
                    *at,
                    Event::ConnectFailed {
                        peer: key,
                        failure,
                        attempt,
                        gives_up_at: attempt,
                        again_in: None,
                    },
                );
            }
            State::Failed { failure, attempt, gives_up_at, again_in, at } => {
                let event = Event::ConnectFailed {
                    peer: key,
                    failure: failure.clone(),
                    attempt: *attempt,
                    gives_up_at: *gives_up_at,
                    again_in: *again_in,
                };
                self.tell(*at, event);
            }
        }
    }

    fn connected(&mut self, peer: &Peer, at: Now) {
        let (PeerKey::Permid(permid), Some(address)) = (&peer.key, peer.address) else { return };
        let event = Event::Connected {
            permid: *permid,
            was: None,
            address,
            listening_port: peer.listening_port,
            version: peer.version.unwrap_or(OverlayVersion::CURRENT),
            transport: peer.transport.unwrap_or(Transport::Tls),
            direction: peer.direction.unwrap_or(Direction::Outgoing),
            rtt: peer.rtt.unwrap_or_default(),
        };
        self.tell(at, event);
    }

    fn request(&mut self, permid: Permid, request: &Request) {
        let (ticket, message) = (request.ticket, request.message);
        let ask = Ask {
            to: permid,
            message,
            frequency: request.frequency,
            payload: request.payload.clone(),
            timeout: std::time::Duration::ZERO,
            origin: request.origin,
            wait_for_dial_back: false,
        };
        self.told.push((request.asked, Input::Asked(ask, ticket)));
        let channel = request.channel.unwrap_or(ChannelId(0));
        if let Some(sent) = request.sent {
            let (frequency, payload, origin) =
                (request.frequency, request.payload.clone(), request.origin);
            self.tell(
                sent,
                Event::Sent { ticket, permid, message, channel, frequency, payload, origin },
            );
        }
        self.parts(permid, request, channel);
        match &request.outcome {
            Outcome::Queued | Outcome::Waiting => {}
            Outcome::AwaitingDialBack => {
                self.tell(self.now, Event::AwaitingDialBack { ticket, permid });
            }
            Outcome::Failed { failure, at } => {
                self.tell(
                    *at,
                    Event::RequestFailed { ticket, permid, message, failure: failure.clone() },
                );
            }
            Outcome::Replied(reply) => {
                let event = Event::Reply(Reply {
                    ticket,
                    permid,
                    message,
                    channel,
                    error: reply.error,
                    payload: reply.payload.clone().unwrap_or_default(),
                    parts: reply.parts,
                    elapsed: reply.elapsed,
                    dialled_back: reply.dialled_back,
                });
                self.tell(reply.at, event);
                if let Some(decoding) = reply.decoding.clone() {
                    self.told.push((reply.at, Input::Decoded { permid, ticket, decoding }));
                }
            }
        }
    }

    fn parts(&mut self, permid: Permid, request: &Request, channel: ChannelId) {
        let sent = request.sent.unwrap_or(request.asked);
        let whole = request.reply().and_then(|reply| reply.payload.clone());
        let error = request.reply().map_or(ErrorByte::SUCCESS, |reply| reply.error);
        let mut begin = 0;
        for part in &request.parts {
            let end = begin + part.bytes;
            let own = whole
                .as_ref()
                .filter(|whole| end <= whole.len())
                .map(|whole| whole.slice(begin..end));
            begin = end;
            let event = Event::Part {
                ticket: request.ticket,
                permid,
                channel,
                index: part.index,
                parts_left: PartsLeft(part.hint.0),
                error,
                payload: own.unwrap_or_else(|| Bytes::from(vec![0; part.bytes])),
                after: part.after,
            };
            self.tell(after(sent, part.after), event);
        }
    }
}

fn after(now: Now, duration: std::time::Duration) -> Now {
    Now {
        instant: now.instant.checked_add(duration).unwrap_or(now.instant),
        wall: now.wall.checked_add(duration).unwrap_or(now.wall),
    }
}

/// The first that is known of a peer.
fn first(peer: &Peer, now: Now) -> Now {
    let state = match &peer.state {
        State::Heard => None,
        State::Connecting { since, .. }
        | State::Connected { since }
        | State::Answered { at: since } => Some(*since),
        State::Gone { at, .. } | State::Refused { at, .. } | State::Failed { at, .. } => Some(*at),
    };
    let asked = peer.requests.first().map(|request| request.asked);
    let times = [state, asked].into_iter().flatten();
    times.min_by_key(|at| at.instant).unwrap_or(now)
}

//! Peers of other networks than the overlay: named, asked, answering or not.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use swarmscope_peer::node::{Origin, PeerKey, Source, Ticket};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, PartsLeft};

use super::Fold;
use crate::held::cost;
use crate::input::Change;
use crate::networks::{self, Event};
use crate::news::{Kind, News, What};
use crate::peer::State;
use crate::request::{Due, Outcome, Part, Reply, Request};
use crate::words::clean;

/// A node counts as gone that left so many questions in a row without an answer (BEP 5).
const SILENT_AT_MOST: u32 = 2;

impl Fold<'_> {
    pub(super) fn network(&mut self, event: Event) {
        match event {
            Event::Named { peer } => self.named(&peer),
            Event::Labelled { peer, label } => {
                if let Some(peer) = self.facts.peers.entry(&peer) {
                    peer.label = Some(clean(&label).into());
                }
            }
            Event::Asked { peer, ticket, question, about, whole } => {
                self.question(&peer, ticket, question, about, whole);
            }
            Event::Sent { peer, ticket } => self.question_sent(&peer, ticket),
            Event::Part { peer, ticket, index, after, says } => {
                self.told(&peer, ticket, index, after, says);
            }
            Event::Answered { peer, ticket, error, summary, says, parts, elapsed } => {
                let answer = Answer { ticket, error: ErrorByte(error), summary, says };
                self.answered(&peer, answer, parts, elapsed);
            }
            Event::Failed { peer, ticket, failure } => {
                self.unanswered(&peer, ticket, &failure);
            }
            Event::Examined { peer, says } => self.examined(&peer, &says),
        }
    }

    fn named(&mut self, key: &PeerKey) {
        let source = self.facts.shared(Source::Operator);
        let Some(peer) = self.facts.peers.entry(key) else { return };
        peer.address = networks::without_scheme(&key_text(key)).parse().ok();
        peer.source.get_or_insert(source);
        self.touched(key);
    }

    fn question(
        &mut self,
        key: &PeerKey,
        ticket: Ticket,
        message: MessageId,
        about: Bytes,
        whole: Duration,
    ) {
        self.named(key);
        let (now, most) = (self.now, self.facts.settings.requests_per_peer);
        let Some(peer) = self.facts.peers.get_mut(key) else { return };
        let number = peer.number();
        let mut request =
            Request::new(ticket, number, message, Frequency::DEFAULT, about, Origin::Operator, now);
        request.due = Some(Due { whole, between: whole });
        peer.add(request, most);
        self.changes.push(Change::Asked(key.clone()));
        self.touched(key);
    }

    fn question_sent(&mut self, key: &PeerKey, ticket: Ticket) {
        let now = self.now;
        let Some(request) = self.facts.request_mut(key, ticket) else { return };
        request.sent = Some(now);
        if request.in_flight() {
            request.outcome = Outcome::Waiting;
        }
        let (message, number) = (request.message, request.number);
        self.line(key, Kind::Plain, What::Questioned { message, number }, None);
    }

    fn told(&mut self, key: &PeerKey, ticket: Ticket, index: u32, after: Duration, says: Value) {
        let most = self.facts.settings.parts_per_request;
        let Some(request) = self.facts.request_mut(key, ticket) else { return };
        // of those to come nothing is known but that they may
        let hint = PartsLeft(u8::MAX);
        request.part(Part { index, hint, bytes: 0, after }, most);
        if request.told.len() < most {
            request.told.push((after, says));
        }
    }

    fn answered(&mut self, key: &PeerKey, answer: Answer, parts: u32, elapsed: Duration) {
        let now = self.now;
        let Answer { ticket, error, summary, says } = answer;
        let Some(peer) = self.facts.peers.get_mut(key) else { return };
        let network = peer.network();
        let Some(message) = peer.request(ticket).map(|request| request.message) else { return };
        let name = networks::registry(network).label(message);
        let nobody = networks::nobody_answered(&says);
        if let Some(other) = peer.other.as_mut().filter(|_| !nobody) {
            other.learn(&name, &says, now);
        }
        peer.state = if nobody {
            let cause = absent(peer.request(ticket).map_or(&[], |request| &request.told));
            failed(Failure::new(cause, By::Network, clean(&summary)), 1, now)
        } else {
            State::Answered { at: now }
        };
        if let Some(rtt) = says["rtt_ms"].as_f64()
            && let Ok(rtt) = Duration::try_from_secs_f64(rtt / 1e3)
        {
            peer.rtt = Some(rtt);
        }
        let (decoding, payload) = networks::decoding(error, &summary, &says);
        let (bytes, read) = (payload.len(), cost(&decoding.decoded));
        let Some(request) = peer.request_mut(ticket) else { return };
        request.outcome = Outcome::Replied(Reply {
            error,
            payload: Some(payload),
            bytes,
            parts,
            elapsed,
            dialled_back: false,
            as_read: true,
            at: now,
            sha256: Some(decoding.bytes),
            malformed: decoding.failed.is_some(),
            digests: Some((&decoding).into()),
            decoding: Some(decoding),
        });
        let kind = if nobody { Kind::Failed } else { Kind::Plain };
        self.line(key, kind, What::Said { message, summary: clean(&summary) }, None);
        self.facts.held.add(key.clone(), ticket, bytes.saturating_add(read));
        self.facts.make_room();
    }

    fn unanswered(&mut self, key: &PeerKey, ticket: Ticket, failure: &Failure) {
        let at = self.now;
        let Some(peer) = self.facts.peers.get_mut(key) else { return };
        let Some(request) = peer.request_mut(ticket) else { return };
        request.outcome = Outcome::Failed { failure: failure.clone(), at };
        let message = request.message;
        if failure.by != By::Us {
            let silent = peer.other.as_mut().map_or(1, |other| {
                other.silent = other.silent.saturating_add(1);
                other.silent
            });
            let is_new = !matches!(peer.state, State::Answered { .. });
            if is_new || silent >= SILENT_AT_MOST || failure.cause != Cause::AnswerTimeout {
                peer.state = failed(failure.clone(), silent, at);
            }
        }
        self.line(key, Kind::of(failure), What::RequestFailed(message), Some(failure));
    }

    /// What listens where an overlay dial was closed without a byte.
    fn examined(&mut self, key: &PeerKey, says: &Value) {
        let summary = clean(says["summary"].as_str().unwrap_or_default());
        let Some(peer) = self.facts.peers.get_mut(key) else { return };
        let is_client = says["what"] == "bittorrent";
        let failure = Failure::new(Cause::LikelyBitTorrent, By::Peer, summary.clone());
        if is_client {
            peer.examined = Some(Box::new(failure.clone()));
            if let State::Failed { failure: was, .. } = &mut peer.state
                && was.cause == Cause::HandshakeClosed
            {
                *was = failure.clone();
                peer.failing = Some(failure.cause);
            }
        }
        if is_client {
            self.fell(key, &failure);
        }
        let news = News::new(Some(key.clone()), Kind::Failed, What::Examined(summary));
        let news = if is_client { news.failed(&failure) } else { news };
        self.event_of(key, news);
    }
}

/// An answer on its way.
struct Answer {
    ticket: Ticket,
    error: ErrorByte,
    summary: String,
    says: Value,
}

fn failed(failure: Failure, attempt: u32, at: crate::now::Now) -> State {
    State::Failed { failure, attempt, gives_up_at: 0, again_in: None, at }
}

/// Why nobody is there, as the rungs of a REACH say.
fn absent(rungs: &[(Duration, Value)]) -> Cause {
    let ended = |name: &str| {
        let rung = rungs.iter().find(|(_, rung)| rung["rung"] == name);
        rung.and_then(|(_, rung)| rung["outcome"].as_str())
    };
    match (ended("resolve"), ended("tcp")) {
        (_, Some("refused")) => Cause::TcpRefused,
        (_, Some("unreachable")) => Cause::TcpUnreachable,
        (_, Some("timeout")) => Cause::TcpTimeout,
        (_, Some("ok")) => Cause::BtTimeout,
        (_, Some(_)) => Cause::TcpOther,
        (Some(_), None) => Cause::NotFound,
        (None, None) => Cause::AnswerTimeout,
    }
}

fn key_text(key: &PeerKey) -> String {
    match key {
        PeerKey::Address(address) => address.clone(),
        PeerKey::Permid(_) => String::new(),
    }
}

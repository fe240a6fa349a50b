//! The same of peers of other networks than the overlay.

use std::time::Duration;

use crate::input::Input;
use crate::networks::Event;
use crate::now::Now;
use crate::peer::Peer;
use crate::request::{Outcome, Request};

/// What would tell of this peer.
pub fn peer(told: &mut Vec<(Now, Input)>, peer: &Peer, first: Now) {
    let key = || peer.key.clone();
    told.push((first, Event::Named { peer: key() }.into()));
    if let Some(label) = &peer.label {
        told.push((first, Event::Labelled { peer: key(), label: label.to_string() }.into()));
    }
    for asked in &peer.requests {
        request(told, peer, asked);
    }
}

fn request(told: &mut Vec<(Now, Input)>, peer: &Peer, request: &Request) {
    let (key, ticket) = (|| peer.key.clone(), request.ticket);
    let whole = request.due.map_or(Duration::ZERO, |due| due.whole);
    let asked = Event::Asked {
        peer: key(),
        ticket,
        question: request.message,
        about: request.payload.clone(),
        whole,
    };
    told.push((request.asked, asked.into()));
    let sent = request.sent.unwrap_or(request.asked);
    if request.sent.is_some() {
        told.push((sent, Event::Sent { peer: key(), ticket }.into()));
    }
    for (index, (after, says)) in (1..).zip(&request.told) {
        let part = Event::Part { peer: key(), ticket, index, after: *after, says: says.clone() };
        told.push((sent.later(*after), part.into()));
    }
    match &request.outcome {
        Outcome::Replied(reply) => {
            let decoded = reply.decoding.as_ref().map(|decoding| &decoding.decoded);
            let answered = Event::Answered {
                peer: key(),
                ticket,
                error: reply.error.0,
                summary: decoded.map_or_else(String::new, |decoded| decoded.summary.clone()),
                says: decoded.map_or(serde_json::Value::Null, |decoded| decoded.json.clone()),
                parts: reply.parts,
                elapsed: reply.elapsed,
            };
            told.push((reply.at, answered.into()));
        }
        Outcome::Failed { failure, at } => {
            let failed = Event::Failed { peer: key(), ticket, failure: failure.clone() };
            told.push((*at, failed.into()));
        }
        Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack => {}
    }
}

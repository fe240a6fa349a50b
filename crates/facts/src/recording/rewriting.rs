//! One way through everything in a message that says who, where or in which words.

use std::net::SocketAddr;

use bytes::Bytes;
use serde_json::Value;

use crate::input::Input;
use crate::networks;
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Event, PeerKey, Reply, Source, Trace};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::trace::Piece;

/// What a BitTorrent peer says of where it listens is called.
const PORT: &str = "port";

/// What is done to each sort of thing that a message holds.
pub trait Rewrite {
    /// Who.
    fn permid(&mut self, permid: &mut Permid);
    /// Where.
    fn address(&mut self, address: &mut SocketAddr);
    /// A port.
    fn port(&mut self, port: &mut u16);
    /// `host:port`, as written.
    fn place(&mut self, place: &mut String);
    /// The name of a host.
    fn host(&mut self, host: &mut String);
    /// Words.
    fn text(&mut self, text: &mut String);
    /// What passed over a connection.
    fn piece(&mut self, piece: &mut Piece);
    /// Why something failed.
    fn failure(&mut self, failure: &mut Failure);
    /// What this program asks.
    fn question(&mut self, payload: &mut Bytes);
    /// What a peer answers.
    fn answer(&mut self, payload: &mut Bytes);
    /// What a reply was decoded as.
    fn decoding(&mut self, decoding: &mut Decoding);
    /// Typed or pasted text.
    fn typed(&mut self, text: &mut String);

    /// By what a peer is known.
    fn key(&mut self, key: &mut PeerKey) {
        match key {
            PeerKey::Permid(permid) => self.permid(permid),
            PeerKey::Address(place) => self.place(place),
        }
    }
}

/// What can be gone through.
pub trait Rewritten {
    /// Goes through everything in it that says who, where or in which words.
    fn rewrite(&mut self, to: &mut impl Rewrite);
}

impl Rewritten for Input {
    fn rewrite(&mut self, to: &mut impl Rewrite) {
        match self {
            Self::Event(event) => event.rewrite(to),
            Self::Asked(ask, _) => {
                to.permid(&mut ask.to);
                to.question(&mut ask.payload);
            }
            Self::Decoded { permid, decoding, .. } => {
                to.permid(permid);
                to.decoding(decoding);
            }
            Self::Label { permid, label } => {
                to.permid(permid);
                to.text(label);
            }
            Self::Forgotten(key) => to.key(key),
            Self::Network(event) => event.rewrite(to),
        }
    }
}

impl Rewritten for networks::Event {
    fn rewrite(&mut self, to: &mut impl Rewrite) {
        match self {
            Self::Named { peer } | Self::Sent { peer, .. } => to.key(peer),
            Self::Labelled { peer, label } => {
                to.key(peer);
                to.text(label);
            }
            Self::Asked { peer, about, .. } => {
                to.key(peer);
                about.clear();
            }
            Self::Part { peer, says, .. } | Self::Examined { peer, says } => {
                to.key(peer);
                json(says, to);
            }
            Self::Answered { peer, summary, says, .. } => {
                to.key(peer);
                to.text(summary);
                json(says, to);
            }
            Self::Failed { peer, failure, .. } => {
                to.key(peer);
                to.failure(failure);
            }
        }
    }
}

/// Goes through all texts of a value, and the ports where it names one.
fn json(value: &mut Value, to: &mut impl Rewrite) {
    match value {
        Value::String(text) => to.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| json(item, to)),
        Value::Object(members) => {
            let all = std::mem::take(members).into_iter().map(|(mut name, mut item)| {
                to.text(&mut name);
                match item.as_u64().map(u16::try_from) {
                    Some(Ok(mut port)) if name == PORT => {
                        to.port(&mut port);
                        item = port.into();
                    }
                    _ => json(&mut item, to),
                }
                (name, item)
            });
            *members = all.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Rewritten for Event {
    fn rewrite(&mut self, to: &mut impl Rewrite) {
        match self {
            Event::Listening { address, permid, legacy_permid } => {
                to.address(address);
                permid.iter_mut().chain(legacy_permid).for_each(|permid| to.permid(permid));
            }
            Event::Discovered { peer, address, source, .. } => {
                to.key(peer);
                if let Some(address) = address {
                    to.address(address);
                }
                if let Source::BuddyCast(teller) = source {
                    to.permid(teller);
                }
            }
            Event::Connecting { peer, phase, detail } => {
                to.key(peer);
                // there it is the name itself, or the address that stands in its place
                if *phase == Phase::Resolve { to.host(detail) } else { to.text(detail) }
            }
            Event::Connected { permid, was, address, listening_port, .. } => {
                to.permid(permid);
                if let Some(was) = was {
                    to.key(was);
                }
                to.address(address);
                to.port(listening_port);
            }
            Event::ConnectFailed { peer, failure, .. } => {
                to.key(peer);
                to.failure(failure);
            }
            Event::Disconnected { permid, failure }
            | Event::RequestFailed { permid, failure, .. }
            | Event::Refused { permid, failure, .. }
            | Event::Undelivered { permid, failure, .. } => {
                to.permid(permid);
                to.failure(failure);
            }
            Event::Sent { permid, payload, .. } => {
                to.permid(permid);
                to.question(payload);
            }
            Event::Part { permid, payload, .. } | Event::Reply(Reply { permid, payload, .. }) => {
                to.permid(permid);
                to.answer(payload);
            }
            Event::ReplyRefused { permid, why, .. } => {
                to.permid(permid);
                to.text(why.to_mut());
            }
            Event::AcceptFailed { remote, failure, .. } => {
                to.address(remote);
                to.failure(failure);
            }
            Event::Gossip { permid, named, .. } => {
                to.permid(permid);
                for named in named {
                    to.permid(named);
                }
            }
            Event::AwaitingDialBack { permid, .. }
            | Event::FrameDropped { permid, .. }
            | Event::Asked { permid, .. }
            | Event::Due { permid, .. }
            | Event::Answered { permid, .. } => to.permid(permid),
            Event::Traced { peer, traced } => {
                to.key(peer);
                match &mut traced.what {
                    Trace::Resolving { host, .. } => to.host(host),
                    Trace::Dialling(address) | Trace::Accepted(address) => to.address(address),
                    Trace::Sent(piece) | Trace::Received(piece) => to.piece(piece),
                    Trace::Closed(failure) => to.failure(failure),
                    Trace::Open
                    | Trace::Tls
                    | Trace::Authenticated
                    | Trace::Unwatched(_)
                    | Trace::Lost(_) => {}
                }
            }
            Event::Notice { text } => to.text(text),
            Event::Coalesced { .. } => {}
        }
    }
}

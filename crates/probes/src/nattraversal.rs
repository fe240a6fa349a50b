//! NATTRAVERSAL (protocol.md §5, id 5): can this peer and another one reach each other through
//! their NATs?
//!
//! The request is a bencoded string `request_id:host:port`, the rendezvous where the Crawler lets
//! the two meet; the reply is `request_id:YES`, `:NO`, or `:ERR` where the rendezvous does not
//! answer. [`crate::nat::pairing::Pairing`] is the Crawler's side.
//!
//! A Crawler names an address and the peer sends there, so what it sends is bounded: three short
//! datagrams to the rendezvous, nine to the other peer that the rendezvous names, four tries at a
//! time, of at most 20 s each, and twelve a minute, three quarters of them for one Crawler; never to
//! port 0, a broadcast or a multicast, and into the peer's own machine only where that is all the
//! peer serves.
//! A malformed request, which the original does not answer at all, is a reply with error 1 that
//! tells the form.

#![allow(clippy::disallowed_methods, reason = "tries are counted by the clock")]

use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::json;
use turns::Turns;

use crate::nat::{Invitation, Traversed, punch, resolve};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Kind, Value};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::tree::Node;
use swarmscope_wire::{Decoded, MessageId, OverlayVersion, Permid};

mod turns;

/// Both sides of NATTRAVERSAL, but for the rendezvous.
#[derive(Default)]
pub struct NatTraversal {
    turns: Mutex<Turns>,
}

impl NatTraversal {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        // they are whole at every moment, so a panic elsewhere leaves nothing half done
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn traverse(&self, asked: Asked, listening: Option<SocketAddr>) -> Answer {
        let invitation = match Invitation::decode(&asked.payload) {
            Ok(invitation) => invitation,
            Err(error) => return Answer::failed(&format!("the request: {error}")),
        };
        let now = tokio::time::Instant::now().into_std();
        if let Err(why) = self.turns().begin(asked.from, now) {
            return Answer::failed(&why);
        }
        let _ends = Ends { of: self, crawler: asked.from };
        let traversed = match resolve(&invitation).await {
            Ok(rendezvous) if is_inside(rendezvous, listening) => {
                return Answer::failed(
                    "the rendezvous would be on the peer's own machine: name one that it can reach",
                );
            }
            Ok(rendezvous) => punch(rendezvous).await,
            Err(error) => Err(error),
        };
        let traversed = traversed.unwrap_or_else(|error| {
            tracing::info!("NATTRAVERSAL: the rendezvous can't be asked: {error}");
            Traversed::Error
        });
        Answer::success(invitation.reply(traversed))
    }
}

/// A try's turn, until it is dropped: also where the asker has gone and nobody waits for it.
struct Ends<'a> {
    of: &'a NatTraversal,
    crawler: Permid,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.of.turns().end(self.crawler);
    }
}

/// Whether a rendezvous is on this machine, where only a peer that listens nowhere else lets itself
/// be sent.
fn is_inside(rendezvous: SocketAddr, listening: Option<SocketAddr>) -> bool {
    let is_loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
    is_loopback(rendezvous) && !listening.is_some_and(is_loopback)
}

impl Question for NatTraversal {
    fn id(&self) -> MessageId {
        MessageId::NATTRAVERSAL
    }

    fn name(&self) -> &'static str {
        "NATTRAVERSAL"
    }

    fn doc(&self) -> &'static str {
        "hole punching of two peers"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(9)
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 3]> = LazyLock::new(|| {
            [
                Field::new("id", Kind::Text { longest: 64 }, "by-hand"),
                Field::new("host", Kind::Text { longest: 253 }, ""),
                Field::new("port", Kind::Int { min: 1, max: 65_535 }, "3478"),
            ]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Value], _to: &Recipient) -> Result<Bytes, String> {
        let [Value::Text(id), Value::Text(host), Value::Int(port)] = values else {
            return Err("id, host and port are needed".into());
        };
        if host.is_empty() {
            return Err("host: address of the rendezvous, which has to listen there".into());
        }
        let port = u16::try_from(*port).map_err(|_| "port: not a number between 1 and 65535")?;
        let payload = Invitation { request_id: id.clone(), host: host.clone(), port }.encode();
        Invitation::decode(&payload).map_err(|error| error.to_string())?;
        Ok(payload.into())
    }

    fn rows(&self) -> Rows {
        Rows::of(vec![Column::new("outcome", ColumnKind::Text)])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let (request_id, traversed) = Traversed::decode(payload)
            .map_err(|error| ReplyDecodeError(format!("the reply: {error}")))?;
        let outcome = traversed.to_string();
        let (end, colon) = (payload.len(), payload.len() - outcome.len() - 1);
        let json = json!({ "request_id": request_id, "outcome": outcome });
        let children = vec![
            Node::leaf("outcome", format!("{outcome}: {}", words(traversed)), Some(colon + 1..end)),
            Node::leaf("request id", request_id.clone(), Some(colon - request_id.len()..colon)),
        ];
        let tree =
            Node { label: String::new(), value: outcome.clone(), span: Some(0..end), children };
        Ok(Decoded { format: "bencode".into(), summary: outcome, tree, json, notes: Vec::new() })
    }
}

impl Probe for NatTraversal {
    fn longest_payload(&self) -> usize {
        1024
    }

    async fn answer(&self, asked: Asked, peer: &PeerView) -> Answer {
        self.traverse(asked, peer.listening).await
    }
}

const fn words(traversed: Traversed) -> &'static str {
    match traversed {
        Traversed::Yes => "the other peer was heard",
        Traversed::No => "the other peer was not heard",
        Traversed::Error => "the rendezvous did not answer",
    }
}

#[cfg(test)]
mod tests;

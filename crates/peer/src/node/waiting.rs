//! The callers that await the outcome of one request or one dial, as the node keeps them: it hands
//! them what its events say.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};

use super::event::{Event, PeerKey, Ticket};
use super::reply::{Part, Told};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{Cause, Failure};

/// All who wait, at the node.
#[derive(Default)]
pub(super) struct Waiting {
    requests: HashMap<Ticket, mpsc::UnboundedSender<Told>>,
    dials: HashMap<PeerKey, Vec<oneshot::Sender<Result<Permid, Failure>>>>,
}

impl Waiting {
    pub(super) fn for_request(&mut self, ticket: Ticket, tell: mpsc::UnboundedSender<Told>) {
        self.requests.insert(ticket, tell);
    }

    pub(super) fn for_dial(
        &mut self,
        peer: PeerKey,
        tell: oneshot::Sender<Result<Permid, Failure>>,
    ) {
        if !tell.is_closed() {
            self.dials.entry(peer).or_default().push(tell);
        }
    }

    /// Hands on what an event says.
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Part { ticket, index, parts_left, error, payload, after, .. } => {
                let Some(tell) = self.requests.get(ticket) else { return };
                let payload = payload.clone();
                let part = Part {
                    index: *index,
                    parts_left: *parts_left,
                    error: *error,
                    payload,
                    after: *after,
                };
                let _ = tell.send(Told::Part(part)); // no longer awaited: the request is about to be cancelled
            }
            Event::Reply(reply) => {
                let Some(tell) = self.requests.remove(&reply.ticket) else { return };
                let _ = tell.send(Told::Ended(Ok(reply.clone()))); // as above
            }
            Event::RequestFailed { ticket, failure, .. } => {
                let Some(tell) = self.requests.remove(ticket) else { return };
                let _ = tell.send(Told::Ended(Err(failure.clone()))); // as above
            }
            Event::Connected { permid, was, .. } => {
                let keys = [Some(PeerKey::Permid(*permid)), was.clone()];
                keys.into_iter().flatten().for_each(|key| self.dialled(&key, &Ok(*permid)));
            }
            Event::ConnectFailed { peer, failure, .. } => {
                self.dialled(peer, &outcome(peer, failure));
            }
            _ => {}
        }
    }

    fn dialled(&mut self, peer: &PeerKey, outcome: &Result<Permid, Failure>) {
        for tell in self.dials.remove(peer).unwrap_or_default() {
            let _ = tell.send(outcome.clone()); // who dialled may not care
        }
    }
}

/// An existing connection to the peer satisfies a dial.
fn outcome(peer: &PeerKey, failure: &Failure) -> Result<Permid, Failure> {
    match peer {
        PeerKey::Permid(permid) if failure.cause == Cause::Duplicate => Ok(*permid),
        _ => Err(failure.clone()),
    }
}

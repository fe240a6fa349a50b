//! The last reply of a peer, and its last failure with it.

use crate::peer::Peer;
use crate::request::{Outcome, Reply, Request};
use swarmscope_wire::failure::Failure;

/// The newest reply that came, whatever its error byte, and its request.
#[must_use]
pub fn last_reply(peer: &Peer) -> Option<(&Request, &Reply)> {
    let replied = peer.requests.iter().filter_map(|request| Some((&**request, request.reply()?)));
    replied.max_by_key(|(_, reply)| reply.at.instant)
}

/// The newest failure: of the connection where that is what is wrong, else of a request that
/// nothing better followed.
#[must_use]
pub fn last_error(peer: &Peer) -> Option<&Failure> {
    peer.state.failure().or_else(|| {
        match &peer.requests.iter().rev().find(|request| !request.in_flight())?.outcome {
            Outcome::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    })
}

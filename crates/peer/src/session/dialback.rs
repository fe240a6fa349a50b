//! A return connection (protocol.md §2): somebody whom we asked to dials us, and says at which
//! address it found us. Nobody proves anything on it.

use std::net::IpAddr;

use swarmscope_wire::dialback::read_reply;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;

/// The address at which we were dialled, out of what should be DIALBACK_REPLY.
pub(super) fn dialled_at(frame: &Frame) -> Result<IpAddr, Failure> {
    read_reply(frame).map_err(|error| Failure::new(Cause::AuthMalformed, By::Us, error.to_string()))
}

/// The stream ended before that.
pub(super) fn ended() -> Failure {
    Failure::new(Cause::HandshakeClosed, By::Peer, "before DIALBACK_REPLY")
}

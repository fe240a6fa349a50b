//! A return connection (protocol.md §2): somebody whom we asked to dials us, and says at which
//! address it found us. Nobody proves anything on it.

use std::net::IpAddr;

use swarmscope_wire::dialback::read_reply;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;

/// Waiting for DIALBACK_REPLY.
pub(super) struct AwaitDialback;

impl AwaitDialback {
    pub(super) fn on_frame(self, frame: &Frame) -> Result<IpAddr, Failure> {
        read_reply(frame)
            .map_err(|error| Failure::new(Cause::AuthMalformed, By::Us, error.to_string()))
    }

    /// The stream ended here.
    pub(super) fn ended(&self) -> Failure {
        Failure::new(Cause::HandshakeClosed, By::Peer, "before DIALBACK_REPLY")
    }
}

//! What two handshakes have settled.

use super::version;
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::handshake::PeerId;

/// What two handshakes have settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreed {
    pub(super) version: OverlayVersion,
    pub(super) own: PeerId,
    pub(super) theirs: PeerId,
}

impl Agreed {
    /// Both offers in words.
    pub(super) fn offer(&self) -> String {
        version::ranges(&self.own, &self.theirs)
    }

    /// The peer went away in the authentication, where this was due. Where one side would have
    /// preferred another version, the offers may explain it.
    pub(super) fn closed_before(&self, due: &str) -> Failure {
        let offers = if self.own.current() == self.theirs.current() {
            String::new()
        } else {
            format!("; {}", self.offer())
        };
        Failure::new(Cause::AuthClosed, By::Peer, format!("where {due} was due{offers}"))
    }
}

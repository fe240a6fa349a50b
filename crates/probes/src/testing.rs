//! What the tests of all probes need.

use bytes::Bytes;

use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe};
use swarmscope_wire::{OverlayVersion, Permid};

pub const VIEW: PeerView = PeerView { listening: None };
/// Two Crawlers.
pub const FIRST: Permid = Permid::Ed25519([1; 32]);
pub const SECOND: Permid = Permid::Ed25519([2; 32]);

pub fn asked(from: Permid, request: impl AsRef<[u8]>) -> Asked {
    Asked {
        from,
        version: OverlayVersion::CURRENT,
        payload: Bytes::copy_from_slice(request.as_ref()),
    }
}

pub async fn ask_as(probe: &impl Probe, from: Permid, request: impl AsRef<[u8]>) -> Answer {
    probe.answer(asked(from, request), &VIEW).await
}

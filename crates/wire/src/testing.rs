//! What tests of several modules need.

use super::buddycast::{BuddyCast, ListedPeer};
use super::frame::Frame;
use super::ids::OverlayVersion;
use super::note::Note;
use super::permid::Permid;

/// A message that lists one peer twice.
pub fn gossip() -> Frame {
    let listed = ListedPeer {
        permid: Permid::Ed25519([3; 32]),
        ip: [198, 51, 100, 7].into(),
        port: 7001,
        similarity: 1,
        version: None,
        services: None,
    };
    let message = BuddyCast {
        ip: [198, 51, 100, 8].into(),
        port: 7002,
        connectable: true,
        services: Some(3),
        taste_buddies: vec![listed.clone(), listed],
        random_peers: Vec::new(),
    };
    message.encode(OverlayVersion::CURRENT)
}

/// What notes say.
pub fn words(notes: &[Note]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}

//! The 68 bytes each way that begin every connection (protocol.md §1).

use super::ids::OverlayVersion;

/// The length of a handshake.
pub const HANDSHAKE_LEN: usize = 68;
/// The acceptor answers as soon as it has this many bytes: everything up to the peer id.
pub const HANDSHAKE_PREFIX_LEN: usize = 48;

/// The 20 bytes that announce a listening port and the supported versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PeerId(pub [u8; 20]);

impl PeerId {
    /// Our own: a client prefix and `random` made printable, then port, lowest and current version, little-endian.
    #[must_use]
    pub fn new(random: [u8; 8], port: u16, lowest: OverlayVersion, current: OverlayVersion) -> Self {
        let _ = (random, port, lowest, current);
        todo!()
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        todo!()
    }

    #[must_use]
    pub fn lowest(&self) -> OverlayVersion {
        todo!()
    }

    #[must_use]
    pub fn current(&self) -> OverlayVersion {
        todo!()
    }
}

/// A whole handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handshake {
    pub reserved: [u8; 8],
    pub peer_id: PeerId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HandshakeError {
    #[error("the first byte is {0}, not 19")]
    Length(u8),
    #[error("the protocol string is not \"BitTorrent protocol\"")]
    Protocol,
    #[error("the infohash is not the overlay swarm's")]
    Infohash,
}

impl Handshake {
    /// With the reserved bytes the original sends.
    #[must_use]
    pub fn new(peer_id: PeerId) -> Self {
        let _ = peer_id;
        todo!()
    }

    #[must_use]
    pub fn encode(&self) -> [u8; HANDSHAKE_LEN] {
        todo!()
    }

    /// Checks as much as is there of the first 48 bytes, so that a stranger is refused as early as can be.
    ///
    /// # Errors
    /// The first field that differs.
    pub fn check_prefix(bytes: &[u8]) -> Result<(), HandshakeError> {
        let _ = bytes;
        todo!()
    }

    /// # Errors
    /// The first field that differs.
    pub fn decode(bytes: &[u8; HANDSHAKE_LEN]) -> Result<Self, HandshakeError> {
        let _ = bytes;
        todo!()
    }
}

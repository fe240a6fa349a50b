//! The 68 bytes each way that begin a connection about a torrent (BEP 3).
//!
//! The overlay's handshake has the same shape with an infohash of zeros: that is
//! [`crate::handshake`].

use std::fmt;
use std::str::FromStr;

use crate::krpc::node_id::{NotHex, parse_hex};

/// The length of a handshake in bytes.
pub const HANDSHAKE_LEN: usize = 68;
/// How every handshake begins: a length of 19 and the protocol's name. A question that has no
/// infohash sends only these.
pub const PLAIN: &[u8; 20] = b"\x13BitTorrent protocol";

/// The hash that names a torrent.
///
/// It reveals a download, so it is held only because the operator typed it: its `Debug`
/// shows nothing, and it has no `Display`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Infohash(pub [u8; 20]);

impl fmt::Debug for Infohash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("infohash not shown")
    }
}

impl FromStr for Infohash {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse_hex(text).map(Self)
    }
}

/// The eight bytes in which a peer announces what it can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reserved(pub [u8; 8]);

impl Reserved {
    /// What our questions announce: the extension protocol and nothing else. The bit of BEP 52
    /// makes some clients close a torrent of version 1, and that of BEP 5 would announce a node.
    pub const OURS: Self = Self([0, 0, 0, 0, 0, 0x10, 0, 0]);

    /// BEP 10: extension messages.
    #[must_use]
    pub const fn extensions(self) -> bool {
        self.0[5] & 0x10 != 0
    }

    /// BEP 5: it has a DHT node.
    #[must_use]
    pub const fn dht(self) -> bool {
        self.0[7] & 0x01 != 0
    }

    /// BEP 6: fast extension.
    #[must_use]
    pub const fn fast(self) -> bool {
        self.0[7] & 0x04 != 0
    }

    /// BEP 52: torrents of version 2.
    #[must_use]
    pub const fn version_2(self) -> bool {
        self.0[7] & 0x10 != 0
    }
}

/// A whole handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// What the sender can do.
    pub reserved: Reserved,
    /// The torrent it is about.
    pub infohash: Infohash,
    /// Who the sender says it is: see [`super::client`].
    pub peer_id: [u8; 20],
}

/// Why bytes are no handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {at} differs from the 20 that begin every BitTorrent handshake")]
pub struct NotBitTorrent {
    /// Offset of the first byte that differs.
    pub at: usize,
}

impl Handshake {
    /// The 68 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HANDSHAKE_LEN] {
        let mut bytes = [0; HANDSHAKE_LEN];
        bytes[..20].copy_from_slice(PLAIN);
        bytes[20..28].copy_from_slice(&self.reserved.0);
        bytes[28..48].copy_from_slice(&self.infohash.0);
        bytes[48..].copy_from_slice(&self.peer_id);
        bytes
    }

    /// Checks as many of the first 20 bytes as are there.
    ///
    /// # Errors
    /// The first byte that differs.
    pub fn check_start(bytes: &[u8]) -> Result<(), NotBitTorrent> {
        let differs = bytes.iter().zip(PLAIN).position(|(one, other)| one != other);
        differs.map_or(Ok(()), |at| Err(NotBitTorrent { at }))
    }

    /// Reads a whole handshake.
    ///
    /// # Errors
    /// The first byte that is not BitTorrent's.
    pub fn decode(bytes: &[u8; HANDSHAKE_LEN]) -> Result<Self, NotBitTorrent> {
        Self::check_start(bytes)?;
        let (mut reserved, mut infohash, mut peer_id) = ([0; 8], [0; 20], [0; 20]);
        reserved.copy_from_slice(&bytes[20..28]);
        infohash.copy_from_slice(&bytes[28..48]);
        peer_id.copy_from_slice(&bytes[48..]);
        Ok(Self { reserved: Reserved(reserved), infohash: Infohash(infohash), peer_id })
    }
}

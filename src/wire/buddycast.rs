//! BUDDYCAST, the discovery message (protocol.md §7).

use std::net::IpAddr;

use super::frame::Frame;
use super::ids::OverlayVersion;
use super::permid::Permid;

/// Messages over this size are refused and close the connection (§7).
pub const MAX_LEN: usize = 10 * 1024;
/// The most peers in each of the two lists (§7).
pub const MAX_LISTED: usize = 10;

/// What a BuddyCast message says that we keep. `name`, `preferences` and `collected torrents` are checked and dropped in the decoder.
#[derive(Clone, PartialEq, Debug)]
pub struct BuddyCast {
    pub ip: IpAddr,
    pub port: u16,
    pub connectable: Option<bool>,
    pub services: Option<i64>,
    pub taste_buddies: Vec<ListedPeer>,
    pub random_peers: Vec<ListedPeer>,
}

/// What somebody says of a third peer: hearsay.
#[derive(Clone, PartialEq, Debug)]
pub struct ListedPeer {
    pub permid: Permid,
    pub ip: IpAddr,
    pub port: u16,
    pub similarity: i64,
    pub version: Option<OverlayVersion>,
    pub services: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BuddyCastError {
    #[error("BUDDYCAST of {0} bytes, more than 10 KiB")]
    TooLarge(usize),
    #[error("BUDDYCAST: {0}")]
    Malformed(String),
}

impl BuddyCast {
    /// Reads a message as the connection's version demands. A listed peer that is malformed is left out and counted.
    ///
    /// # Errors
    /// What closes the connection.
    pub fn decode(body: &[u8], version: OverlayVersion) -> Result<(Self, usize), BuddyCastError> {
        let _ = (body, version);
        todo!()
    }

    /// With an empty name, no preferences, no torrents and counts of 0; below version 18 only sect233k1 peers with IPv4 addresses.
    #[must_use]
    pub fn encode(&self, version: OverlayVersion) -> Frame {
        let _ = version;
        todo!()
    }
}

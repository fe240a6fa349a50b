//! The 68 bytes each way that begin every connection (protocol.md §1).

use super::ids::OverlayVersion;

/// The length of a handshake.
pub const HANDSHAKE_LEN: usize = 68;
/// The acceptor answers as soon as it has this many bytes: everything up to the peer id.
pub const HANDSHAKE_PREFIX_LEN: usize = 48;

/// The first byte: the length of [`PROTOCOL`].
const PROTOCOL_LEN: u8 = 19;
const PROTOCOL: &[u8; 19] = b"BitTorrent protocol";
/// What the original sends: its extensions of BitTorrent, without meaning here.
const RESERVED: [u8; 8] = [0, 0, 0, 0, 0, 0x30, 0, 0];
/// The bytes of an infohash, where no torrent is: no torrent hashes to zeros, or to zeros and a one.
const INFOHASH_LEN: usize = 20;
/// How our peer ids begin: swarmscope 0.1.
const CLIENT_PREFIX: &[u8; 6] = b"SW01--";
/// The characters of the original's peer ids; 64, so that each byte of randomness picks one evenly.
const PRINTABLE: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-";

/// The 20 bytes that announce a listening port and the supported versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PeerId(pub [u8; 20]);

impl PeerId {
    /// Our own: a client prefix and `random` made printable, then port, lowest and current version,
    /// little-endian.
    #[must_use]
    pub fn new(
        random: [u8; 8],
        port: u16,
        lowest: OverlayVersion,
        current: OverlayVersion,
    ) -> Self {
        let mut bytes = [0; 20];
        bytes[..6].copy_from_slice(CLIENT_PREFIX);
        bytes[6..14]
            .copy_from_slice(&random.map(|byte| PRINTABLE[usize::from(byte) % PRINTABLE.len()]));
        bytes[14..16].copy_from_slice(&port.to_le_bytes());
        bytes[16..18].copy_from_slice(&lowest.0.to_le_bytes());
        bytes[18..].copy_from_slice(&current.0.to_le_bytes());
        Self(bytes)
    }

    /// The port on which the peer says it listens; 0 where it does not.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.number(14)
    }

    /// The lowest overlay version that the peer supports.
    #[must_use]
    pub fn lowest(&self) -> OverlayVersion {
        OverlayVersion(self.number(16))
    }

    /// The highest overlay version that the peer supports.
    #[must_use]
    pub fn current(&self) -> OverlayVersion {
        OverlayVersion(self.number(18))
    }

    /// The little-endian number at `at`, unlike everything else on the wire.
    fn number(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Swarm {
    /// The overlay.
    Overlay,
    /// A return connection: it carries one [DIALBACK_REPLY](crate::dialback), and nobody
    /// authenticates.
    Return,
}

impl Swarm {
    const fn infohash(self) -> [u8; INFOHASH_LEN] {
        let mut infohash = [0; INFOHASH_LEN];
        infohash[INFOHASH_LEN - 1] = match self {
            Self::Overlay => 0,
            Self::Return => 1,
        };
        infohash
    }
}

/// A whole handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// Eight bytes of flags, ignored on receipt.
    pub reserved: [u8; 8],
    /// What the connection is for.
    pub swarm: Swarm,
    /// Port, versions and a random name.
    pub peer_id: PeerId,
}

/// Bytes that are not the overlay's handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Another protocol's length byte.
    #[error("the first byte is {0}, not 19")]
    Length(u8),
    /// Another protocol's name.
    #[error("the protocol string is not \"BitTorrent protocol\"")]
    Protocol,
    /// A BitTorrent swarm, not the overlay.
    #[error("the infohash is not the overlay swarm's")]
    Infohash,
}

impl Handshake {
    /// With the reserved bytes the original sends.
    #[must_use]
    pub fn new(peer_id: PeerId) -> Self {
        Self { reserved: RESERVED, swarm: Swarm::Overlay, peer_id }
    }

    /// The same for a return connection.
    #[must_use]
    pub fn for_return(self) -> Self {
        Self { swarm: Swarm::Return, ..self }
    }

    /// The 68 bytes as they go out.
    #[must_use]
    pub fn encode(&self) -> [u8; HANDSHAKE_LEN] {
        let mut bytes = [0; HANDSHAKE_LEN];
        bytes[0] = PROTOCOL_LEN;
        bytes[1..20].copy_from_slice(PROTOCOL);
        bytes[20..28].copy_from_slice(&self.reserved);
        bytes[28..48].copy_from_slice(&self.swarm.infohash());
        bytes[48..].copy_from_slice(&self.peer_id.0);
        bytes
    }

    /// Checks as much as is there of the first 48 bytes, so that a stranger is refused as early as
    /// can be.
    ///
    /// # Errors
    /// The first field that differs.
    pub fn check_prefix(bytes: &[u8]) -> Result<(), HandshakeError> {
        match bytes.first() {
            Some(&PROTOCOL_LEN) | None => {}
            Some(other) => return Err(HandshakeError::Length(*other)),
        }
        let there =
            |from: usize, to: usize| bytes.get(from..to.min(bytes.len())).unwrap_or_default();
        if !PROTOCOL.starts_with(there(1, 20)) {
            return Err(HandshakeError::Protocol);
        }
        let infohash = there(28, HANDSHAKE_PREFIX_LEN);
        if ![Swarm::Overlay, Swarm::Return].iter().any(|to| to.infohash().starts_with(infohash)) {
            return Err(HandshakeError::Infohash);
        }
        Ok(())
    }

    /// What a connection is for, once the first 48 bytes are there.
    #[must_use]
    pub fn swarm(prefix: &[u8]) -> Option<Swarm> {
        let infohash = prefix.get(28..HANDSHAKE_PREFIX_LEN)?;
        [Swarm::Overlay, Swarm::Return].into_iter().find(|swarm| swarm.infohash() == infohash)
    }

    /// Reads a whole handshake. The reserved bytes may hold anything; the peer id's versions are
    /// the session's to judge.
    ///
    /// # Errors
    /// The first field that differs.
    pub fn decode(bytes: &[u8; HANDSHAKE_LEN]) -> Result<Self, HandshakeError> {
        Self::check_prefix(bytes)?;
        let swarm = Self::swarm(bytes).ok_or(HandshakeError::Infohash)?;
        let (mut reserved, mut peer_id) = ([0; 8], [0; 20]);
        reserved.copy_from_slice(&bytes[20..28]);
        peer_id.copy_from_slice(&bytes[48..]);
        Ok(Self { reserved, swarm, peer_id: PeerId(peer_id) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the original 5.3.9 sent, listening on port 7701.
    const ORIGINAL: &[u8; HANDSHAKE_LEN] =
        b"\x13BitTorrent protocol\0\0\0\0\0\x30\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0R539-----9daHQ\x15\x1e\x02\0\x11\0";

    #[test]
    fn the_original_s_handshake_is_read_and_written() {
        let handshake = Handshake::decode(ORIGINAL).unwrap();
        assert_eq!(handshake.peer_id.port(), 7701);
        assert_eq!(handshake.peer_id.lowest(), OverlayVersion::LEGACY_LOWEST);
        assert_eq!(handshake.peer_id.current(), OverlayVersion::LEGACY);
        assert_eq!(&handshake.encode(), ORIGINAL);
        assert_eq!(Handshake::new(handshake.peer_id), handshake);
    }

    #[test]
    fn a_peer_id_of_ours_is_printable_and_says_what_it_was_made_of() {
        let id = PeerId::new(
            [0, 1, 63, 64, 127, 128, 254, 255],
            0x1234,
            OverlayVersion(7),
            OverlayVersion::CURRENT,
        );
        assert_eq!(&id.0, b"SW01--01-0-0.-\x34\x12\x07\0\x12\0");
        assert_eq!((id.port(), id.lowest().0, id.current().0), (0x1234, 7, 18));
    }

    #[test]
    fn a_stranger_is_refused_at_the_first_wrong_byte() {
        for at in 0..HANDSHAKE_LEN {
            let mut bytes = *ORIGINAL;
            bytes[at] ^= 1;
            let expected = match at {
                0 => Err(HandshakeError::Length(18)),
                1..20 => Err(HandshakeError::Protocol),
                28..47 => Err(HandshakeError::Infohash),
                _ => Ok(()),
            };
            assert_eq!(Handshake::decode(&bytes).map(drop), expected, "byte {at}");
            assert_eq!(Handshake::check_prefix(&bytes[..at]), Ok(()), "before byte {at}");
            assert_eq!(Handshake::check_prefix(&bytes[..=at]), expected, "with byte {at}");
        }
    }

    #[test]
    fn a_return_connection_says_what_it_is_with_the_last_bit_of_the_infohash() {
        let handshake = Handshake::decode(ORIGINAL).unwrap().for_return();
        let bytes = handshake.encode();
        assert_eq!((bytes[46], bytes[47]), (0, 1));
        assert_eq!(Handshake::decode(&bytes), Ok(handshake));
        assert_eq!(Handshake::swarm(&bytes[..48]), Some(Swarm::Return));
        assert_eq!(Handshake::swarm(&ORIGINAL[..48]), Some(Swarm::Overlay));
        assert_eq!(Handshake::swarm(&bytes[..47]), None, "not yet known");
    }

    #[test]
    fn reserved_bytes_may_hold_anything() {
        let ones = Handshake { reserved: [255; 8], ..Handshake::new(PeerId([7; 20])) };
        assert_eq!(Handshake::decode(&ones.encode()), Ok(ones));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::array::uniform32(any::<u8>()), len in 0..100_usize) {
            let mut whole = *ORIGINAL;
            whole[..32].copy_from_slice(&bytes);
            let _ = Handshake::decode(&whole);
            let _ = Handshake::check_prefix(&vec![19; len]);
        }
    }
}

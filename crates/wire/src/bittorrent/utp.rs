//! The header of uTP packets (BEP 29): enough to see whether a SYN is answered.

use crate::reader::{ReadError, Reader};

/// The length of a header in bytes.
pub const HEADER_LEN: usize = 20;
/// How many extension headers are skipped before a packet counts as nonsense; real ones have one.
const MAX_EXTENSIONS: usize = 8;

/// What a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PacketType {
    /// Regular data.
    Data,
    /// The last packet.
    Fin,
    /// An acknowledgement.
    State,
    /// The end by force.
    Reset,
    /// The first packet.
    Syn,
}

/// The header of a packet, without what follows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// What it is.
    pub kind: PacketType,
    /// Which connection: the initiator's receive id in its SYN and what answers it.
    pub connection: u16,
    /// The sender's clock in microseconds, wrapped.
    pub timestamp: u32,
    /// The delay of the last packet that it received, in microseconds.
    pub delay: u32,
    /// Bytes that it is ready to take.
    pub window: u32,
    /// Number of this packet.
    pub sequence: u16,
    /// Number of the last packet that it received.
    pub acknowledged: u16,
}

/// Why a datagram is no uTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UtpError {
    /// It ends early.
    #[error("{0}")]
    Short(#[from] ReadError),
    /// Version …, not 1.
    #[error("version {0}, not 1")]
    Version(u8),
    /// Packet type ….
    #[error("packet type {0}")]
    Type(u8),
    /// More than 8 extension headers.
    #[error("more than {MAX_EXTENSIONS} extension headers")]
    Extensions,
}

impl Packet {
    /// The first packet of a connection that expects its answer on `connection`.
    #[must_use]
    pub const fn syn(connection: u16, timestamp: u32) -> Self {
        Self {
            kind: PacketType::Syn,
            connection,
            timestamp,
            delay: 0,
            window: 0,
            sequence: 1,
            acknowledged: 0,
        }
    }

    /// The end of the connection that a STATE has answered to our SYN, so that the peer keeps no
    /// half-open one: it is sent under our send id, one above the receive id.
    #[must_use]
    pub const fn reset(answer: &Self, timestamp: u32) -> Self {
        Self {
            kind: PacketType::Reset,
            connection: answer.connection.wrapping_add(1),
            timestamp,
            delay: 0,
            window: 0,
            sequence: 2,
            acknowledged: answer.sequence,
        }
    }

    /// The 20 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let kind = match self.kind {
            PacketType::Data => 0,
            PacketType::Fin => 1,
            PacketType::State => 2,
            PacketType::Reset => 3,
            PacketType::Syn => 4,
        };
        let mut out = [0; HEADER_LEN];
        out[0] = kind << 4 | 1;
        out[2..4].copy_from_slice(&self.connection.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.delay.to_be_bytes());
        out[12..16].copy_from_slice(&self.window.to_be_bytes());
        out[16..18].copy_from_slice(&self.sequence.to_be_bytes());
        out[18..].copy_from_slice(&self.acknowledged.to_be_bytes());
        out
    }

    /// Reads a header and walks over the extension headers behind it; payload is left unread.
    ///
    /// # Errors
    /// What makes it none.
    pub fn decode(datagram: &[u8]) -> Result<Self, UtpError> {
        let mut reader = Reader::new(datagram);
        let first = reader.byte("type and version")?;
        if first & 0x0f != 1 {
            return Err(UtpError::Version(first & 0x0f));
        }
        let kind = match first >> 4 {
            0 => PacketType::Data,
            1 => PacketType::Fin,
            2 => PacketType::State,
            3 => PacketType::Reset,
            4 => PacketType::Syn,
            other => return Err(UtpError::Type(other)),
        };
        let mut extension = reader.byte("extension")?;
        let packet = Self {
            kind,
            connection: u16::from_be_bytes(reader.array("connection id")?),
            timestamp: u32::from_be_bytes(reader.array("timestamp")?),
            delay: u32::from_be_bytes(reader.array("timestamp difference")?),
            window: u32::from_be_bytes(reader.array("window")?),
            sequence: u16::from_be_bytes(reader.array("sequence number")?),
            acknowledged: u16::from_be_bytes(reader.array("acknowledged number")?),
        };
        for _ in 0..MAX_EXTENSIONS {
            if extension == 0 {
                return Ok(packet);
            }
            extension = reader.byte("next extension")?;
            let length = reader.byte("extension length")?;
            reader.take(length.into(), "extension")?;
        }
        if extension == 0 { Ok(packet) } else { Err(UtpError::Extensions) }
    }
}

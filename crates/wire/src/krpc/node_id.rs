//! Node ids, lookup targets, and the distance between them (BEP 5).

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// The 160 bits by which a DHT node calls itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub [u8; Self::LEN]);

impl NodeId {
    /// Length in bytes.
    pub const LEN: usize = 20;

    /// The exclusive or with a target: smaller is closer.
    #[must_use]
    #[inline]
    pub fn distance(&self, target: &Target) -> Distance {
        let mut bytes = [0; Self::LEN];
        for ((out, one), other) in bytes.iter_mut().zip(&self.0).zip(&target.0) {
            *out = one ^ other;
        }
        Distance(bytes)
    }
}

/// Text that is not 40 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not 40 hexadecimal digits")]
pub struct NotHex;

/// Reads 40 hexadecimal digits of either case.
///
/// # Errors
/// [`NotHex`].
pub fn parse_hex(text: &str) -> Result<[u8; 20], NotHex> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NotHex)?;
    bytes.try_into().map_err(|_| NotHex)
}

impl FromStr for NodeId {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A point of the id space to search for: an infohash, or any other 160 bits.
///
/// It may be what a person downloads, so its `Debug` shows nothing, and it has no `Display`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target(pub [u8; NodeId::LEN]);

impl From<NodeId> for Target {
    fn from(id: NodeId) -> Self {
        Self(id.0)
    }
}

impl FromStr for Target {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("target not shown")
    }
}

/// The exclusive or of an id and a target, compared as one big-endian number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Distance(pub [u8; NodeId::LEN]);

impl Distance {
    /// Farther than any other.
    pub const MAX: Self = Self([0xff; NodeId::LEN]);

    /// The floor of its base-2 logarithm, 0 to 159; none for the target itself.
    #[must_use]
    pub fn log2(&self) -> Option<u8> {
        159_u8.checked_sub(self.shared_bits())
    }

    /// How many leading bits the id shares with the target, 0 to 160.
    #[must_use]
    #[inline]
    pub fn shared_bits(&self) -> u8 {
        let mut bits = 0;
        for byte in self.0 {
            bits += u8::try_from(byte.leading_zeros()).unwrap_or(8);
            if byte != 0 {
                break;
            }
        }
        bits
    }

    /// The distance as a share of the whole space, 0 up to 1; precise to 53 bits.
    #[must_use]
    pub fn as_share(&self) -> f64 {
        self.0.iter().rev().fold(0.0, |share, byte| (share + f64::from(*byte)) / 256.0)
    }
}

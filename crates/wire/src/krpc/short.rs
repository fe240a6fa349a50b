//! A few bytes without memory of their own.

use std::fmt;
use std::ops::Deref;

use data_encoding::HEXLOWER;

/// Up to 32 bytes: transaction ids and versions, of which every message has some.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Short {
    /// Zeros from `len` on, so that equal bytes are equal values.
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Short {
    /// The most bytes that it holds.
    pub const MAX: usize = 32;

    /// These bytes; none if there are more than 32.
    #[must_use]
    pub fn new(from: &[u8]) -> Option<Self> {
        let len = u8::try_from(from.len()).ok().filter(|_| from.len() <= Self::MAX)?;
        let mut bytes = [0; Self::MAX];
        bytes[..from.len()].copy_from_slice(from);
        Some(Self { bytes, len })
    }
}

impl Deref for Short {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl From<[u8; 4]> for Short {
    fn from(four: [u8; 4]) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..4].copy_from_slice(&four);
        Self { bytes, len: 4 }
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(self))
    }
}

//! Which bytes stand where in a case file (docs/case-format.md). Numbers are big-endian.
//!
//! ```text
//! file    = magic record*
//! record  = length u32 | body | crc u32            crc: CRC-32 of length and body
//! body    = leaf length u32 | leaf | openings
//! leaf    = index u64 | previous leaf's hash 32 | count u16 | field*
//! field   = name length u8 | name | form u8 | value length u32 | value
//! opening = 0                                       withheld
//!         | 1 | salt 32 | value length u32 | value
//! ```
//! A record has one opening for each committed field of its leaf, in their order.

use std::ops::RangeInclusive;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What a file begins with: format and version, readable by people.
pub const MAGIC: &[u8] = b"swarmscope case 1\n";
/// The most that a record's body may take: a reply of the largest budget a request can have (64
/// MiB) four times over.
pub const MAX_BODY: usize = 256 << 20;
/// Bytes of a record around its body: its length before, its checksum behind.
pub const AROUND: usize = 8;
/// The smallest body: its leaf's length, and a leaf without fields.
pub const MIN_BODY: usize = 4 + 8 + 32 + 2;
/// How long a field's name may be.
pub const NAME: RangeInclusive<usize> = 1..=32;

/// A hash of the tree: SHA-256.
pub type Hash = [u8; 32];
/// 32 random bytes, new for each committed value, so that nobody can find a value by trying all
/// there are.
pub type Salt = [u8; 32];

/// One named value of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// What it holds.
    pub value: Value,
}

/// How a value stands in an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// In the hashed bytes themselves; it can never be withheld.
    Plain(Vec<u8>),
    /// The hashed bytes hold a commitment to it; value and salt stand beside them.
    Opened(Vec<u8>),
    /// A commitment whose value this copy does not hold.
    Withheld,
}

impl Value {
    /// The bytes, where this copy holds them.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(bytes) | Self::Opened(bytes) => Some(bytes),
            Self::Withheld => None,
        }
    }
}

/// `0`: the value follows. `1`: a commitment to it follows.
pub mod form {
    /// The value itself.
    pub const PLAIN: u8 = 0;
    /// HMAC-SHA256 of it.
    pub const COMMITTED: u8 = 1;
}

/// How an opening begins.
pub mod opening {
    /// The value is not in this copy.
    pub const WITHHELD: u8 = 0;
    /// Salt and value follow.
    pub const OPEN: u8 = 1;
}

/// The hash of a leaf (RFC 6962, 2.1): a prefix tells it from an inner node.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node (RFC 6962, 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// What stands for a value that may be withheld: HMAC-SHA256 under its salt of name, a zero byte,
/// and value.
#[must_use]
pub fn commitment(salt: &Salt, name: &str, value: &[u8]) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("keys of any length are taken");
    mac.update(name.as_bytes());
    mac.update(&[0]);
    mac.update(value);
    mac.finalize().into_bytes().into()
}

/// Whether a field may have this name.
#[must_use]
pub fn is_name(name: &[u8]) -> bool {
    NAME.contains(&name.len())
        && name.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// The checksum of a record.
#[must_use]
pub fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(body);
    hasher.finalize()
}

/// Salts from a secret seed: HMAC-SHA256 under it of a counter. The seed must come from the
/// operating system's randomness, and be new each time that a case is opened.
pub fn salts(seed: [u8; 32]) -> impl FnMut() -> Salt + Send + 'static {
    let mut count = 0_u64;
    move || {
        count += 1;
        commitment(&seed, "salt", &count.to_be_bytes())
    }
}

/// SHA-256 of bytes, in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

//! The arithmetic of identities: keys, their encodings, signatures, the allow-list (protocol.md §3,
//! §8). No files.
//!
//! A peer *is* its public key, the [`Permid`](crate::Permid). Of secret keys there are two kinds:
//! [`Ed25519Identity`] for version 18 and, with the feature `legacy`, [`LegacyIdentity`] for the
//! versions before.

pub mod allow_list;
mod der;
mod ed25519;
mod key;
mod key_error;
#[cfg(feature = "legacy")]
mod legacy;
#[cfg(not(feature = "legacy"))]
#[path = "legacy_absent.rs"]
mod legacy;
mod pem;
mod role;
#[cfg(feature = "legacy")]
pub mod sect233k1;

pub use allow_list::AllowList;
pub use ed25519::{Ed25519Identity, is_small_order};
pub use key::Key;
pub use key_error::KeyError;
pub use legacy::{LegacyIdentity, is_valid_key, verify_legacy};
pub use role::{Day, Role, RoleError};

/// A signature that was not made by this key over these bytes, or a key that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureError;

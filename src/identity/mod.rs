//! Keys, key files and the allow-list (protocol.md §3, §8; cli.md).
//!
//! A peer *is* its public key, the [`Permid`](crate::wire::Permid). Of secret keys there are two kinds: [`Ed25519Identity`] for version 18
//! and, with the feature `legacy`, [`LegacyIdentity`] for the versions before.

use std::sync::Arc;

#[cfg(feature = "legacy")]
mod der;
mod ed25519;
#[cfg(feature = "legacy")]
mod legacy;
#[cfg(not(feature = "legacy"))]
#[path = "legacy_absent.rs"]
mod legacy;
#[cfg(feature = "legacy")]
pub mod sect233k1;

pub use ed25519::Ed25519Identity;
pub use legacy::{LegacyIdentity, is_valid_key, verify_legacy};

/// What a process is known as. At least one is there.
#[derive(Clone, Default)]
pub struct Identities {
    pub current: Option<Arc<Ed25519Identity>>,
    pub legacy: Option<Arc<LegacyIdentity>>,
}

/// A signature that was not made by this key over these bytes, or a key that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureError;

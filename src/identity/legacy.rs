//! The identity of the versions up to 17: a sect233k1 key (protocol.md §3). Old peers, nothing else.

use super::SignatureError;
use super::sect233k1::{Point, SecretKey};
use crate::wire::Permid;

/// A sect233k1 identity: old peers, nothing else. See [`super::sect233k1`] for what it is worth.
pub struct LegacyIdentity {
    secret: SecretKey,
    public: Point,
}

impl LegacyIdentity {
    /// A key made from 64 bytes of randomness.
    #[must_use]
    pub fn from_seed(seed: [u8; 64]) -> Self {
        Self::new(SecretKey::from_seed(&seed))
    }

    pub(super) fn new(secret: SecretKey) -> Self {
        let public = secret.public();
        Self { secret, public }
    }

    #[must_use]
    pub fn permid(&self) -> Permid {
        Permid::Sect233k1(self.public.to_bytes())
    }

    /// ECDSA in DER over the SHA-1 digest of `message`; at least 63 bytes long, because the original refuses shorter ones (§3).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.secret.sign(message)
    }
}

impl std::fmt::Debug for LegacyIdentity {
    /// The permid; never the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LegacyIdentity").field(&self.permid()).finish()
    }
}

/// Checks a legacy signature, and that the permid is a point of the right order on the curve.
///
/// # Errors
/// Anything that is not this key's signature of `message`; permids of another kind.
pub fn verify_legacy(permid: &Permid, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    match permid {
        Permid::Sect233k1(point) => Point::from_bytes(point).ok_or(SignatureError)?.verify(message, signature),
        Permid::Ed25519(_) => Err(SignatureError),
    }
}

/// Whether a permid is a key at all: a sect233k1 point must lie on the curve and have order n. [`Permid`] itself knows only shapes.
#[must_use]
pub fn is_valid_key(permid: &Permid) -> bool {
    match permid {
        Permid::Sect233k1(point) => Point::from_bytes(point).is_some(),
        Permid::Ed25519(key) => ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak()),
    }
}

//! Keys, permids' keys on the curve, key files and the allow-list (protocol.md §3, §8; cli.md).

use std::sync::Arc;

use crate::wire::Permid;

/// An Ed25519 identity: version 18.
pub struct Ed25519Identity {
    permid: Permid,
}

/// A sect233k1 identity: old peers, nothing else.
pub struct LegacyIdentity {
    permid: Permid,
}

/// What a process is known as. At least one is there.
#[derive(Clone, Default)]
pub struct Identities {
    pub current: Option<Arc<Ed25519Identity>>,
    pub legacy: Option<Arc<LegacyIdentity>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureError;

impl Ed25519Identity {
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let _ = seed;
        todo!()
    }
    #[must_use]
    pub fn permid(&self) -> Permid {
        self.permid
    }
    /// The secret key in PKCS#8, for rustls.
    #[must_use]
    pub fn pkcs8_der(&self) -> Vec<u8> {
        todo!()
    }
}

impl LegacyIdentity {
    /// A key made from 64 bytes of randomness.
    #[must_use]
    pub fn from_seed(seed: [u8; 64]) -> Self {
        let _ = seed;
        todo!()
    }
    #[must_use]
    pub fn permid(&self) -> Permid {
        self.permid
    }
    /// ECDSA in DER over the SHA-1 digest of `message`; at least 63 bytes long, because the original refuses shorter ones (§3).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let _ = message;
        todo!()
    }
}

/// Checks a legacy signature, the point on the curve included.
///
/// # Errors
/// Anything that is not this key's signature of `message`.
pub fn verify_legacy(permid: &Permid, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let _ = (permid, message, signature);
    todo!()
}

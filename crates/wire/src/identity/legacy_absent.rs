//! What stands for sect233k1 in a build without the feature `legacy`: no identity can be had, no
//! signature verifies.

use std::convert::Infallible;

use super::KeyError;
use super::SignatureError;
use crate::Permid;

/// A sect233k1 identity, of which a build without the feature `legacy` has none.
#[derive(Debug)]
pub struct LegacyIdentity {
    none: Infallible,
}

impl LegacyIdentity {
    /// Never called: there is no such key in this build.
    #[must_use]
    pub fn permid(&self) -> Permid {
        match self.none {}
    }

    pub(super) fn from_sec1_der(_der: &[u8], _curve_named: bool) -> Result<Self, KeyError> {
        Err(KeyError::NoLegacy)
    }

    /// Never called: there is no such key in this build.
    #[must_use]
    pub fn pem(&self) -> String {
        match self.none {}
    }

    /// Never called: there is no such key in this build.
    #[must_use]
    pub fn sign(&self, _message: &[u8]) -> Vec<u8> {
        match self.none {}
    }
}

/// Refuses: this build cannot check a legacy signature.
///
/// # Errors
/// Always.
pub fn verify_legacy(
    _permid: &Permid,
    _message: &[u8],
    _signature: &[u8],
) -> Result<(), SignatureError> {
    Err(SignatureError)
}

/// Whether a permid is a key at all. Of sect233k1 keys this build knows no more than that they have
/// the right shape.
#[must_use]
pub fn is_valid_key(permid: &Permid) -> bool {
    match permid {
        Permid::Sect233k1(_) => true,
        Permid::Ed25519(key) => {
            ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
        }
    }
}

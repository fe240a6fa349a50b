//! The identity of version 18: an Ed25519 key (protocol.md §8).

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};

use super::pem::KeyError;

use crate::Permid;

/// An Ed25519 identity: version 18.
pub struct Ed25519Identity {
    key: SigningKey,
}

impl Ed25519Identity {
    /// The key whose secret seed (RFC 8032) this is: 32 random bytes make a new one.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(&seed) }
    }

    /// The public key: what others know this identity by.
    #[must_use]
    pub fn permid(&self) -> Permid {
        Permid::Ed25519(self.key.verifying_key().to_bytes())
    }

    /// Reads a secret key in PKCS#8, with or without its public key.
    ///
    /// # Errors
    /// Bytes that are no such key, or a public key that isn't its own.
    pub(super) fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_der(der).map(|key| Self { key }).map_err(|_| KeyError::Malformed("Ed25519"))
    }

    /// The text of a key file: PKCS#8 of RFC 8410 without the public key, which is what OpenSSL reads and writes.
    #[must_use]
    pub fn pem(&self) -> String {
        let bytes = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        bytes.to_pkcs8_pem(LineEnding::LF).expect("the encoding has a fixed form").to_string()
    }

    /// The secret key in PKCS#8 with its public key, for rustls.
    #[must_use]
    pub fn pkcs8_der(&self) -> Vec<u8> {
        self.key.to_pkcs8_der().expect("the encoding has a fixed form").as_bytes().to_vec()
    }
}

impl std::fmt::Debug for Ed25519Identity {
    /// The permid; never the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ed25519Identity").field(&self.permid()).finish()
    }
}

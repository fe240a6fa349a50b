//! The identity of version 18: an Ed25519 key (protocol.md §8).

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;

use crate::wire::Permid;

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

    #[must_use]
    pub fn permid(&self) -> Permid {
        Permid::Ed25519(self.key.verifying_key().to_bytes())
    }

    /// The secret key in PKCS#8, for rustls and for a key file.
    #[must_use]
    pub fn pkcs8_der(&self) -> Vec<u8> {
        self.key.to_pkcs8_der().expect("the encoding has a fixed form").as_bytes().to_vec()
    }
}

impl From<SigningKey> for Ed25519Identity {
    fn from(key: SigningKey) -> Self {
        Self { key }
    }
}

impl std::fmt::Debug for Ed25519Identity {
    /// The permid; never the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ed25519Identity").field(&self.permid()).finish()
    }
}

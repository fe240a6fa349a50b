//! The identity of version 18: an Ed25519 key (protocol.md §8).

use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{KeyError, der, pem};
use crate::Permid;

const MALFORMED: KeyError = KeyError::Malformed("Ed25519");

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

    /// Signs bytes that begin with a context no other use of this key has: a case file's
    /// checkpoints begin with their origin, a TLS handshake with 64 spaces.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// A secret of its own for one purpose, which nobody can make without this key: HMAC-SHA256 of
    /// the purpose under the seed.
    #[must_use]
    pub fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes())
            .expect("keys of any length are taken");
        mac.update(purpose);
        mac.finalize().into_bytes().into()
    }

    /// Reads a secret key in PKCS#8, with or without its public key.
    ///
    /// # Errors
    /// Bytes that are no such key, or a public key that isn't its own.
    pub(super) fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let Pkcs8 { seed, public } = Pkcs8::read(der)
            .ok_or_else(|| if is_of_old_ring(der) { KeyError::OldRing } else { MALFORMED })?;
        let identity = Self::from_seed(seed);
        match public {
            Some(public) if public != identity.key.verifying_key().to_bytes() => {
                Err(KeyError::Mismatch)
            }
            _ => Ok(identity),
        }
    }

    /// The text of a key file: PKCS#8 of RFC 8410 without the public key, which is what OpenSSL
    /// reads and writes.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::write("PRIVATE KEY", &Pkcs8 { seed: self.key.to_bytes(), public: None }.der())
    }

    /// The secret key in PKCS#8 with its public key, as other libraries of TLS want it.
    #[must_use]
    pub fn pkcs8_der(&self) -> Vec<u8> {
        let public = self.key.verifying_key().to_bytes();
        Pkcs8 { seed: self.key.to_bytes(), public: Some(public) }.der()
    }
}

/// The y-coordinates of the eight points of small order, little-endian; 0 and 1 have a second
/// encoding in 255 bits, with the field's prime added.
const SMALL_ORDER: [[u8; 32]; 7] = {
    const fn around(first: u8, rest: u8, last: u8) -> [u8; 32] {
        let mut y = [rest; 32];
        (y[0], y[31]) = (first, last);
        y
    }
    [
        around(0, 0, 0),
        around(1, 0, 0),
        around(0xec, 0xff, 0x7f),
        around(0xed, 0xff, 0x7f), // 0 again
        around(0xee, 0xff, 0x7f), // 1 again
        *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
           \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
        *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
           \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    ]
};

/// Whether these bytes are a public key that everybody can sign for. Whether they are a key at all
/// is another question, which takes a tenth of the time of verifying a signature.
#[must_use]
pub fn is_small_order(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f; // the sign of x
    SMALL_ORDER.contains(&y)
}

/// What a `OneAsymmetricKey` of RFC 8410 holds.
struct Pkcs8 {
    seed: [u8; 32],
    public: Option<[u8; 32]>,
}

impl Pkcs8 {
    fn read(whole: &[u8]) -> Option<Self> {
        let mut outer = der::Reader::new(whole);
        let mut info = der::Reader::new(outer.value(der::SEQUENCE)?);
        let version = info.unsigned()?;
        if info.value(der::SEQUENCE)? != algorithm() {
            return None;
        }
        let mut private = der::Reader::new(info.value(der::OCTET_STRING)?);
        let seed = private.value(der::OCTET_STRING)?.try_into().ok()?;
        let _attributes = info.value(der::context(0)); // names and the like; of no use here
        let public = match version {
            [0] => None,
            [1] => Some(info.value(PUBLIC_KEY)?.strip_prefix(&WHOLE_BYTES)?.try_into().ok()?),
            _ => return None,
        };
        let whole = outer.is_empty() && info.is_empty() && private.is_empty();
        whole.then_some(Self { seed, public })
    }

    fn der(&self) -> Vec<u8> {
        let private = der::value(der::OCTET_STRING, &der::value(der::OCTET_STRING, &self.seed));
        let public =
            self.public.map(|key| der::value(PUBLIC_KEY, &[WHOLE_BYTES.as_slice(), &key].concat()));
        let info = [
            der::unsigned(&[u8::from(public.is_some())]), // the version: the second has the key
            der::value(der::SEQUENCE, &algorithm()),
            private,
            public.unwrap_or_default(),
        ];
        der::value(der::SEQUENCE, &info.concat())
    }
}

/// The algorithm, which has no parameters (RFC 8410 §3).
fn algorithm() -> Vec<u8> {
    der::value(der::OBJECT_IDENTIFIER, &der::ED25519_OID)
}

/// `[1] IMPLICIT BIT STRING` (RFC 5958 §2), which begins with the count of bits that its last byte
/// leaves unused.
const PUBLIC_KEY: u8 = 0x81;
const WHOLE_BYTES: [u8; 1] = [0];

/// Whether the public key stands in a BIT STRING inside `[1]`, where RFC 5958 has it in a `[1]`
/// that is itself the BIT STRING.
fn is_of_old_ring(whole: &[u8]) -> bool {
    let public = || {
        let mut info = der::Reader::new(der::Reader::new(whole).value(der::SEQUENCE)?);
        info.unsigned()?;
        info.value(der::SEQUENCE)?;
        info.value(der::OCTET_STRING)?;
        der::Reader::new(info.value(der::context(1))?).value(der::BIT_STRING)
    };
    public().is_some()
}

impl std::fmt::Debug for Ed25519Identity {
    /// The permid; never the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ed25519Identity").field(&self.permid()).finish()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::VerifyingKey;

    use super::*;

    #[test]
    fn keys_that_everybody_can_sign_for_are_those_that_are_weak() {
        let signs = |y: [u8; 32]| {
            [0, 0x80].map(|sign| std::array::from_fn(|i| if i == 31 { y[i] | sign } else { y[i] }))
        };
        for key in SMALL_ORDER.into_iter().flat_map(signs) {
            assert!(is_small_order(&key));
            assert!(VerifyingKey::from_bytes(&key).map_or(true, |key| key.is_weak()), "{key:x?}");
        }
        for seed in 0..64 {
            let Permid::Ed25519(key) = Ed25519Identity::from_seed([seed; 32]).permid() else {
                panic!("another kind");
            };
            let beside = std::array::from_fn(|i| key[i] ^ u8::from(i == 0));
            for key in [key, beside] {
                let weak = VerifyingKey::from_bytes(&key).is_ok_and(|key| key.is_weak());
                assert_eq!(is_small_order(&key), weak);
            }
        }
    }
}

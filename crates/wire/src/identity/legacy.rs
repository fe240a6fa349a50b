//! The identity of the versions up to 17: a sect233k1 key (protocol.md §3). Old peers, nothing
//! else.

use super::der::{self, SECT233K1_OID};
use super::sect233k1::{Point, SecretKey};
use super::{KeyError, SignatureError, pem};
use crate::Permid;

/// A sect233k1 identity: old peers, nothing else. See [`super::sect233k1`] for what it is worth.
pub struct LegacyIdentity {
    secret: SecretKey,
    public: Point,
}

const MALFORMED: KeyError = KeyError::Malformed("EC");

impl LegacyIdentity {
    /// A key made from 64 bytes of randomness.
    #[must_use]
    pub fn from_seed(seed: [u8; 64]) -> Self {
        Self::new(SecretKey::from_seed(&seed))
    }

    /// Reads an `ECPrivateKey` (SEC 1 §C.4). The curve may be missing where the PKCS#8 around it
    /// has named it.
    ///
    /// # Errors
    /// Another curve, a number out of range, a public key that isn't this secret key's, or bytes
    /// that are no such structure.
    pub(super) fn from_sec1_der(der: &[u8], curve_named: bool) -> Result<Self, KeyError> {
        let mut reader = der::Reader::new(der);
        let mut fields = der::Reader::new(reader.value(der::SEQUENCE).ok_or(MALFORMED)?);
        if fields.unsigned() != Some(&[1]) || !reader.is_empty() {
            return Err(MALFORMED);
        }
        let secret = fields.value(der::OCTET_STRING).ok_or(MALFORMED)?;
        let curve = fields.value(der::context(0));
        let public = fields.value(der::context(1));
        if !fields.is_empty() {
            return Err(MALFORMED);
        }
        match curve {
            Some(curve) if curve != der::value(der::OBJECT_IDENTIFIER, &SECT233K1_OID) => {
                return Err(KeyError::Curve);
            }
            None if !curve_named => return Err(KeyError::Curve),
            _ => {}
        }
        let identity = Self::new(SecretKey::from_bytes(secret).ok_or(KeyError::OutOfRange)?);
        match public {
            Some(public) if public != identity.public_bits() => Err(KeyError::Mismatch),
            _ => Ok(identity),
        }
    }

    /// The text of a key file, as the original writes it: `EC PRIVATE KEY` (SEC 1 §C.4).
    #[must_use]
    pub fn pem(&self) -> String {
        let fields = [
            der::unsigned(&[1]),
            der::value(der::OCTET_STRING, &self.secret.to_bytes()),
            der::value(der::context(0), &der::value(der::OBJECT_IDENTIFIER, &SECT233K1_OID)),
            der::value(der::context(1), &self.public_bits()),
        ];
        let der = der::value(der::SEQUENCE, &fields.concat());
        pem::write("EC PRIVATE KEY", &der)
    }

    /// The point as a BIT STRING: no unused bits, uncompressed.
    fn public_bits(&self) -> Vec<u8> {
        der::value(der::BIT_STRING, &[&[0, 4][..], &self.public.to_bytes()].concat())
    }

    fn new(secret: SecretKey) -> Self {
        let public = secret.public();
        Self { secret, public }
    }

    /// The public key: what others know this identity by.
    #[must_use]
    pub fn permid(&self) -> Permid {
        Permid::Sect233k1(self.public.to_bytes())
    }

    /// ECDSA in DER over the SHA-1 digest of `message`; at least 63 bytes long, because the
    /// original refuses shorter ones (§3).
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
pub fn verify_legacy(
    permid: &Permid,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    match permid {
        Permid::Sect233k1(point) => {
            Point::from_bytes(point).ok_or(SignatureError)?.verify(message, signature)
        }
        Permid::Ed25519(_) => Err(SignatureError),
    }
}

/// Whether a permid is a key at all: a sect233k1 point must lie on the curve and have order n.
/// [`Permid`] itself knows only shapes.
#[must_use]
pub fn is_valid_key(permid: &Permid) -> bool {
    match permid {
        Permid::Sect233k1(point) => Point::from_bytes(point).is_some(),
        Permid::Ed25519(key) => {
            ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
        }
    }
}

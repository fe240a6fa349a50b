//! A permid: a public key as DER SubjectPublicKeyInfo, which *is* a peer's identity (protocol.md,
//! preamble, §3 and §8).

use std::fmt;

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{serial, text};

/// SubjectPublicKeyInfo up to the key bytes of an Ed25519 key (RFC 8410); 32 bytes follow.
const ED25519_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// SubjectPublicKeyInfo up to the point of an uncompressed sect233k1 key (§3); the byte 4 and two
/// 30-byte coordinates follow.
const SECT233K1_PREFIX: [u8; 23] = [
    0x30, 0x52, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x1a, 0x03, 0x3e, 0x00,
];
/// The first byte of an uncompressed point (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

/// Which kind of key a permid is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PermidKind {
    /// Version 18: 44 bytes of DER.
    Ed25519,
    /// The original's: 84 bytes of DER.
    Sect233k1,
}

/// A peer's identity. Only the shape is checked here; that a sect233k1 point lies on the curve is
/// [`crate::identity`]'s to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permid {
    /// The 32 bytes of the public key.
    Ed25519([u8; 32]),
    /// The point without its leading 4: x, then y.
    Sect233k1([u8; 60]),
}

/// Bytes that are not a permid of either kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PermidError {
    /// Text that is not base64.
    #[error("not base64")]
    Base64,
    /// Bytes of another shape; how many they are.
    #[error(
        "{0} bytes that are neither an Ed25519 key (44) nor an uncompressed sect233k1 key (84) in DER"
    )]
    Shape(usize),
}

impl Permid {
    /// Reads exactly the two encodings that are in use; any other encoding of the same key is
    /// refused, so that a key has one permid.
    ///
    /// # Errors
    /// [`PermidError::Shape`] for anything else.
    pub fn from_der(der: &[u8]) -> Result<Self, PermidError> {
        let shape = PermidError::Shape(der.len());
        if let Some(key) = der.strip_prefix(&ED25519_PREFIX) {
            return key.try_into().map(Self::Ed25519).map_err(|_| shape);
        }
        match der.strip_prefix(&SECT233K1_PREFIX) {
            Some([UNCOMPRESSED, point @ ..]) => {
                point.try_into().map(Self::Sect233k1).map_err(|_| shape)
            }
            _ => Err(shape),
        }
    }

    /// The DER form: 44 or 84 bytes.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => [&ED25519_PREFIX[..], key].concat(),
            Self::Sect233k1(point) => [&SECT233K1_PREFIX[..], &[UNCOMPRESSED], point].concat(),
        }
    }

    /// # Errors
    /// Text that is not base64, or bytes that are not a permid.
    pub fn from_base64(text: &str) -> Result<Self, PermidError> {
        Self::from_der(&BASE64.decode(text.as_bytes()).map_err(|_| PermidError::Base64)?)
    }

    /// Which kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> PermidKind {
        match self {
            Self::Ed25519(_) => PermidKind::Ed25519,
            Self::Sect233k1(_) => PermidKind::Sect233k1,
        }
    }

    /// The hexadecimal digits by which people tell peers apart: those of the key itself, without
    /// what all keys share.
    #[must_use]
    pub fn hex(&self) -> String {
        let key: &[u8] = match self {
            Self::Ed25519(key) => key,
            Self::Sect233k1(point) => &point[1..], // the first byte has one significant bit
        };
        text::hex(key)
    }

    /// `9f3a…c1`: the first two bytes and the last of [`Self::hex`].
    #[must_use]
    pub fn short(&self) -> String {
        let hex = self.hex();
        format!("{}…{}", &hex[..4], &hex[hex.len() - 2..])
    }
}

impl fmt::Display for Permid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.to_der()))
    }
}

impl Serialize for Permid {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Permid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serial::text(from, Self::from_base64)
    }
}

impl fmt::Debug for Permid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permid({})", self.short())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_kinds_have_one_der_and_one_text() {
        for (permid, len, start) in [
            (Permid::Ed25519([0xab; 32]), 44, "MCowBQYDK2VwAyEAq6ur"),
            (Permid::Sect233k1([0x01; 60]), 84, "MFIwEAYHKoZIzj0CAQYFK4EEABoDPgAEAQEB"),
        ] {
            let der = permid.to_der();
            assert_eq!(der.len(), len);
            assert_eq!(Permid::from_der(&der), Ok(permid));
            assert!(permid.to_string().starts_with(start), "{permid}");
            assert_eq!(Permid::from_base64(&permid.to_string()), Ok(permid));
        }
        assert_eq!(Permid::from_base64("not base64!"), Err(PermidError::Base64));
    }

    #[test]
    fn every_other_encoding_is_refused() {
        for permid in [Permid::Ed25519([0xab; 32]), Permid::Sect233k1([0x01; 60])] {
            let der = permid.to_der();
            let prefix = if permid.kind() == PermidKind::Ed25519 { 12 } else { 24 };
            for at in 0..prefix {
                let mut other = der.clone();
                other[at] ^= 1;
                assert_eq!(
                    Permid::from_der(&other),
                    Err(PermidError::Shape(der.len())),
                    "byte {at}"
                );
            }
            assert!(Permid::from_der(&der[..der.len() - 1]).is_err());
            assert!(Permid::from_der(&[&der[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn the_short_form_is_of_the_key_itself() {
        let mut point = [0; 60];
        (point[0], point[1], point[2], point[59]) = (1, 0x9f, 0x3a, 0xc1);
        assert_eq!(Permid::Sect233k1(point).short(), "9f3a…c1");
        assert_eq!(Permid::Sect233k1(point).hex().len(), 118);
        assert_eq!(format!("{:?}", Permid::Ed25519([0x42; 32])), "Permid(4242…42)");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), text in ".{0,60}") {
            if let Ok(permid) = Permid::from_der(&bytes) {
                prop_assert_eq!(permid.to_der(), bytes);
            }
            let _ = Permid::from_base64(&text);
        }
    }
}

//! Secret keys in PEM text (RFC 7468): Ed25519 as PKCS#8 (RFC 8410), sect233k1 as SEC 1 `EC PRIVATE
//! KEY` or PKCS#8 (cli.md).

use super::der::{self, EC_OID, ED25519_OID, SECT233K1_OID};
use super::pem::{self, Block};
use super::{Ed25519Identity, KeyError, LegacyIdentity};
use crate::{Permid, PermidKind};

/// A secret key of either kind.
#[derive(Debug)]
#[cfg_attr(not(feature = "legacy"), allow(clippy::large_enum_variant))] // then the other one is empty
pub enum Key {
    /// For overlay version 18.
    Ed25519(Ed25519Identity),
    /// For overlay versions up to 17.
    Sect233k1(LegacyIdentity),
}

impl Key {
    /// Reads the first secret key of a PEM text. What stands before it (a public key, a
    /// certificate, comments) is skipped.
    ///
    /// # Errors
    /// See [`KeyError`]; where there is no secret key, the first block says what there is instead.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let blocks = pem::blocks(text);
        if let Some(secret) = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY")) {
            return Self::from_block(secret);
        }
        match blocks.iter().find(|block| block.label != PARAMETERS).map(|block| block.label) {
            None => Err(KeyError::NotPem),
            Some("PUBLIC KEY") => Err(KeyError::Public),
            Some(label) => Err(other_label(label)),
        }
    }

    fn from_block(block: &Block<'_>) -> Result<Self, KeyError> {
        let bytes = || block.bytes().map_err(KeyError::DamagedPem);
        match block.label {
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            _ if block.is_encrypted() => Err(KeyError::Encrypted),
            "PRIVATE KEY" => Self::from_pkcs8(&bytes()?),
            "EC PRIVATE KEY" => {
                LegacyIdentity::from_sec1_der(&bytes()?, false).map(Self::Sect233k1)
            }
            label => Err(other_label(label)),
        }
    }

    /// `PrivateKeyInfo` (RFC 5208): the algorithm decides who reads the rest.
    fn from_pkcs8(whole: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("PKCS#8");
        let mut info =
            der::Reader::new(der::Reader::new(whole).value(der::SEQUENCE).ok_or(MALFORMED)?);
        info.unsigned().ok_or(MALFORMED)?; // the version
        let mut algorithm = der::Reader::new(info.value(der::SEQUENCE).ok_or(MALFORMED)?);
        let oid = algorithm.value(der::OBJECT_IDENTIFIER).ok_or(MALFORMED)?;
        if oid == ED25519_OID {
            return Ed25519Identity::from_pkcs8_der(whole).map(Self::Ed25519);
        }
        if oid != EC_OID {
            return Err(KeyError::Algorithm(algorithm_name(oid)));
        }
        if algorithm.value(der::OBJECT_IDENTIFIER) != Some(&SECT233K1_OID) {
            return Err(KeyError::Curve);
        }
        let key = info.value(der::OCTET_STRING).ok_or(MALFORMED)?;
        LegacyIdentity::from_sec1_der(key, true).map(Self::Sect233k1)
    }

    /// The public key: what others know this identity by.
    #[must_use]
    pub fn permid(&self) -> Permid {
        match self {
            Self::Ed25519(key) => key.permid(),
            Self::Sect233k1(key) => key.permid(),
        }
    }

    /// Which kind of key it is.
    #[must_use]
    pub fn kind(&self) -> PermidKind {
        match self {
            Self::Ed25519(_) => PermidKind::Ed25519,
            Self::Sect233k1(_) => PermidKind::Sect233k1,
        }
    }

    /// The text of a key file.
    #[must_use]
    pub fn pem(&self) -> String {
        match self {
            Self::Ed25519(key) => key.pem(),
            Self::Sect233k1(key) => key.pem(),
        }
    }
}

fn other_label(label: &str) -> KeyError {
    KeyError::Label(label.chars().filter(char::is_ascii_graphic).take(MAX_LABEL).collect())
}

/// What the algorithm of this object identifier is called; the usual ones of PEM files.
const fn algorithm_name(oid: &[u8]) -> &'static str {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, ..] => "RSA",
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => "DSA",
        [0x2b, 0x65, 0x6e] => "X25519",
        [0x2b, 0x65, 0x6f] => "X448",
        [0x2b, 0x65, 0x71] => "Ed448",
        _ => "an algorithm that is not known here",
    }
}

/// How much of a strange label is repeated; the known ones are shorter.
const MAX_LABEL: usize = 40;
/// A block that may stand before the key: `openssl ecparam -genkey` writes one.
const PARAMETERS: &str = "EC PARAMETERS";

#[cfg(test)]
mod tests;

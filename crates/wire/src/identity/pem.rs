//! Secret keys in PEM text (RFC 7468): Ed25519 as PKCS#8 (RFC 8410), sect233k1 as SEC 1 `EC PRIVATE KEY` or PKCS#8 (cli.md).

use super::{Ed25519Identity, LegacyIdentity, der};
use crate::{Permid, PermidKind};

const ED25519_OID: [u8; 3] = [0x2b, 0x65, 0x70];
const EC_OID: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const SECT233K1_OID: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x1a];

/// A secret key of either kind.
#[derive(Debug)]
#[cfg_attr(not(feature = "legacy"), allow(clippy::large_enum_variant))] // then the other one is empty
pub enum Key {
    /// For overlay version 18.
    Ed25519(Ed25519Identity),
    /// For overlay versions up to 17.
    Sect233k1(LegacyIdentity),
}

/// Why a text holds no key that can be used here. The texts say what was found and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// No PEM block at all.
    #[error(
        "no PEM text in it (a line `-----BEGIN … PRIVATE KEY-----` was expected); make a key with `swarmscope key new`"
    )]
    NotPem,
    /// A PEM block that can't be read; says why.
    #[error("the PEM text is damaged ({0}); copy the whole file again")]
    DamagedPem(String),
    /// Only a public key.
    #[error("it holds only a public key; the file with the secret key is needed")]
    Public,
    /// A key that needs a passphrase.
    #[error("the key is encrypted, which is not supported; decrypt it with `openssl pkey -in FILE -out NEW`")]
    Encrypted,
    /// A PEM block of another kind.
    #[error(
        "`{0}` is not a supported kind of PEM; an Ed25519 key in PKCS#8 or a sect233k1 key is needed, `swarmscope key new` makes one"
    )]
    Label(String),
    /// A key of another algorithm.
    #[error(
        "it holds a key for {0}; expected is Ed25519, or sect233k1 for version 17 and before: `swarmscope key new` makes one"
    )]
    Algorithm(&'static str),
    /// An elliptic curve other than sect233k1.
    #[error(
        "the key is on another curve, or names none; old peers know sect233k1 only, `swarmscope key new --legacy` makes such a key"
    )]
    Curve,
    /// Not the ASN.1 structure of such a key.
    #[error("its {0} key structure is malformed; copy the whole file again")]
    Malformed(&'static str),
    /// A sect233k1 secret that isn't one.
    #[error("its secret number is not in 1..n-1; make another key with `swarmscope key new --legacy`")]
    OutOfRange,
    /// Secret and public key of two different keys.
    #[error("its public key does not belong to its secret key; copy the whole file again")]
    Mismatch,
    /// A sect233k1 key in a build without the feature `legacy`.
    #[error("this build has no sect233k1: build with the feature `legacy`, or use an Ed25519 key")]
    NoLegacy,
}

impl Key {
    /// Reads the first secret key of a PEM text. What stands before it (EC PARAMETERS, comments) is skipped.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let (label, block) = find_block(text)?;
        let decoded =
            pem_rfc7468::decode_vec(block).map(|(_, der)| der).map_err(|error| KeyError::DamagedPem(error.to_string()));
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(&decoded?),
            "EC PRIVATE KEY" => match decoded {
                Err(_) if contains(block, b"ENCRYPTED") => Err(KeyError::Encrypted),
                decoded => LegacyIdentity::from_sec1_der(&decoded?, false).map(Self::Sect233k1),
            },
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            "PUBLIC KEY" => Err(KeyError::Public),
            label => Err(KeyError::Label(label.chars().filter(char::is_ascii_graphic).take(MAX_LABEL).collect())),
        }
    }

    /// `PrivateKeyInfo` (RFC 5208): the algorithm decides who reads the rest.
    fn from_pkcs8(whole: &[u8]) -> Result<Self, KeyError> {
        const MALFORMED: KeyError = KeyError::Malformed("PKCS#8");
        let mut info = der::Reader::new(der::Reader::new(whole).value(der::SEQUENCE).ok_or(MALFORMED)?);
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
const BEGIN: &str = "-----BEGIN ";
/// Blocks that may stand before the key: `openssl ecparam -genkey` writes one.
const SKIPPED: &str = "EC PARAMETERS";

/// The label and the text of the first PEM block that isn't [`SKIPPED`].
fn find_block(text: &[u8]) -> Result<(&str, &[u8]), KeyError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::NotPem)?;
    for (start, _) in text.match_indices(BEGIN) {
        let label = text[start + BEGIN.len()..].lines().next().unwrap_or_default();
        let label = label.trim_end().strip_suffix("-----").ok_or(KeyError::NotPem)?;
        if label != SKIPPED {
            let end = format!("-----END {label}-----");
            let length = text[start..].find(&end).ok_or_else(|| KeyError::DamagedPem(format!("no line `{end}`")))?;
            return Ok((label, &text.as_bytes()[start..][..length + end.len()]));
        }
    }
    Err(KeyError::NotPem)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests;

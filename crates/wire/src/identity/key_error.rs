//! Why a text holds no key that can be used here, and what to do about it.

/// Why a text holds no key that can be used here. The texts say what was found and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
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
    #[error(
        "the key is encrypted, which is not supported; decrypt it with `openssl pkey -in FILE -out NEW`"
    )]
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
    #[error(
        "its secret number is not in 1..n-1; make another key with `swarmscope key new --legacy`"
    )]
    OutOfRange,
    /// An Ed25519 key with its public key tagged in a way of its own.
    #[error(
        "it is an Ed25519 key as the Rust crate ring wrote it before version 0.17, which OpenSSL refuses too; export it again \
         with a newer version, or make a new key with `swarmscope key new`"
    )]
    OldRing,
    /// Secret and public key of two different keys.
    #[error("its public key does not belong to its secret key; copy the whole file again")]
    Mismatch,
    /// A sect233k1 key in a build without the feature `legacy`.
    #[error("this build has no sect233k1: build with the feature `legacy`, or use an Ed25519 key")]
    NoLegacy,
}

//! The operator's key: what turns a permid into the hash that the store holds, and seals addresses.
//!
//! A hash alone would not do: permids are public, so whoever has a list of them could look each one
//! up. Under a key that stays with the operator the store tells nothing to those who have only it.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use swarmscope_wire::text::hex;

use crate::error::{Kind, StoreError};
use crate::records::Network;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of a keyed hash that are kept: nobody finds two permids with the same 128 bits.
const HASH: usize = 16;
/// The longest file that is read as a key.
const LONGEST: u64 = 1024;

/// A peer as the store knows it: HMAC-SHA-256 of network and identity under the operator's key, cut
/// to 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerHash(pub [u8; HASH]);

impl PeerHash {
    /// Reads what a database gives back.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// All 32 digits.
impl fmt::Display for PeerHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for PeerHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerHash({self})")
    }
}

/// The operator's key. Cheap to clone; never printed.
#[derive(Clone)]
pub struct StoreKey {
    hashing: [u8; KEY],
    content: [u8; KEY],
    nonces: [u8; KEY],
    sealing: [u8; KEY],
    check: [u8; HASH],
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

impl StoreKey {
    /// The keys for each purpose are derived from this secret.
    #[must_use]
    pub fn new(secret: [u8; KEY]) -> Self {
        let derive = |purpose: &str| mac(&secret, &[b"swarmscope store ", purpose.as_bytes()]);
        let mut check = [0; HASH];
        check.copy_from_slice(&derive("check")[..HASH]);
        Self {
            hashing: derive("peers"),
            content: derive("content"),
            nonces: derive("nonces"),
            sealing: derive("addresses"),
            check,
        }
    }

    /// Reads the key of this file; makes one, with mode 0600, where there is none.
    ///
    /// # Errors
    /// The file cannot be read or made, others may read it, or it holds something else.
    pub fn from_file(path: &Path) -> Result<Self, StoreError> {
        let secret = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
            read => read,
        };
        secret
            .map(Self::new)
            .map_err(|error| StoreError::new(Kind::Key, format!("{}: {error}", path.display())))
    }

    /// A peer's hash. `identity` is what the network knows it by, such as a permid in DER.
    #[must_use]
    pub fn peer(&self, network: Network, identity: &[u8]) -> PeerHash {
        let full = mac(&self.hashing, &[network.name().as_bytes(), b"\0", identity]);
        let mut hash = [0; HASH];
        hash.copy_from_slice(&full[..HASH]);
        PeerHash(hash)
    }

    /// A keyed digest of something that a reply said, so that equal values stay equal and tell
    /// nothing.
    #[must_use]
    pub fn digest(&self, value: &[u8]) -> [u8; HASH] {
        let mut hash = [0; HASH];
        hash.copy_from_slice(&mac(&self.content, &[value])[..HASH]);
        hash
    }

    /// What a store keeps to recognise this key.
    #[must_use]
    pub fn check(&self) -> String {
        PeerHash(self.check).to_string()
    }

    /// Encrypts an address (ChaCha20-Poly1305). The nonce depends on what is sealed, so equal
    /// addresses of one peer give equal bytes and no randomness is needed; `peer` is authenticated
    /// with it, so that rows cannot be swapped.
    #[must_use]
    pub fn seal(&self, peer: PeerHash, address: &str) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = mac(&self.nonces, &[&peer.0, address.as_bytes()])[..NONCE_LEN]
            .try_into()
            .expect("a digest is longer");
        let mut sealed = address.as_bytes().to_vec();
        self.cipher()
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(peer.0),
                &mut sealed,
            )
            .expect("an address is shorter than the cipher's limit of 256 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// Decrypts what [`Self::seal`] made for this peer; `None` for anything else.
    #[must_use]
    pub fn open(&self, peer: PeerHash, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let address = self.cipher().open_in_place(nonce, Aad::from(peer.0), &mut sealed).ok()?;
        String::from_utf8(address.to_vec()).ok()
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, &self.sealing)
                .expect("the key has the cipher's length"),
        )
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; KEY] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn read(path: &Path) -> io::Result<[u8; KEY]> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(io::Error::other("not a key file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("readable by others: chmod 600"));
    }
    let text = fs::read_to_string(path)?;
    let digits = text.trim();
    let bytes = (digits.len() == 2 * KEY && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .then(|| {
            (0..KEY)
                .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok())
                .collect::<Option<Vec<u8>>>()
        });
    bytes
        .flatten()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| io::Error::other("not 64 hexadecimal digits"))
}

#[allow(clippy::disallowed_methods, reason = "a key is made of randomness")]
fn make(path: &Path) -> io::Result<[u8; KEY]> {
    let mut secret = [0; KEY];
    getrandom::fill(&mut secret)
        .map_err(|error| io::Error::other(format!("no randomness: {error}")))?;
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", hex(&secret))?;
    file.sync_all()?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data/store.key");
        let first = StoreKey::from_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(StoreKey::from_file(&path).unwrap().check(), first.check());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(StoreKey::from_file(&path).unwrap_err().detail.contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "abc", &"+1".repeat(32), &"zz".repeat(32), &"é".repeat(32)] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(StoreKey::from_file(&path).unwrap_err().kind, Kind::Key, "{wrong:?}");
        }
    }

    #[test]
    fn hashes_depend_on_key_network_and_peer() {
        let (one, other) = (StoreKey::new([1; 32]), StoreKey::new([2; 32]));
        let hash = one.peer(Network::Overlay, b"permid");
        assert_eq!(one.peer(Network::Overlay, b"permid"), hash);
        assert_ne!(other.peer(Network::Overlay, b"permid"), hash);
        assert_ne!(one.peer(Network::Dht, b"permid"), hash);
        assert_ne!(one.peer(Network::Overlay, b"other"), hash);
        assert_eq!(hash.to_string().len(), 32);
        assert_eq!(format!("{one:?}"), "StoreKey(…)");
    }

    #[test]
    fn an_address_is_read_under_its_key_and_for_its_peer_only() {
        let key = StoreKey::new([1; 32]);
        let (peer, other) = (key.peer(Network::Overlay, b"a"), key.peer(Network::Overlay, b"b"));
        let sealed = key.seal(peer, "198.51.100.7:7760");
        assert_eq!(key.open(peer, &sealed).as_deref(), Some("198.51.100.7:7760"));
        assert_eq!(key.seal(peer, "198.51.100.7:7760"), sealed);
        assert_eq!(key.open(other, &sealed), None);
        assert_eq!(StoreKey::new([2; 32]).open(peer, &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(key.open(peer, &sealed[..cut]), None);
        }
    }
}

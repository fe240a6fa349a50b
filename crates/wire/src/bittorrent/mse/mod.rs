//! Message Stream Encryption: how most clients hide their traffic's shape. It is *obfuscation, not
//! security*: anybody in between can read it, and RC4 is broken.
//!
//! Step 1 is a Diffie–Hellman key and up to 512 bytes of padding, each way. A client that answers
//! it speaks the protocol, whatever torrents it has: that is all a question without an infohash may
//! learn. With an infohash [`Initiator`] goes on to the encrypted stream.

pub mod diffie_hellman;
mod initiator;
pub mod rc4;
mod responder;

pub use diffie_hellman::{KEY_LEN, PublicKey, SecretKey};
pub use initiator::{Established, Initiator, MseError, Step};
pub use rc4::{Cipher, Streams};
pub use responder::Responder;

use sha1::{Digest as _, Sha1};

/// The longest padding that either side may add, in bytes.
pub const MAX_PADDING: usize = 512;
/// What both sides look for to know that they agree on a key.
const VERIFICATION: [u8; 8] = [0; 8];
/// The bits of `crypto_provide` and `crypto_select`.
const RC4: u32 = 2;

/// SHA-1 over parts that follow one another.
fn hash(parts: &[&[u8]]) -> [u8; 20] {
    let mut sha = Sha1::new();
    for part in parts {
        sha.update(part);
    }
    sha.finalize().into()
}

/// Identifies the torrent without revealing it to those who do not have it.
fn masked_infohash(infohash: &[u8; 20], secret: &[u8; KEY_LEN]) -> [u8; 20] {
    let mut masked = hash(&[b"req2", infohash]);
    for (byte, mask) in masked.iter_mut().zip(hash(&[b"req3", secret])) {
        *byte ^= mask;
    }
    masked
}

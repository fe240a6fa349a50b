//! RC4 as Message Stream Encryption has it: the first 1 024 bytes of each key stream are thrown
//! away. Obfuscation, not security.

use super::{KEY_LEN, hash};

/// Bytes of the key stream that are thrown away.
const DISCARDED: usize = 1024;

/// One direction of a stream.
#[derive(Clone)]
pub struct Cipher {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Cipher {
    /// For a key, with the first 1 024 bytes thrown away.
    #[must_use]
    pub fn new(key: &[u8; 20]) -> Self {
        let mut cipher = Self::schedule(key);
        cipher.apply(&mut [0; DISCARDED]);
        cipher
    }

    /// RC4's key schedule.
    pub(in crate::bittorrent) fn schedule(key: &[u8]) -> Self {
        let mut state = std::array::from_fn(|index| u8::try_from(index).unwrap_or(u8::MAX));
        let mut j = 0_u8;
        for i in 0..=255_u8 {
            j = j.wrapping_add(state[usize::from(i)]).wrapping_add(key[usize::from(i) % key.len()]);
            state.swap(i.into(), j.into());
        }
        Self { state, i: 0, j: 0 }
    }

    /// Encrypts or decrypts, which is the same.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.i = self.i.wrapping_add(1);
            self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
            self.state.swap(self.i.into(), self.j.into());
            let index =
                self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
            *byte ^= self.state[usize::from(index)];
        }
    }
}

/// Both directions of a connection.
#[derive(Clone)]
pub struct Streams {
    /// What this side sends.
    pub outgoing: Cipher,
    /// What this side receives.
    pub incoming: Cipher,
}

impl Streams {
    /// The initiator's; the responder's are these two exchanged.
    #[must_use]
    pub fn of_initiator(secret: &[u8; KEY_LEN], infohash: &[u8; 20]) -> Self {
        Self {
            outgoing: Cipher::new(&hash(&[b"keyA", secret, infohash])),
            incoming: Cipher::new(&hash(&[b"keyB", secret, infohash])),
        }
    }

    /// The other side's.
    #[must_use]
    pub fn exchanged(self) -> Self {
        Self { outgoing: self.incoming, incoming: self.outgoing }
    }
}

//! The side that is dialled: for peers of ours that stand in for real ones, and for tests.

use super::diffie_hellman::{KEY_LEN, PublicKey, SecretKey};
use super::initiator::{Established, MseError, Step};
use super::rc4::Streams;
use super::{MAX_PADDING, RC4, VERIFICATION, hash, masked_infohash};

/// The dialled side, sans I/O, for one torrent.
pub struct Responder {
    secret: SecretKey,
    infohash: [u8; 20],
    padding: Vec<u8>,
    received: Vec<u8>,
    shared: Option<[u8; KEY_LEN]>,
}

impl Responder {
    /// `padding` of at most 512 bytes follows its key.
    #[must_use]
    pub const fn new(random: [u8; 20], infohash: [u8; 20], padding: Vec<u8>) -> Self {
        Self {
            secret: SecretKey::new(random),
            infohash,
            padding,
            received: Vec::new(),
            shared: None,
        }
    }

    /// Takes what came. After [`Step::Send`] push nothing but further bytes; step 4's bytes come
    /// first in what `accept` gives.
    ///
    /// # Errors
    /// The first thing that is not of the protocol; then it is over.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Step, MseError> {
        self.received.extend_from_slice(bytes);
        if self.shared.is_some() {
            return self.accept();
        }
        let Some((key, rest)) = self.received.split_first_chunk() else { return Ok(Step::Wait) };
        self.shared = Some(self.secret.shared(&PublicKey(*key)));
        self.received = rest.to_vec();
        Ok(Step::Send([&self.secret.public().0[..], &self.padding].concat()))
    }

    /// Step 4, once step 3 is there. The bytes to send, already encrypted, are the whole of what
    /// the other side waits for; they are given by [`Self::choice`].
    fn accept(&mut self) -> Result<Step, MseError> {
        let Some(secret) = self.shared else { return Ok(Step::Wait) };
        let wanted = hash(&[b"req1", &secret]);
        let searched = &self.received[..self.received.len().min(MAX_PADDING + wanted.len())];
        let Some(at) = searched.windows(wanted.len()).position(|window| window == wanted) else {
            return if searched.len() >= MAX_PADDING + wanted.len() {
                Err(MseError::NoVerification)
            } else {
                Ok(Step::Wait)
            };
        };
        let rest = &self.received[at + wanted.len()..];
        let Some((torrent, sealed)) = rest.split_first_chunk::<20>() else { return Ok(Step::Wait) };
        if *torrent != masked_infohash(&self.infohash, &secret) {
            return Err(MseError::UnknownTorrent);
        }
        let mut streams = Streams::of_initiator(&secret, &self.infohash).exchanged();
        let mut plain = sealed.to_vec();
        streams.incoming.apply(&mut plain);
        // verification, provided methods, length of padding
        let Some(padding) = plain.get(12..14) else { return Ok(Step::Wait) };
        let padding = usize::from(u16::from_be_bytes([padding[0], padding[1]]));
        if padding > MAX_PADDING {
            return Err(MseError::Padding(padding));
        }
        let Some(received) = plain.get(14 + padding + 2..) else { return Ok(Step::Wait) };
        if !plain.starts_with(&VERIFICATION) {
            return Err(MseError::NoVerification);
        }
        Ok(Step::Done(Box::new(Established { received: received.to_vec(), streams })))
    }

    /// Step 4, to be sent first on the established stream.
    #[must_use]
    pub fn choice(established: &mut Established) -> Vec<u8> {
        let mut choice = VERIFICATION.to_vec();
        choice.extend_from_slice(&RC4.to_be_bytes());
        choice.extend_from_slice(&0_u16.to_be_bytes()); // no padding
        established.streams.outgoing.apply(&mut choice);
        choice
    }
}

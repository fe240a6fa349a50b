//! The side that dials.

use super::diffie_hellman::{KEY_LEN, PublicKey, SecretKey};
use super::rc4::{Cipher, Streams};
use super::{MAX_PADDING, RC4, VERIFICATION, hash, masked_infohash};

/// Why the other side does not speak the protocol, or not with us.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MseError {
    /// No verification within 512 bytes of padding: it lacks the torrent, or speaks something else.
    #[error(
        "no verification within {MAX_PADDING} bytes of padding: it lacks the torrent, or speaks something else"
    )]
    NoVerification,
    /// It selected method …, which was not offered.
    #[error("it selected method {0}, which was not offered")]
    Selected(u32),
    /// Some bytes of padding, more than 512.
    #[error("{0} bytes of padding, more than {MAX_PADDING}")]
    Padding(usize),
    /// A torrent that is not here.
    #[error("a torrent that is not here")]
    UnknownTorrent,
}

/// The encrypted stream is there.
pub struct Established {
    /// The keys of both directions, ready for the next byte.
    pub streams: Streams,
    /// What already came on it, decrypted.
    pub received: Vec<u8>,
}

/// The dialling side, sans I/O: send [`Self::hello`], push what comes, send what it gives.
pub struct Initiator {
    secret: SecretKey,
    infohash: [u8; 20],
    /// What goes out as soon as the stream is there: the peer protocol's handshake.
    payload: Vec<u8>,
    received: Vec<u8>,
    streams: Option<Streams>,
}

/// What to do after bytes came.
pub enum Step {
    /// Nothing yet.
    Wait,
    /// Send these bytes.
    Send(Vec<u8>),
    /// The stream is there.
    Done(Box<Established>),
}

impl Initiator {
    /// For a torrent that the operator named. `payload` of at most 65 535 bytes is sent encrypted
    /// with step 3.
    #[must_use]
    pub const fn new(random: [u8; 20], infohash: [u8; 20], payload: Vec<u8>) -> Self {
        Self {
            secret: SecretKey::new(random),
            infohash,
            payload,
            received: Vec::new(),
            streams: None,
        }
    }

    /// Step 1: the key, without padding.
    #[must_use]
    pub fn hello(&self) -> [u8; KEY_LEN] {
        self.secret.public().0
    }

    /// Takes what came.
    ///
    /// # Errors
    /// The first thing that is not of the protocol; then it is over.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Step, MseError> {
        self.received.extend_from_slice(bytes);
        let Some(streams) = self.streams.clone() else { return Ok(self.agree()) };
        self.verify(streams)
    }

    /// Step 3, once the other key is there.
    fn agree(&mut self) -> Step {
        let Some((key, rest)) = self.received.split_first_chunk() else { return Step::Wait };
        let secret = self.secret.shared(&PublicKey(*key));
        self.received = rest.to_vec();
        let mut streams = Streams::of_initiator(&secret, &self.infohash);
        let mut sealed = VERIFICATION.to_vec();
        sealed.extend_from_slice(&RC4.to_be_bytes());
        sealed.extend_from_slice(&0_u16.to_be_bytes()); // no padding
        sealed.extend_from_slice(&u16::try_from(self.payload.len()).unwrap_or(0).to_be_bytes());
        sealed.extend_from_slice(&self.payload);
        streams.outgoing.apply(&mut sealed);
        let mut out = hash(&[b"req1", &secret]).to_vec();
        out.extend_from_slice(&masked_infohash(&self.infohash, &secret));
        out.extend_from_slice(&sealed);
        self.streams = Some(streams);
        Step::Send(out)
    }

    /// Step 4: finds the verification behind padding of unknown length, then reads the choice.
    fn verify(&self, mut streams: Streams) -> Result<Step, MseError> {
        let Some(at) = find_verification(&self.received, &streams.incoming) else {
            let full = self.received.len() >= MAX_PADDING + VERIFICATION.len();
            return if full { Err(MseError::NoVerification) } else { Ok(Step::Wait) };
        };
        let mut plain = self.received[at..].to_vec();
        streams.incoming.apply(&mut plain);
        let Some((select, rest)) = plain[VERIFICATION.len()..].split_first_chunk() else {
            return Ok(Step::Wait);
        };
        let Some((padding, rest)) = rest.split_first_chunk() else { return Ok(Step::Wait) };
        let padding = usize::from(u16::from_be_bytes(*padding));
        if padding > MAX_PADDING {
            return Err(MseError::Padding(padding));
        }
        let select = u32::from_be_bytes(*select);
        if select != RC4 {
            return Err(MseError::Selected(select));
        }
        let Some(received) = rest.get(padding..) else { return Ok(Step::Wait) };
        Ok(Step::Done(Box::new(Established { received: received.to_vec(), streams })))
    }
}

/// Where the verification stands in what came after the key.
fn find_verification(received: &[u8], incoming: &Cipher) -> Option<usize> {
    let mut sought = VERIFICATION;
    incoming.clone().apply(&mut sought);
    let searched = &received[..received.len().min(MAX_PADDING + VERIFICATION.len())];
    searched.windows(sought.len()).position(|window| window == sought)
}

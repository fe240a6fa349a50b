//! CHALLENGE, RESPONSE1 and RESPONSE2 of the three-pass authentication, and HELLO of version 18 (protocol.md §3, §8).

use super::frame::Frame;
use super::handshake::{HANDSHAKE_LEN, PeerId};
use super::permid::Permid;

/// The length of a challenge in bytes.
pub const CHALLENGE_LEN: usize = 1024;

/// 1024 random bytes.
pub type Nonce = Box<[u8; CHALLENGE_LEN]>;

/// What an authentication message or a HELLO was refused for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuthDecodeError {
    #[error("{message}: {what}")]
    Malformed { message: &'static str, what: String },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge(pub Nonce);

/// The acceptor's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response1 {
    /// `B`: the dialler's peer id, as the acceptor saw it.
    pub dialler: PeerId,
    /// `SA`, in DER.
    pub signature: Vec<u8>,
    /// `certA`.
    pub permid: Permid,
    /// `rA`.
    pub nonce: Nonce,
}

/// The dialler's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response2 {
    /// `A`: the acceptor's peer id, as the dialler saw it.
    pub acceptor: PeerId,
    /// `SB`, in DER.
    pub signature: Vec<u8>,
    /// `certB`.
    pub permid: Permid,
}

/// SHA-256 over the dialler's 68 handshake bytes followed by the acceptor's (§8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hello(pub [u8; 32]);

/// The bytes that are signed: the bencoding of the list of the signer's own nonce, the other's nonce, the other's peer id.
#[must_use]
pub fn signed_bytes(own: &[u8; CHALLENGE_LEN], other: &[u8; CHALLENGE_LEN], other_peer: &PeerId) -> Vec<u8> {
    let _ = (own, other, other_peer);
    todo!()
}

impl Challenge {
    /// # Errors
    /// Anything but one bencoded string of 1024 bytes.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

impl Response1 {
    /// # Errors
    /// Missing keys, wrong lengths, trailing bytes, a key of another curve or encoding; extra keys and unsorted dicts pass.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

impl Response2 {
    /// # Errors
    /// As [`Response1::decode`].
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

impl Hello {
    #[must_use]
    pub fn over(dialler: &[u8; HANDSHAKE_LEN], acceptor: &[u8; HANDSHAKE_LEN]) -> Self {
        let _ = (dialler, acceptor);
        todo!()
    }
    /// # Errors
    /// Anything but 32 bytes.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

//! CHALLENGE, RESPONSE1 and RESPONSE2 of the three-pass authentication, and HELLO of version 18
//! (protocol.md §3, §8).

use std::fmt;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::bencode::{self, Value};
use super::frame::{Frame, FrameId};
use super::handshake::{HANDSHAKE_LEN, PeerId};
use super::permid::Permid;

/// The length of a challenge in bytes.
pub const CHALLENGE_LEN: usize = 1024;

/// 1024 random bytes.
pub type Nonce = Box<[u8; CHALLENGE_LEN]>;

/// What an authentication message or a HELLO was refused for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthDecodeError {
    /// Not the shape that §3 or §8 gives it.
    #[error("{message}: {what}")]
    Malformed {
        /// Which message.
        message: FrameId,
        /// What is wrong with it.
        what: String,
    },
}

/// The dialler's first message: `rB`.
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

/// The bytes that are signed: the bencoding of the list of the signer's own nonce, the other's
/// nonce, the other's peer id.
#[must_use]
pub fn signed_bytes(
    own: &[u8; CHALLENGE_LEN],
    other: &[u8; CHALLENGE_LEN],
    other_peer: &PeerId,
) -> Vec<u8> {
    Value::List(vec![own[..].into(), other[..].into(), other_peer.0[..].into()]).encode()
}

/// What cannot be read, as an error of `message`.
fn malformed(message: FrameId, what: impl fmt::Display) -> AuthDecodeError {
    AuthDecodeError::Malformed { message, what: what.to_string() }
}

/// The fields of an authentication dict. As the original does, this takes extra keys and any order;
/// a key that occurs twice would have two meanings and is refused.
struct Fields {
    message: FrameId,
    dict: Value,
}

impl Fields {
    fn read(message: FrameId, body: &[u8]) -> Result<Self, AuthDecodeError> {
        let dict = bencode::decode_message(body).map_err(|error| malformed(message, error))?;
        Ok(Self { message, dict })
    }

    fn bytes(&self, key: &str) -> Result<&[u8], AuthDecodeError> {
        let value = self.dict.get(key).and_then(Value::as_bytes);
        value.ok_or_else(|| malformed(self.message, format_args!("no string `{key}`")))
    }

    fn array<const N: usize>(&self, key: &str) -> Result<[u8; N], AuthDecodeError> {
        let bytes = self.bytes(key)?;
        let wrong =
            |_| malformed(self.message, format_args!("`{key}` has {} bytes, not {N}", bytes.len()));
        bytes.try_into().map_err(wrong)
    }

    fn permid(&self, key: &str) -> Result<Permid, AuthDecodeError> {
        let permid = Permid::from_der(self.bytes(key)?);
        permid.map_err(|error| malformed(self.message, format_args!("`{key}` holds {error}")))
    }
}

impl Challenge {
    /// # Errors
    /// Anything but one bencoded string of 1024 bytes.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let refused = |what| malformed(FrameId::CHALLENGE, what);
        let value = bencode::decode(body).map_err(|error| refused(error.to_string()))?;
        let Value::Bytes(bytes) = value else { return Err(refused("not a string".into())) };
        let len = bytes.len();
        let nonce = bytes.into_boxed_slice().try_into();
        nonce.map(Self).map_err(|_| refused(format!("{len} bytes, not {CHALLENGE_LEN}")))
    }

    /// The frame that carries it.
    #[must_use]
    pub fn encode(&self) -> Frame {
        frame(FrameId::CHALLENGE, &self.0[..].into())
    }
}

impl Response1 {
    /// # Errors
    /// Missing keys, wrong lengths, trailing bytes, a key of another curve or encoding; extra keys
    /// and unsorted dicts pass.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let fields = Fields::read(FrameId::RESPONSE1, body)?;
        Ok(Self {
            dialler: PeerId(fields.array("B")?),
            signature: fields.bytes("SA")?.to_vec(),
            permid: fields.permid("certA")?,
            nonce: Box::new(fields.array("rA")?),
        })
    }

    /// The frame that carries it.
    #[must_use]
    pub fn encode(&self) -> Frame {
        let dict = Value::dict([
            ("B", self.dialler.0[..].into()),
            ("SA", self.signature[..].into()),
            ("certA", self.permid.to_der()[..].into()),
            ("rA", self.nonce[..].into()),
        ]);
        frame(FrameId::RESPONSE1, &dict)
    }
}

impl Response2 {
    /// # Errors
    /// As [`Response1::decode`].
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let fields = Fields::read(FrameId::RESPONSE2, body)?;
        Ok(Self {
            acceptor: PeerId(fields.array("A")?),
            signature: fields.bytes("SB")?.to_vec(),
            permid: fields.permid("certB")?,
        })
    }

    /// The frame that carries it.
    #[must_use]
    pub fn encode(&self) -> Frame {
        let dict = Value::dict([
            ("A", self.acceptor.0[..].into()),
            ("SB", self.signature[..].into()),
            ("certB", self.permid.to_der()[..].into()),
        ]);
        frame(FrameId::RESPONSE2, &dict)
    }
}

impl Hello {
    /// What both sides send when they saw the same handshakes.
    #[must_use]
    pub fn over(dialler: &[u8; HANDSHAKE_LEN], acceptor: &[u8; HANDSHAKE_LEN]) -> Self {
        Self(Sha256::new().chain_update(dialler).chain_update(acceptor).finalize().into())
    }

    /// # Errors
    /// Anything but 32 bytes.
    pub fn decode(body: &[u8]) -> Result<Self, AuthDecodeError> {
        let hash = body.try_into();
        hash.map(Self)
            .map_err(|_| malformed(FrameId::HELLO, format_args!("{} bytes, not 32", body.len())))
    }

    /// The frame that carries it.
    #[must_use]
    pub fn encode(&self) -> Frame {
        Frame { id: FrameId::HELLO, body: Bytes::copy_from_slice(&self.0) }
    }
}

fn frame(id: FrameId, value: &Value) -> Frame {
    Frame { id, body: value.encode().into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERMID: Permid = Permid::Sect233k1([1; 60]);

    fn response1() -> Response1 {
        let dialler = PeerId(*b"SW01--01234567\0\0\x07\0\x12\0");
        Response1 {
            dialler,
            signature: vec![0x30; 64],
            permid: PERMID,
            nonce: Box::new([9; CHALLENGE_LEN]),
        }
    }

    fn response2() -> Response2 {
        Response2 { acceptor: PeerId([b'a'; 20]), signature: vec![0x30; 64], permid: PERMID }
    }

    /// The words of the refusal of a RESPONSE2 that differs from a good one in the bytes `from`.
    fn refusal(from: &[u8], to: &[u8]) -> String {
        let body = response2().encode().body;
        let at = body.windows(from.len()).position(|window| window == from).unwrap();
        let changed = [&body[..at], to, &body[at + from.len()..]].concat();
        Response2::decode(&changed).unwrap_err().to_string()
    }

    #[test]
    fn messages_have_the_lengths_of_the_specification() {
        let challenge = Challenge(Box::new([7; CHALLENGE_LEN])).encode();
        assert_eq!(challenge.encoded_len(), 4 + 1030);
        assert_eq!(Challenge::decode(&challenge.body).unwrap().encode(), challenge);
        assert_eq!(response1().encode().encoded_len(), 4 + 1227);
        assert_eq!(Response1::decode(&response1().encode().body), Ok(response1()));
        assert_eq!(response2().encode().encoded_len(), 4 + 194);
        assert_eq!(Response2::decode(&response2().encode().body), Ok(response2()));
    }

    #[test]
    fn challenges_of_another_length_are_refused() {
        for (body, words) in [
            (&b"3:abc"[..], "CHALLENGE: 3 bytes, not 1024"),
            (b"i1e", "CHALLENGE: not a string"),
            (b"1:a ", "CHALLENGE: byte 3: bytes follow the value"),
            (b"", "CHALLENGE: byte 0: the input ends inside a value"),
        ] {
            assert_eq!(Challenge::decode(body).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn extra_keys_and_any_order_pass() {
        let good = response2().encode().body;
        let extra = [&good[..good.len() - 1], b"1:0d1:zi1e1:ai2eee"].concat();
        assert_eq!(Response2::decode(&extra), Ok(response2()));
    }

    #[test]
    fn what_the_original_refuses_is_refused() {
        assert_eq!(refusal(b"5:certB", b"5:certX"), "RESPONSE2: no string `certB`");
        assert_eq!(
            refusal(b"1:A20:", b"1:A19:"),
            "RESPONSE2: byte 26: a dict key that is not a string"
        );
        assert_eq!(refusal(b"1:A20:a", b"1:A19:"), "RESPONSE2: `A` has 19 bytes, not 20");
        assert_eq!(
            refusal(b"2:SB64:", b"2:SB064:"),
            "RESPONSE2: byte 31: a number has a leading zero or is -0"
        );
        let trailing = [&response2().encode().body[..], b"xy"].concat();
        let refused = Response2::decode(&trailing).unwrap_err();
        assert_eq!(refused.to_string(), "RESPONSE2: byte 193: bytes follow the value");
        let twice = [&b"d1:A20:bbbbbbbbbbbbbbbbbbbb"[..], &response2().encode().body[1..]].concat();
        assert_eq!(
            Response2::decode(&twice).unwrap_err().to_string(),
            "RESPONSE2: byte 27: a dict key occurs twice"
        );
    }

    #[test]
    fn keys_of_other_curves_and_encodings_are_refused() {
        let words = "RESPONSE2: `certB` holds 84 bytes that are neither an Ed25519 key (44) nor an uncompressed sect233k1 key (84) in DER";
        assert_eq!(refusal(b"\x00\x1a\x03\x3e", b"\x00\x1b\x03\x3e"), words);
        assert_eq!(refusal(b"\x03\x3e\x00\x04", b"\x03\x3e\x00\x06"), words);
    }

    #[test]
    fn signed_bytes_are_the_list_of_the_three() {
        let bytes = signed_bytes(&[1; CHALLENGE_LEN], &[2; CHALLENGE_LEN], &PeerId([3; 20]));
        assert_eq!(bytes.len(), 1 + 5 + 1024 + 5 + 1024 + 3 + 20 + 1);
        assert!(
            bytes.starts_with(b"l1024:\x01")
                && bytes
                    .ends_with(b"20:\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03e")
        );
    }

    #[test]
    fn hello_covers_each_byte_of_both_handshakes() {
        let (dialler, acceptor) = ([1; HANDSHAKE_LEN], [2; HANDSHAKE_LEN]);
        let hello = Hello::over(&dialler, &acceptor);
        assert_eq!(Hello::decode(&hello.encode().body), Ok(hello));
        assert_ne!(Hello::over(&acceptor, &dialler), hello);
        for at in 0..HANDSHAKE_LEN {
            let mut changed = dialler;
            changed[at] ^= 1;
            assert_ne!(Hello::over(&changed, &acceptor), hello);
            changed = acceptor;
            changed[at] ^= 1;
            assert_ne!(Hello::over(&dialler, &changed), hello);
        }
        assert_eq!(Hello::decode(&[0; 31]).unwrap_err().to_string(), "HELLO: 31 bytes, not 32");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..193_usize, flip in 1..=255_u8) {
            let _ = (Challenge::decode(&bytes), Response1::decode(&bytes), Response2::decode(&bytes), Hello::decode(&bytes));
            let mut near = response2().encode().body.to_vec();
            near[at] ^= flip;
            if let Ok(read) = Response2::decode(&near) {
                prop_assert_ne!(read, response2());
            }
        }
    }
}

//! DIALBACK: the test whether a peer can be reached from outside (protocol.md §2). Whoever is sent
//! DIALBACK_REQUEST, which is empty, opens a connection of its own to where the asker listens, with
//! the infohash of the return swarm, and sends DIALBACK_REPLY there: the address it dialled, as a
//! bencoded string. Nothing on such a connection is authenticated.

use std::net::IpAddr;

use bytes::Bytes;

use super::bencode;
use super::frame::{Frame, FrameId};

/// Why a DIALBACK_REPLY is not read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialbackError {
    /// Another message: a return connection carries nothing else.
    #[error("{0} on a return connection")]
    Message(FrameId),
    /// Not a bencoded string that is an address.
    #[error("DIALBACK_REPLY holds no address")]
    NoAddress,
}

/// Asks for a return connection.
#[must_use]
pub fn request() -> Frame {
    Frame { id: FrameId::DIALBACK_REQUEST, body: Bytes::new() }
}

/// Tells whom we dialled at which address.
#[must_use]
pub fn reply(address: IpAddr) -> Frame {
    let mut body = Vec::new();
    bencode::encode_bytes(address.to_string().as_bytes(), &mut body);
    Frame { id: FrameId::DIALBACK_REPLY, body: body.into() }
}

/// The address at which somebody says to have dialled us.
///
/// # Errors
/// It is another message, or holds no address.
pub fn read_reply(frame: &Frame) -> Result<IpAddr, DialbackError> {
    if frame.id != FrameId::DIALBACK_REPLY {
        return Err(DialbackError::Message(frame.id));
    }
    let value = bencode::decode_message(&frame.body).map_err(|_| DialbackError::NoAddress)?;
    let text = value.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.and_then(|text| text.parse().ok()).ok_or(DialbackError::NoAddress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_the_bencoded_address() {
        let frame = reply([192, 0, 2, 7].into());
        assert_eq!(&frame.encode()[..], b"\0\0\0\x0c\xf39:192.0.2.7");
        assert_eq!(read_reply(&frame), Ok([192, 0, 2, 7].into()));
        assert_eq!(&request().encode()[..], b"\0\0\0\x01\xf4");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let frame = |body: &'static [u8]| Frame {
            id: FrameId::DIALBACK_REPLY,
            body: Bytes::from_static(body),
        };
        for body in [&b""[..], b"9:192.0.2.", b"3:abc", b"i4e", b"9:192.0.2.7x", b"2:\xff\xff"] {
            assert_eq!(read_reply(&frame(body)), Err(DialbackError::NoAddress), "{body:?}");
        }
        assert!(matches!(read_reply(&request()), Err(DialbackError::Message(_))));
    }
}

//! What the messages of NATTRAVERSAL carry (protocol.md §5): `request_id:host:port` and
//! `request_id:YES`, as bencoded strings.

use std::fmt;

use swarmscope_wire::bencode::{self, Value};

/// The original's request ids have 24 characters.
const MAX_ID: usize = 64;
/// The longest host name of the DNS.
const MAX_HOST: usize = 253;

/// A Crawler's request: where to meet the other peer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Invitation {
    /// The Crawler's name for the pair; without colons.
    pub request_id: String,
    /// An address or a name, as the peer is to reach it; an IPv6 address without brackets.
    pub host: String,
    /// Where the rendezvous listens.
    pub port: u16,
}

/// What became of a try, and what the peer replies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Traversed {
    /// The other peer was heard.
    Yes,
    /// It was not.
    No,
    /// The rendezvous did not answer.
    Error,
}

/// Why a payload is not one of NATTRAVERSAL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// It is no bencoded string.
    #[error("not a bencoded string")]
    Bencode,
    /// It has not the form that §5 says.
    #[error(
        "not `request_id:host:port`: the id has 1 to {MAX_ID} printable characters, the host at most {MAX_HOST}"
    )]
    Form,
    /// Its port is none.
    #[error("no port between 1 and 65535")]
    Port,
    /// Its outcome is none of YES, NO and ERR.
    #[error("not `request_id:YES`, `:NO` or `:ERR`")]
    Outcome,
}

impl Invitation {
    /// Reads a request's payload. The host may hold colons, so the last one begins the port.
    ///
    /// # Errors
    /// What is not of that form.
    pub fn decode(payload: &[u8]) -> Result<Self, InvitationError> {
        let text = string(payload)?;
        let (request_id, place) = text.split_once(':').ok_or(InvitationError::Form)?;
        let (host, port) = place.rsplit_once(':').ok_or(InvitationError::Form)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let whole =
            (1..=MAX_ID).contains(&request_id.len()) && (1..=MAX_HOST).contains(&host.len());
        if !whole
            || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte))
        {
            return Err(InvitationError::Form);
        }
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(InvitationError::Port)?;
        Ok(Self { request_id: request_id.into(), host: host.into(), port })
    }

    /// The request's payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let Self { request_id, host, port } = self;
        Value::from(&*format!("{request_id}:{host}:{port}")).encode()
    }

    /// The reply's payload.
    #[must_use]
    pub fn reply(&self, traversed: Traversed) -> Vec<u8> {
        Value::from(&*format!("{}:{traversed}", self.request_id)).encode()
    }
}

impl Traversed {
    /// Reads a reply's payload: the request id, and what became of it.
    ///
    /// # Errors
    /// What is not of that form.
    pub fn decode(payload: &[u8]) -> Result<(String, Self), InvitationError> {
        let text = string(payload)?;
        let (request_id, outcome) = text.split_once(':').ok_or(InvitationError::Form)?;
        if !(1..=MAX_ID).contains(&request_id.len()) {
            return Err(InvitationError::Form);
        }
        let outcome = match outcome {
            "YES" => Self::Yes,
            "NO" => Self::No,
            "ERR" => Self::Error,
            _ => return Err(InvitationError::Outcome),
        };
        Ok((request_id.into(), outcome))
    }
}

impl fmt::Display for Traversed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "YES",
            Self::No => "NO",
            Self::Error => "ERR",
        })
    }
}

/// A bencoded string of printable ASCII.
fn string(payload: &[u8]) -> Result<String, InvitationError> {
    let value = bencode::decode(payload).map_err(|_| InvitationError::Bencode)?;
    let bytes = value.as_bytes().ok_or(InvitationError::Bencode)?;
    let text = std::str::from_utf8(bytes).map_err(|_| InvitationError::Form)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(InvitationError::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn invitation(host: &str) -> Invitation {
        Invitation { request_id: "eee6EzwVLiJXT85BnTOp501".into(), host: host.into(), port: 3856 }
    }

    #[test]
    fn the_original_s_request_and_reply_read() {
        let request = b"38:eee6EzwVLiJXT85BnTOp501:127.0.0.1:3856";
        assert_eq!(Invitation::decode(request), Ok(invitation("127.0.0.1")));
        assert_eq!(invitation("127.0.0.1").encode(), request);
        let reply = b"27:eee6EzwVLiJXT85BnTOp501:YES";
        assert_eq!(
            Traversed::decode(reply),
            Ok(("eee6EzwVLiJXT85BnTOp501".into(), Traversed::Yes))
        );
        assert_eq!(invitation("x").reply(Traversed::Yes), reply);
    }

    #[test]
    fn ipv6_hosts_read_with_and_without_brackets() {
        assert_eq!(
            Invitation::decode(&invitation("2001:db8::1").encode()),
            Ok(invitation("2001:db8::1"))
        );
        assert_eq!(
            Invitation::decode(&invitation("[2001:db8::1]").encode()),
            Ok(invitation("2001:db8::1"))
        );
    }

    #[test]
    fn malformed_payloads_are_refused() {
        let cases: [(&[u8], InvitationError); 8] = [
            (b"", InvitationError::Bencode),
            (b"i1e", InvitationError::Bencode),
            (b"2:ab", InvitationError::Form),
            (b"5:ab:1", InvitationError::Bencode),
            (b"6::h:123", InvitationError::Form),
            (b"6:a:h:0x", InvitationError::Port),
            (b"5:a:h:0", InvitationError::Port),
            (b"7:a:h h:1", InvitationError::Form),
        ];
        for (payload, error) in cases {
            assert_eq!(Invitation::decode(payload), Err(error), "{payload:?}");
        }
        assert_eq!(Traversed::decode(b"7:a:MAYBE"), Err(InvitationError::Outcome));
        let long = Invitation { host: "h".repeat(254), ..invitation("") };
        assert_eq!(Invitation::decode(&long.encode()), Err(InvitationError::Form));
    }

    proptest! {
        #[test]
        fn invitations_round_trip(request_id in "[0-9A-Za-z]{1,64}", host in "[0-9a-z.-]{1,253}", port in 1u16..) {
            let invitation = Invitation { request_id: request_id.clone(), host, port };
            prop_assert_eq!(Invitation::decode(&invitation.encode()), Ok(invitation.clone()));
            for outcome in [Traversed::Yes, Traversed::No, Traversed::Error] {
                prop_assert_eq!(Traversed::decode(&invitation.reply(outcome)), Ok((request_id.clone(), outcome)));
            }
        }
    }
}

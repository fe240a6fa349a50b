//! NATCHECK (protocol.md §5, id 3): what stands between a peer and the internet.
//!
//! The request is empty; the reply is a bencoded list of seven fields. Without servers to measure against a peer knows its own
//! side only: it answers its internal address and port, and for the rest as the original does offline: `Unknown`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;

use crate::crawler::probe::{Answering, ReplyDecodeError};
use crate::crawler::{Answer, Asked, PeerView, Probe};
use crate::wire::bencode::{self, Value};
use crate::wire::text;
use crate::wire::tree::Node;
use crate::wire::{Decoded, MessageId, OverlayVersion};

/// The fields of a reply, and the keys of their JSON form.
const FIELDS: [(&str, &str); 7] = [
    ("type", "type"),
    ("code", "code"),
    ("udp timeout", "udp_timeout"),
    ("external ip", "external_ip"),
    ("port", "external_port"),
    ("internal ip", "internal_ip"),
    ("port", "internal_port"),
];
/// The fields that are text; the others are numbers.
const TEXTS: [usize; 3] = [0, 3, 5];
/// The longest text of a reply that is shown: the longest type is `Port Restricted Cone Firewall`.
const MAX_TEXT_CHARS: usize = 64;

/// Both sides of NATCHECK.
pub struct NatCheck;

impl Probe for NatCheck {
    fn id(&self) -> MessageId {
        MessageId::NATCHECK
    }

    fn name(&self) -> &'static str {
        "NATCHECK"
    }

    fn doc(&self) -> &'static str {
        "the peer's NAT type, UDP mapping timeout and addresses; an original behind a NAT measures for minutes"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(9)
    }

    fn takes_payload(&self) -> bool {
        false
    }

    /// The original tries mapping times of up to 145 s.
    fn timeout(&self) -> Duration {
        Duration::from_secs(200)
    }

    fn initiate(&self, _to: OverlayVersion) -> Bytes {
        Bytes::new()
    }

    fn answer<'a>(&'a self, _asked: Asked, peer: &'a PeerView) -> Answering<'a> {
        let internal = peer.listening.map(|listening| SocketAddr::new(internal_ip(listening.ip()), listening.port()));
        Box::pin(std::future::ready(Answer::success(unknown(internal))))
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let parsed = bencode::decode_spanned(payload).map_err(|error| ReplyDecodeError(format!("bencode: {error}")))?;
        let fields = parsed.value.as_list().ok_or_else(|| ReplyDecodeError("not a list".into()))?;
        if fields.len() != FIELDS.len() {
            return Err(ReplyDecodeError(format!("a list of {} instead of {} fields", fields.len(), FIELDS.len())));
        }
        let mut tree = Node { value: text::count(fields.len(), "field", "fields"), ..Node::default() };
        tree.span = parsed.spans.first().cloned();
        let mut json = serde_json::Map::new();
        // the fields are scalars, so that each has one span, behind that of the list
        for (index, (field, span)) in fields.iter().zip(&parsed.spans[1..]).enumerate() {
            let (label, key) = FIELDS[index];
            let value = match field {
                Value::Bytes(bytes) if TEXTS.contains(&index) => Some(text::clip(bytes, MAX_TEXT_CHARS).into()),
                Value::Int(number) if !TEXTS.contains(&index) => number.small().map(serde_json::Value::from),
                _ => None,
            }
            .ok_or_else(|| ReplyDecodeError(format!("field {index} ({label}) is not what it should be")))?;
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            tree.children.push(Node::leaf(label, shown, Some(span.clone())));
            json.insert(key.into(), value);
        }
        let summary = format!("{}, {}", tree.children[0].value, tree.value);
        Ok(Decoded { format: "bencode".into(), summary, tree, json: json.into(), findings: Vec::new() })
    }
}

/// The reply of a peer that couldn't ask anybody: type Unknown, code −1, nothing measured, no external address.
fn unknown(internal: Option<SocketAddr>) -> Vec<u8> {
    let internal = internal.unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into());
    let nowhere = Ipv4Addr::UNSPECIFIED.to_string();
    Value::from(vec![
        Value::from("Unknown"),
        Value::from(-1),
        Value::from(0),
        Value::from(&*nowhere),
        Value::from(0),
        Value::from(&*internal.ip().to_string()),
        Value::from(i64::from(internal.port())),
    ])
    .encode()
}

/// The address by which this machine reaches others: the one it listens on, or, where that is all of them, the one that the
/// routing table gives for a destination outside. Nothing is sent.
#[allow(clippy::disallowed_methods)] // a socket that only asks the routing table
fn internal_ip(listening: IpAddr) -> IpAddr {
    if !listening.is_unspecified() {
        return listening;
    }
    let outside: IpAddr = match listening {
        IpAddr::V4(_) => [192, 0, 2, 1].into(), // addresses for documentation (RFC 5737, RFC 3849)
        IpAddr::V6(_) => [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
    };
    let route = || {
        let socket = UdpSocket::bind((listening, 0))?;
        socket.connect((outside, 9))?;
        socket.local_addr()
    };
    route().map_or(listening, |address| address.ip())
}

#[cfg(test)]
mod tests;

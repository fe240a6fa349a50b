//! NATCHECK (protocol.md §5, id 3): what stands between a peer and the internet.
//!
//! The request is empty, or, ours, the word `lifetime`: then the lifetime of the mapping is
//! measured too, by the original's ladder of 25 to 145 s, which takes up to three minutes more (the
//! original measures it each time, and ignores the word). The reply is a bencoded list of seven
//! fields, and of an eighth to Crawlers of version 18: each property that was measured, with its
//! confidence and age. One test is shared by all who ask. Without servers to measure against a peer
//! knows its own side only: it answers its internal address and port, and for the rest as the
//! original does offline: `Unknown`.

mod details;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::nat::{NatError, NatReport, NatTester};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question};
use swarmscope_wire::bencode::{self, Value};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::text;
use swarmscope_wire::tree::{self, Node};
use swarmscope_wire::{Decoded, MessageId, OverlayVersion};

/// The fields of every reply, and the keys of their JSON form.
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

/// The payload that asks for the mapping's lifetime, too.
const LIFETIME: &[u8] = b"lifetime";
/// The key of the eighth field's JSON form.
const MEASURED: &str = "measured";

/// Both sides of NATCHECK.
pub struct NatCheck {
    nat: NatTester,
}

impl NatCheck {
    /// A peer answers what `nat` measures.
    #[must_use]
    pub const fn new(nat: NatTester) -> Self {
        Self { nat }
    }

    /// The payload of a reply to a Crawler of this version. With `lifetime` the mapping's lifetime
    /// is measured too; `own` is where this peer listens.
    pub async fn reply(
        &self,
        lifetime: bool,
        version: OverlayVersion,
        own: Option<SocketAddr>,
    ) -> Bytes {
        let (mut elements, details) = match self.nat.report(lifetime).await {
            Ok(report) => measured(report, own),
            Err(NatError::NoServers) => (unknown(own), None),
            Err(error) => {
                tracing::warn!("the NAT test could not be run: {error}");
                (unknown(own), Some(error.details()))
            }
        };
        elements.extend(details.filter(|_| version.is_encrypted()));
        Value::from(elements).encode().into()
    }
}

impl Question for NatCheck {
    fn id(&self) -> MessageId {
        MessageId::NATCHECK
    }

    fn name(&self) -> &'static str {
        "NATCHECK"
    }

    fn doc(&self) -> &'static str {
        "the peer's NAT type, UDP mapping timeout and addresses; an original behind a NAT measures \
         for minutes"
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

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let parsed = bencode::decode_spanned(payload)
            .map_err(|error| ReplyDecodeError(format!("bencode: {error}")))?;
        let fields = parsed.value.as_list().ok_or_else(|| ReplyDecodeError("not a list".into()))?;
        if !(FIELDS.len()..=FIELDS.len() + 1).contains(&fields.len()) {
            return Err(ReplyDecodeError(format!(
                "a list of {} instead of 7 or 8 fields",
                fields.len()
            )));
        }
        let mut notes = Vec::new();
        let mut tree = tree::build(parsed.source(), &mut notes);
        tree.value = text::count(fields.len(), "field", "fields");
        let mut json = serde_json::Map::new();
        for (index, (field, node)) in fields.iter().zip(&mut tree.children).enumerate() {
            let Some((label, key)) = FIELDS.get(index) else {
                json.insert(MEASURED.into(), details::decode(field, node)?);
                continue;
            };
            let value = match field {
                Value::Bytes(bytes) if TEXTS.contains(&index) => {
                    Some(text::clip(bytes, MAX_TEXT_CHARS).into())
                }
                Value::Int(number) if !TEXTS.contains(&index) => {
                    number.small().map(serde_json::Value::from)
                }
                _ => None,
            }
            .ok_or_else(|| {
                ReplyDecodeError(format!("field {index} ({label}) has unexpected content"))
            })?;
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            *node = Node::leaf(*label, shown, node.span.take());
            json.insert((*key).into(), value);
        }
        let summary = format!("{}, {}", tree.children[0].value, tree.value);
        Ok(Decoded { format: "bencode".into(), summary, tree, json: json.into(), notes })
    }

    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("kind", ColumnKind::Text).from("type"),
            Column::new("code", ColumnKind::Int),
            Column::new("udp_timeout", ColumnKind::Int),
            Column::new("external_ip", ColumnKind::Text).sensitive().volatile(),
            Column::new("translated", ColumnKind::Int).from("measured.translated"),
        ])
    }

    fn volatile(&self) -> &[&str] {
        &["external_ip", "external_port", "internal_ip", "internal_port", MEASURED]
    }
}

impl Probe for NatCheck {
    fn longest_payload(&self) -> usize {
        64
    }

    async fn answer(&self, asked: Asked, peer: &PeerView) -> Answer {
        let own = peer
            .listening
            .map(|listening| SocketAddr::new(internal_ip(listening.ip()), listening.port()));
        Answer::success(self.reply(asked.payload == LIFETIME, asked.version, own).await)
    }
}

/// The seven elements, and the eighth. A blocked test has no address of its own: then it is the
/// listening one.
fn measured(mut report: NatReport, own: Option<SocketAddr>) -> (Vec<Value>, Option<Value>) {
    report.internal = report.internal.or(own);
    (report.elements().to_vec(), Some(report.details(now())))
}

/// The reply of a peer that couldn't ask anybody: type Unknown, code −1, nothing measured, no
/// external address.
fn unknown(internal: Option<SocketAddr>) -> Vec<Value> {
    let internal = internal.unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into());
    let nowhere = Ipv4Addr::UNSPECIFIED.to_string();
    vec![
        Value::from("Unknown"),
        Value::from(-1),
        Value::from(0),
        Value::from(&*nowhere),
        Value::from(0),
        Value::from(&*internal.ip().to_string()),
        Value::from(i64::from(internal.port())),
    ]
}

#[allow(clippy::disallowed_methods)] // the age of a result, when it is given
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The address by which this machine reaches others: the one it listens on, or, where that is all
/// of them, the one that the routing table gives for a destination outside. Nothing is sent.
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

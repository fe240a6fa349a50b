//! The extension handshake (BEP 10): what a client calls itself and what it can do.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bencode::{self, BencodeError, Deviation, Value};

/// The id of the extension handshake itself.
pub const HANDSHAKE_ID: u8 = 0;
/// How many names of extensions are kept; real clients have fewer than ten.
const MAX_EXTENSIONS: usize = 64;

/// One extension handshake. Texts are the peer's own and not cleaned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExtensionHandshake {
    /// `v`: the client's name and version.
    pub client: Option<Vec<u8>>,
    /// `m`: names of extensions and the ids by which the sender wants them called; 0 = off.
    pub extensions: Vec<(Vec<u8>, u8)>,
    /// `reqq`: how many requests it queues.
    pub request_queue: Option<i64>,
    /// `p`: the port on which it listens.
    pub port: Option<u16>,
    /// `yourip`: our address as it sees it.
    pub your_ip: Option<IpAddr>,
    /// `metadata_size`: bytes of the torrent's description. For the screen, never stored.
    pub metadata_size: Option<i64>,
    /// `e`: it prefers encryption.
    pub prefers_encryption: Option<bool>,
    /// `upload_only` (BEP 21).
    pub upload_only: Option<bool>,
    /// How its encoding differs from the only valid one.
    pub deviations: Vec<Deviation>,
}

/// Why a payload is no extension handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// It is not bencoded.
    #[error("{0}")]
    Bencode(#[from] BencodeError),
    /// Not a dict.
    #[error("not a dict")]
    NotADict,
}

impl ExtensionHandshake {
    /// The id by which the sender wants `name` called; none where it lacks it or has turned it off.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<u8> {
        let found = self.extensions.iter().find(|(known, _)| known == name.as_bytes());
        found.map(|(_, id)| *id).filter(|id| *id != 0)
    }

    /// Reads the payload of extension message 0. Fields of another type than theirs count as
    /// absent.
    ///
    /// # Errors
    /// What makes it none.
    pub fn decode(payload: &[u8]) -> Result<Self, ExtensionError> {
        let parsed = bencode::decode_lenient(payload)?;
        let dict = &parsed.value;
        dict.as_dict().ok_or(ExtensionError::NotADict)?;
        let number = |key| dict.get(key).and_then(Value::as_int);
        let bytes = |key| dict.get(key).and_then(Value::as_bytes);
        let named = dict.get("m").and_then(Value::as_dict).unwrap_or_default();
        let id = |value: &Value| value.as_int().and_then(|id| u8::try_from(id).ok());
        let extensions = named.iter().filter_map(|(name, value)| Some((name.clone(), id(value)?)));
        Ok(Self {
            client: bytes("v").map(<[u8]>::to_vec),
            extensions: extensions.take(MAX_EXTENSIONS).collect(),
            request_queue: number("reqq"),
            port: number("p").and_then(|port| u16::try_from(port).ok()),
            your_ip: bytes("yourip").and_then(ip),
            metadata_size: number("metadata_size"),
            prefers_encryption: number("e").map(|flag| flag != 0),
            upload_only: number("upload_only").map(|flag| flag != 0),
            deviations: parsed.deviations,
        })
    }

    /// The payload of extension message 0.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|(name, id)| (name.clone(), Value::from(i64::from(*id))))
            .collect();
        extensions.sort_by(|(one, _), (other, _)| one.cmp(other));
        let flag = |flag: bool| Value::from(i64::from(flag));
        let your_ip = self.your_ip.map(|ip| match ip {
            IpAddr::V4(ip) => Value::from(&ip.octets()[..]),
            IpAddr::V6(ip) => Value::from(&ip.octets()[..]),
        });
        let fields = [
            ("e", self.prefers_encryption.map(flag)),
            ("m", Some(Value::Dict(extensions))),
            ("metadata_size", self.metadata_size.map(Value::from)),
            ("p", self.port.map(|port| Value::from(i64::from(port)))),
            ("reqq", self.request_queue.map(Value::from)),
            ("upload_only", self.upload_only.map(flag)),
            ("v", self.client.as_ref().map(|client| Value::from(&client[..]))),
            ("yourip", your_ip),
        ];
        Value::dict(fields.into_iter().filter_map(|(key, value)| Some((key, value?)))).encode()
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into()),
        16 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()),
        _ => None,
    }
}

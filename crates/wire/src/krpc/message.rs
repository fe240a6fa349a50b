//! One datagram: a query, a response or an error, and what stands around it.

use std::net::SocketAddr;

use super::query::Query;
use super::response::Response;
use super::short::Short;
use super::{canonical, compact};
use crate::bencode::{self, BencodeError, Deviation, Value, encode_bytes};

/// The longest datagram that is read, in bytes. Clients keep theirs below 1 500; this leaves room
/// for fragments and refuses what nobody sends.
pub const MAX_DATAGRAM: usize = 4096;
/// What tells the answers to several queries apart: the asker picks it, the answer repeats it. Ours
/// have 4 bytes, most have 2; more than 32 are refused.
pub type Transaction = Short;
/// What a node calls itself: documented ones have 4 bytes; more than 32 are not kept.
pub type Version = Short;

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Which query this is, or answers.
    pub transaction: Transaction,
    /// What it says.
    pub body: Body,
    /// `v`: two letters of the client and its version, by convention.
    pub version: Option<Version>,
    /// `ip`: the receiver's address as the sender sees it (BEP 42).
    pub ip: Option<SocketAddr>,
    /// `ro`: the sender answers no queries and belongs in no routing table (BEP 43).
    pub read_only: bool,
    /// How its encoding differs from the only valid one.
    pub deviations: Vec<Deviation>,
}

/// What a message says.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// `q`
    Query(Query),
    /// `r`
    Response(Response),
    /// `e`
    Error(RemoteError),
}

/// The refusal of a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteError {
    /// 201 generic, 202 server, 203 protocol, 204 method unknown (BEP 5); others are possible.
    pub code: i64,
    /// The node's own words, as they came: not cleaned.
    pub message: Vec<u8>,
}

impl RemoteError {
    /// The name that BEP 5 and BEP 44 give its code.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            201 => "generic error",
            202 => "server error",
            203 => "protocol error",
            204 => "method unknown",
            205 => "message too big",
            206 => "invalid signature",
            207 => "salt too big",
            301 => "compare-and-swap mismatch",
            302 => "sequence number too small",
            _ => return None,
        })
    }
}

/// Why a datagram is no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KrpcError {
    /// Some bytes, more than the [`MAX_DATAGRAM`] of the largest message.
    #[error("{0} bytes, more than the {MAX_DATAGRAM} of the largest message")]
    TooLarge(usize),
    /// It is not bencoded.
    #[error("{0}")]
    Bencode(#[from] BencodeError),
    /// Not a dict.
    #[error("not a dict")]
    NotADict,
    /// No transaction id of at most 32 bytes.
    #[error("no transaction id of at most {} bytes", Short::MAX)]
    Transaction,
    /// No kind that is q, r or e.
    #[error("no kind that is q, r or e")]
    Kind,
    /// A query without a name or without the asker's id.
    #[error("a query without a name or without the asker's id")]
    Query,
    /// A response without the node's id.
    #[error("a response without the node's id")]
    Response,
    /// An error that is not a list of a code and a text.
    #[error("an error that is not a list of a code and a text")]
    Error,
}

impl KrpcError {
    /// Whether the sender spoke KRPC at all, however wrong: false for bytes of something else.
    #[must_use]
    pub const fn is_krpc(self) -> bool {
        matches!(self, Self::Query | Self::Response | Self::Error)
    }
}

impl Message {
    /// A message without anything optional.
    #[must_use]
    pub const fn new(transaction: Transaction, body: Body) -> Self {
        Self {
            transaction,
            body,
            version: None,
            ip: None,
            read_only: false,
            deviations: Vec::new(),
        }
    }

    /// Reads one datagram. Keys in any order, twice, or followed by other bytes are accepted and
    /// noted: real nodes send them.
    ///
    /// # Errors
    /// What makes it no message.
    pub fn decode(datagram: &[u8]) -> Result<Self, KrpcError> {
        if datagram.len() > MAX_DATAGRAM {
            return Err(KrpcError::TooLarge(datagram.len()));
        }
        canonical::answer(datagram).map_or_else(|| Self::decode_any(datagram), Ok)
    }

    /// The general reader, of messages in any order and with any deviation: what [`Self::decode`]
    /// gives, more slowly and without the limit of size. Public only to be compared with.
    ///
    /// # Errors
    /// What makes it no message.
    #[doc(hidden)]
    pub fn decode_any(datagram: &[u8]) -> Result<Self, KrpcError> {
        let parsed = bencode::decode_lenient(datagram)?;
        let message = &parsed.value;
        message.as_dict().ok_or(KrpcError::NotADict)?;
        let bytes = |key| message.get(key).and_then(Value::as_bytes);
        let transaction = bytes("t").and_then(Transaction::new).ok_or(KrpcError::Transaction)?;
        let body = match bytes("y") {
            Some(b"q") => read_query(message).map(Body::Query).ok_or(KrpcError::Query)?,
            Some(b"r") => message
                .get("r")
                .and_then(Response::read)
                .map(Body::Response)
                .ok_or(KrpcError::Response)?,
            Some(b"e") => {
                message.get("e").and_then(read_error).map(Body::Error).ok_or(KrpcError::Error)?
            }
            _ => return Err(KrpcError::Kind),
        };
        Ok(Self {
            transaction,
            body,
            version: bytes("v").and_then(Version::new),
            ip: bytes("ip").and_then(compact::address),
            read_only: message.get("ro").and_then(Value::as_int) == Some(1),
            deviations: parsed.deviations,
        })
    }

    /// The datagram.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_to(&mut out);
        out
    }

    /// Appends the datagram to `out`, its keys in order.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(b'd');
        match &self.body {
            Body::Query(query) => {
                out.extend_from_slice(b"1:a");
                query.write(out);
            }
            Body::Error(error) => {
                out.extend_from_slice(b"1:e");
                let list = vec![Value::from(error.code), Value::from(&error.message[..])];
                Value::List(list).encode_to(out);
            }
            Body::Response(_) => {}
        }
        if let Some(ip) = self.ip {
            let mut bytes = Vec::with_capacity(compact::V6_LEN);
            compact::write_address(ip, &mut bytes);
            out.extend_from_slice(b"2:ip");
            encode_bytes(&bytes, out);
        }
        match &self.body {
            Body::Query(query) => {
                out.extend_from_slice(b"1:q");
                encode_bytes(query.question.name(), out);
            }
            Body::Response(response) => {
                out.extend_from_slice(b"1:r");
                response.fields().encode_to(out);
            }
            Body::Error(_) => {}
        }
        if self.read_only {
            out.extend_from_slice(b"2:roi1e");
        }
        out.extend_from_slice(b"1:t");
        encode_bytes(&self.transaction, out);
        if let Some(version) = &self.version {
            out.extend_from_slice(b"1:v");
            encode_bytes(version, out);
        }
        out.extend_from_slice(match &self.body {
            Body::Query(_) => b"1:y1:qe",
            Body::Response(_) => b"1:y1:re",
            Body::Error(_) => b"1:y1:ee",
        });
    }
}

fn read_query(message: &Value) -> Option<Query> {
    Query::read(message.get("q")?.as_bytes()?, message.get("a")?)
}

fn read_error(list: &Value) -> Option<RemoteError> {
    let [code, message, ..] = list.as_list()? else { return None };
    Some(RemoteError { code: code.as_int()?, message: message.as_bytes()?.to_vec() })
}

//! What one node asks another.

use super::node_id::{NodeId, Target};
use crate::bencode::{Value, encode_bytes};

/// Which families of contacts an answer should hold (BEP 32); none asks for the socket's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Want {
    /// `n4`
    pub v4: bool,
    /// `n6`
    pub v6: bool,
}

/// A query: who asks, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// The asker's id.
    pub id: NodeId,
    /// What is asked.
    pub question: Question,
}

/// The questions of the DHT.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// BEP 5 `ping`
    Ping,
    /// BEP 5 `find_node`
    FindNode {
        /// Whose neighbourhood is asked for.
        target: Target,
        /// Families of contacts.
        want: Want,
    },
    /// BEP 5 `get_peers`; with `scrape`, BEP 33
    GetPeers {
        /// Whose peers are asked for.
        infohash: Target,
        /// Families of contacts.
        want: Want,
        /// Whether filters of BEP 33 are asked for.
        scrape: bool,
    },
    /// BEP 5 `announce_peer`; ours is only ever the operator's own rendezvous key
    AnnouncePeer {
        /// What it is announced under.
        infohash: Target,
        /// What the node gave with its answer to `get_peers`.
        token: Vec<u8>,
        /// Where the peer listens.
        port: u16,
        /// Whether the query's own source port counts instead.
        implied_port: bool,
    },
    /// BEP 51 `sample_infohashes`
    SampleInfohashes {
        /// Whose neighbourhood is asked for as well.
        target: Target,
        /// Families of contacts.
        want: Want,
    },
    /// Any other name.
    Other(Vec<u8>),
}

impl Question {
    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Ping => b"ping",
            Self::FindNode { .. } => b"find_node",
            Self::GetPeers { .. } => b"get_peers",
            Self::AnnouncePeer { .. } => b"announce_peer",
            Self::SampleInfohashes { .. } => b"sample_infohashes",
            Self::Other(name) => name,
        }
    }

    /// The point of the id space that it is about, where it is about one.
    #[must_use]
    pub const fn target(&self) -> Option<Target> {
        match self {
            Self::FindNode { target, .. } | Self::SampleInfohashes { target, .. } => Some(*target),
            Self::GetPeers { infohash, .. } | Self::AnnouncePeer { infohash, .. } => {
                Some(*infohash)
            }
            Self::Ping | Self::Other(_) => None,
        }
    }

    /// What `name` and its arguments ask. A known name whose arguments are missing or misshapen is
    /// [`Self::Other`].
    fn read(name: &[u8], arguments: &Value) -> Self {
        let want = Want::read(arguments);
        let target =
            |key| arguments.get(key).and_then(Value::as_bytes)?.try_into().ok().map(Target);
        let known = match name {
            b"ping" => Some(Self::Ping),
            b"find_node" => target("target").map(|target| Self::FindNode { target, want }),
            b"sample_infohashes" => {
                target("target").map(|target| Self::SampleInfohashes { target, want })
            }
            b"get_peers" => target("info_hash").map(|infohash| {
                let scrape = arguments.get("scrape").and_then(Value::as_int) == Some(1);
                Self::GetPeers { infohash, want, scrape }
            }),
            b"announce_peer" => target("info_hash").and_then(|infohash| {
                let token = arguments.get("token")?.as_bytes()?.to_vec();
                let port = arguments.get("port").and_then(Value::as_int);
                let port = u16::try_from(port.unwrap_or(0)).ok()?;
                let implied_port = arguments.get("implied_port").and_then(Value::as_int) == Some(1);
                Some(Self::AnnouncePeer { infohash, token, port, implied_port })
            }),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other(name.to_vec()))
    }
}

impl Query {
    /// Appends the `a` dict, its keys in order.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let text = |key: &[u8], value: &[u8], out: &mut Vec<u8>| {
            encode_bytes(key, out);
            encode_bytes(value, out);
        };
        out.push(b'd');
        text(b"id", &self.id.0, out);
        match &self.question {
            Question::Ping | Question::Other(_) => {}
            Question::FindNode { target, want } | Question::SampleInfohashes { target, want } => {
                text(b"target", &target.0, out);
                want.write(out);
            }
            Question::GetPeers { infohash, want, scrape } => {
                text(b"info_hash", &infohash.0, out);
                out.extend_from_slice(if *scrape { b"6:scrapei1e" } else { b"" });
                want.write(out);
            }
            Question::AnnouncePeer { infohash, token, port, implied_port } => {
                let implied: &[u8] = if *implied_port { b"i1e" } else { b"i0e" };
                out.extend_from_slice(&[b"12:implied_port", implied].concat());
                text(b"info_hash", &infohash.0, out);
                out.extend_from_slice(b"4:port");
                Value::from(i64::from(*port)).encode_to(out);
                text(b"token", token, out);
            }
        }
        out.push(b'e');
    }

    /// Reads the `a` dict of the query `name`; none without an id of 20 bytes.
    #[must_use]
    pub fn read(name: &[u8], arguments: &Value) -> Option<Self> {
        let id = NodeId(arguments.get("id")?.as_bytes()?.try_into().ok()?);
        Some(Self { id, question: Question::read(name, arguments) })
    }
}

impl Want {
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(match (self.v4, self.v6) {
            (false, false) => b"",
            (true, false) => b"4:wantl2:n4e",
            (false, true) => b"4:wantl2:n6e",
            (true, true) => b"4:wantl2:n42:n6e",
        });
    }

    fn read(arguments: &Value) -> Self {
        let list = arguments.get("want").and_then(Value::as_list).unwrap_or_default();
        let holds = |name: &[u8]| list.iter().any(|value| value.as_bytes() == Some(name));
        Self { v4: holds(b"n4"), v6: holds(b"n6") }
    }
}

//! What one node asks another.

use super::node_id::{NodeId, Target};
use crate::bencode::Value;

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

    /// The arguments without the asker's id.
    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let bytes = |target: &Target| Value::from(&target.0[..]);
        match self {
            Self::Ping | Self::Other(_) => Vec::new(),
            Self::FindNode { target, want } | Self::SampleInfohashes { target, want } => {
                [("target", bytes(target))].into_iter().chain(want.value()).collect()
            }
            Self::GetPeers { infohash, want, scrape } => {
                let scrape = scrape.then(|| ("scrape", Value::from(1)));
                [("info_hash", bytes(infohash))]
                    .into_iter()
                    .chain(want.value())
                    .chain(scrape)
                    .collect()
            }
            Self::AnnouncePeer { infohash, token, port, implied_port } => vec![
                ("implied_port", Value::from(i64::from(*implied_port))),
                ("info_hash", bytes(infohash)),
                ("port", Value::from(i64::from(*port))),
                ("token", Value::from(&token[..])),
            ],
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
    /// The `a` dict.
    #[must_use]
    pub fn arguments(&self) -> Value {
        let id = [("id", Value::from(&self.id.0[..]))];
        Value::dict(id.into_iter().chain(self.question.arguments()))
    }

    /// Reads the `a` dict of the query `name`; none without an id of 20 bytes.
    #[must_use]
    pub fn read(name: &[u8], arguments: &Value) -> Option<Self> {
        let id = NodeId(arguments.get("id")?.as_bytes()?.try_into().ok()?);
        Some(Self { id, question: Question::read(name, arguments) })
    }
}

impl Want {
    fn value(self) -> Option<(&'static str, Value)> {
        let names = [(self.v4, "n4"), (self.v6, "n6")];
        let list: Vec<Value> = names
            .iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, name)| Value::from(*name))
            .collect();
        (!list.is_empty()).then_some(("want", Value::List(list)))
    }

    fn read(arguments: &Value) -> Self {
        let list = arguments.get("want").and_then(Value::as_list).unwrap_or_default();
        let holds = |name: &[u8]| list.iter().any(|value| value.as_bytes() == Some(name));
        Self { v4: holds(b"n4"), v6: holds(b"n6") }
    }
}

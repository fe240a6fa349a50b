//! What a node answers.

use std::net::SocketAddr;

use super::compact::{self, Contacts, V4_LEN, V6_LEN};
use super::filter::ScrapeFilter;
use super::node_id::NodeId;
use crate::bencode::Value;

/// The length of an infohash in a sample.
const INFOHASH_LEN: usize = 20;

/// Samples of infohashes (BEP 51): how many came. The infohashes themselves are dropped unread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Samples {
    /// Whole infohashes in the message.
    pub count: usize,
    /// Bytes after the last whole one: 0 in a sound message.
    pub trailing: usize,
}

impl Samples {
    pub(super) const fn count(bytes: &[u8]) -> Self {
        Self { count: bytes.len() / INFOHASH_LEN, trailing: bytes.len() % INFOHASH_LEN }
    }
}

/// The `r` dict of an answer: every field that some document defines, as far as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct Response {
    /// Who answers.
    pub id: NodeId,
    /// `nodes`: contacts on IPv4.
    pub nodes: Option<Contacts>,
    /// `nodes6`: contacts on IPv6 (BEP 32).
    pub nodes6: Option<Contacts>,
    /// `values`: peers of an infohash.
    pub values: Option<Vec<SocketAddr>>,
    /// Entries of `values` that are no addresses.
    pub misshapen_values: usize,
    /// `token`: what an announcement has to give back.
    pub token: Option<Vec<u8>>,
    /// `p`: our port as the node sees it.
    pub port: Option<u16>,
    /// `samples` (BEP 51).
    pub samples: Option<Samples>,
    /// `num`: how many infohashes the node holds (BEP 51).
    pub num: Option<i64>,
    /// `interval`: seconds until it answers samples again (BEP 51).
    pub interval: Option<i64>,
    /// `BFsd`: seeds (BEP 33).
    pub seeds: Option<Box<ScrapeFilter>>,
    /// `BFpe`: peers that are not seeds (BEP 33).
    pub peers: Option<Box<ScrapeFilter>>,
}

impl Response {
    /// An answer that says nothing but who gives it: that to a ping.
    #[must_use]
    pub const fn new(id: NodeId) -> Self {
        Self {
            id,
            nodes: None,
            nodes6: None,
            values: None,
            misshapen_values: 0,
            token: None,
            port: None,
            samples: None,
            num: None,
            interval: None,
            seeds: None,
            peers: None,
        }
    }

    /// All contacts, of both families.
    pub fn contacts(&self) -> impl Iterator<Item = &compact::Contact> {
        self.nodes.iter().chain(&self.nodes6).flat_map(|contacts| &contacts.list)
    }

    /// Reads the `r` dict; none without an id of 20 bytes. Fields of another type than theirs count
    /// as absent.
    #[must_use]
    pub fn read(fields: &Value) -> Option<Self> {
        let bytes = |key| fields.get(key).and_then(Value::as_bytes);
        let number = |key| fields.get(key).and_then(Value::as_int);
        let filter = |key| Some(Box::new(ScrapeFilter(bytes(key)?.try_into().ok()?)));
        let list = fields.get("values").and_then(Value::as_list);
        let values: Option<Vec<_>> = list.map(|list| {
            list.iter().filter_map(|value| compact::address(value.as_bytes()?)).collect()
        });
        Some(Self {
            id: NodeId(bytes("id")?.try_into().ok()?),
            nodes: bytes("nodes").map(|nodes| Contacts::read(nodes, V4_LEN)),
            nodes6: bytes("nodes6").map(|nodes| Contacts::read(nodes, V6_LEN)),
            misshapen_values: list.map_or(0, <[Value]>::len) - values.as_ref().map_or(0, Vec::len),
            values,
            token: bytes("token").map(<[u8]>::to_vec),
            port: number("p").and_then(|port| u16::try_from(port).ok()),
            samples: bytes("samples").map(Samples::count),
            num: number("num"),
            interval: number("interval"),
            seeds: filter("BFsd"),
            peers: filter("BFpe"),
        })
    }

    /// The `r` dict. Samples can't be given: they are not kept.
    #[must_use]
    pub fn fields(&self) -> Value {
        let contacts = |contacts: &Contacts| Value::Bytes(Contacts::write(&contacts.list));
        let peer = |address: &SocketAddr| {
            let mut bytes = Vec::with_capacity(V6_LEN);
            compact::write_address(*address, &mut bytes);
            Value::Bytes(bytes)
        };
        let filter = |filter: &ScrapeFilter| Value::from(&filter.0[..]);
        let fields = [
            ("BFpe", self.peers.as_deref().map(filter)),
            ("BFsd", self.seeds.as_deref().map(filter)),
            ("id", Some(Value::from(&self.id.0[..]))),
            ("interval", self.interval.map(Value::from)),
            ("nodes", self.nodes.as_ref().map(contacts)),
            ("nodes6", self.nodes6.as_ref().map(contacts)),
            ("num", self.num.map(Value::from)),
            ("p", self.port.map(|port| Value::from(i64::from(port)))),
            ("token", self.token.as_ref().map(|token| Value::from(&token[..]))),
            (
                "values",
                self.values.as_ref().map(|values| Value::List(values.iter().map(peer).collect())),
            ),
        ];
        Value::dict(fields.into_iter().filter_map(|(key, value)| Some((key, value?))))
    }
}

//! BUDDYCAST, the discovery message (protocol.md §7).

use std::net::IpAddr;

use super::bencode::{self, Value};
use super::frame::{Frame, FrameId};
use super::ids::OverlayVersion;
use super::permid::{Permid, PermidKind};

/// Bodies over this size are refused and close the connection (§7).
pub const MAX_LEN: usize = 10 * 1024;
/// The most peers in each of the two lists (§7).
pub const MAX_LISTED: usize = 10;

/// Whether a peer of this version tells one that does, or does not, listen whom it knows: an
/// original takes a message that says port 0 for none (protocol.md §7).
#[must_use]
pub const fn is_told(version: OverlayVersion, listens: bool) -> bool {
    version.is_encrypted() || listens
}

/// The first versions whose messages have these keys (§7).
const CONNECTABLE: OverlayVersion = OverlayVersion(3);
const COLLECTED_TORRENTS: OverlayVersion = OverlayVersion(4);
const COUNTS: OverlayVersion = OverlayVersion(6);
/// The first version whose collected torrents are lists of five instead of bare infohashes.
const TORRENTS_AS_LISTS: OverlayVersion = OverlayVersion(11);
const SERVICES: OverlayVersion = OverlayVersion(15);

const INFOHASH_LEN: usize = 20;
/// How many values say one collected torrent: infohash, seeders, leechers, age, sources.
const TORRENT_FIELDS: usize = 5;

/// What a BuddyCast message says that we keep. `name`, `preferences` and `collected torrents` are
/// checked and dropped in the decoder.
#[derive(Clone, PartialEq, Debug)]
pub struct BuddyCast {
    /// The sender's own address, as the sender knows it.
    pub ip: IpAddr,
    /// The sender's listening port; 0 where it doesn't listen.
    pub port: u16,
    /// Whether anybody has ever reached the sender from outside, as the sender says. Where the
    /// message does not say it (before version 3 there is no place to), it counts as no (§7).
    pub connectable: bool,
    /// From version 15: bits of what the sender serves.
    pub services: Option<i64>,
    /// Peers that the sender calls similar to itself; 10 at most.
    pub taste_buddies: Vec<ListedPeer>,
    /// Peers that the sender chose by chance; 10 at most.
    pub random_peers: Vec<ListedPeer>,
}

/// A peer's word about another: hearsay.
#[derive(Clone, PartialEq, Debug)]
pub struct ListedPeer {
    /// Who it is said to be.
    pub permid: Permid,
    /// Where it is said to listen.
    pub ip: IpAddr,
    /// Its listening port.
    pub port: u16,
    /// How alike the sender finds it; the scale is the sender's own.
    pub similarity: i64,
    /// `oversion`.
    pub version: Option<OverlayVersion>,
    /// Bits for the services it is said to offer, from version 15 on.
    pub services: Option<i64>,
}

/// What closes the connection.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuddyCastError {
    /// Longer than §7 allows; the length in bytes.
    #[error("BUDDYCAST of {0} bytes, more than 10 KiB")]
    TooLarge(usize),
    /// Not the shape that §7 gives it; says what is wrong.
    #[error("BUDDYCAST: {0}")]
    Malformed(String),
}

impl BuddyCast {
    /// Reads a message as the connection's version demands. A listed peer that is malformed is left
    /// out and counted.
    ///
    /// # Errors
    /// What closes the connection.
    pub fn decode(body: &[u8], version: OverlayVersion) -> Result<(Self, usize), BuddyCastError> {
        if body.len() > MAX_LEN {
            return Err(BuddyCastError::TooLarge(body.len()));
        }
        let message = bencode::decode_message(body)
            .map_err(|error| BuddyCastError::Malformed(error.to_string()))?;
        let message = Dict(&message);
        message.check_dropped(version)?;
        let (taste_buddies, left_out) = message.peers("taste buddies")?;
        let (random_peers, more_left_out) = message.peers("random peers")?;
        let read = Self {
            ip: message.ip("ip")?,
            port: message.number("port")?,
            connectable: message.flag_or_no("connectable")?,
            services: message.since(version, SERVICES, |dict| dict.int("services"))?,
            taste_buddies,
            random_peers,
        };
        Ok((read, left_out + more_left_out))
    }

    /// With an empty name, no preferences, no torrents and counts of 0; below version 18 only
    /// sect233k1 peers with IPv4 addresses; at most [`MAX_LISTED`] in each list. What the sender
    /// leaves out is sent as 0 where the version demands it.
    #[must_use]
    pub fn encode(&self, version: OverlayVersion) -> Frame {
        let none = || Value::List(Vec::new());
        let mut pairs = vec![
            ("ip", self.ip.to_string().as_str().into()),
            ("port", i64::from(self.port).into()),
            ("name", "".into()),
            ("preferences", none()),
            ("taste buddies", list(&self.taste_buddies, version)),
            ("random peers", list(&self.random_peers, version)),
        ];
        if version >= CONNECTABLE {
            pairs.push(("connectable", i64::from(self.connectable).into()));
        }
        if version >= COLLECTED_TORRENTS {
            pairs.push(("collected torrents", none()));
        }
        if version >= COUNTS {
            pairs.extend(["npeers", "nfiles", "ndls"].map(|count| (count, 0.into())));
        }
        if version >= SERVICES {
            pairs.push(("services", self.services.unwrap_or_default().into()));
        }
        Frame { id: FrameId::BUDDYCAST, body: Value::dict(pairs).encode().into() }
    }
}

/// The peers that a connection of this version may be told of.
fn list(peers: &[ListedPeer], version: OverlayVersion) -> Value {
    let original =
        |peer: &&ListedPeer| peer.permid.kind() == PermidKind::Sect233k1 && peer.ip.is_ipv4();
    let told =
        peers.iter().filter(|peer| version.is_encrypted() || original(peer)).take(MAX_LISTED);
    Value::List(told.map(|peer| peer.encode(version)).collect())
}

impl ListedPeer {
    fn decode(value: &Value) -> Result<Self, BuddyCastError> {
        let dict = Dict(value);
        let permid = Permid::from_der(dict.bytes("permid")?)
            .map_err(|error| malformed("permid", &error.to_string()))?;
        let optional = |key| value.get(key).map(|_| dict.int(key)).transpose();
        let version = value.get("oversion").map(|_| dict.number("oversion")).transpose()?;
        Ok(Self {
            permid,
            ip: dict.ip("ip")?,
            port: dict.number("port")?,
            similarity: dict.int("similarity")?,
            version: version.map(OverlayVersion),
            services: optional("services")?,
        })
    }

    fn encode(&self, version: OverlayVersion) -> Value {
        let mut pairs = vec![
            ("permid", self.permid.to_der()[..].into()),
            ("ip", self.ip.to_string().as_str().into()),
            ("port", i64::from(self.port).into()),
            ("similarity", self.similarity.into()),
        ];
        pairs.extend(self.version.map(|version| ("oversion", i64::from(version.0).into())));
        if version >= SERVICES {
            pairs.push(("services", self.services.unwrap_or_default().into()));
        }
        Value::dict(pairs)
    }
}

fn malformed(key: &str, what: &str) -> BuddyCastError {
    BuddyCastError::Malformed(format!("`{key}`: {what}"))
}

/// A bencoded dict whose fields are demanded by name.
#[derive(Clone, Copy)]
struct Dict<'a>(&'a Value);

impl<'a> Dict<'a> {
    fn get(self, key: &str) -> Result<&'a Value, BuddyCastError> {
        self.0.get(key).ok_or_else(|| malformed(key, "is missing"))
    }

    fn bytes(self, key: &str) -> Result<&'a [u8], BuddyCastError> {
        self.get(key)?.as_bytes().ok_or_else(|| malformed(key, "is not a string"))
    }

    fn int(self, key: &str) -> Result<i64, BuddyCastError> {
        self.get(key)?.as_int().ok_or_else(|| malformed(key, "is not an integer of 64 bits"))
    }

    fn list(self, key: &str) -> Result<&'a [Value], BuddyCastError> {
        self.get(key)?.as_list().ok_or_else(|| malformed(key, "is not a list"))
    }

    /// A number of 16 bits: a port, a version.
    fn number(self, key: &str) -> Result<u16, BuddyCastError> {
        self.int(key)?.try_into().map_err(|_| malformed(key, "is not a number of 16 bits"))
    }

    /// A flag that counts as no where it is missing.
    fn flag_or_no(self, key: &str) -> Result<bool, BuddyCastError> {
        match self.0.get(key).map_or(Ok(0), |_| self.int(key))? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(malformed(key, "is neither 0 nor 1")),
        }
    }

    fn ip(self, key: &str) -> Result<IpAddr, BuddyCastError> {
        let text = str::from_utf8(self.bytes(key)?).ok();
        text.and_then(|text| text.parse().ok())
            .ok_or_else(|| malformed(key, "is not an IP address"))
    }

    /// The peers of a list that can be read, and how many could not.
    fn peers(self, key: &str) -> Result<(Vec<ListedPeer>, usize), BuddyCastError> {
        let list = self.list(key)?;
        if list.len() > MAX_LISTED {
            return Err(malformed(
                key,
                &format!("lists {} peers, more than {MAX_LISTED}", list.len()),
            ));
        }
        let peers: Vec<_> = list.iter().filter_map(|peer| ListedPeer::decode(peer).ok()).collect();
        let left_out = list.len() - peers.len();
        Ok((peers, left_out))
    }

    /// A field that is demanded from version `first` on.
    fn since<T>(
        self,
        version: OverlayVersion,
        first: OverlayVersion,
        read: impl Fn(Self) -> Result<T, BuddyCastError>,
    ) -> Result<Option<T>, BuddyCastError> {
        if version >= first { read(self).map(Some) } else { Ok(None) }
    }

    /// Checks what the message must have but nobody may see: it goes no further than here.
    fn check_dropped(self, version: OverlayVersion) -> Result<(), BuddyCastError> {
        self.bytes("name")?;
        check_infohashes("preferences", self.list("preferences")?, |_| true)?;
        if version >= COLLECTED_TORRENTS {
            let shape = if version >= TORRENTS_AS_LISTS { is_list_of_five } else { is_bare };
            check_infohashes("collected torrents", self.list("collected torrents")?, shape)?;
        }
        if version >= COUNTS {
            for count in ["npeers", "nfiles", "ndls"] {
                self.int(count)?;
            }
        }
        Ok(())
    }
}

fn is_list_of_five(entry: &Value) -> bool {
    entry.as_list().is_some_and(|fields| fields.len() == TORRENT_FIELDS)
}

fn is_bare(entry: &Value) -> bool {
    entry.as_bytes().is_some()
}

/// Checks that each entry is an infohash, or a list that begins with one, and has the version's
/// shape.
fn check_infohashes(
    key: &str,
    entries: &[Value],
    shape: fn(&Value) -> bool,
) -> Result<(), BuddyCastError> {
    let infohash = |entry: &Value| {
        let first = entry.as_list().map_or(Some(entry), <[Value]>::first);
        first.and_then(Value::as_bytes).is_some_and(|bytes| bytes.len() == INFOHASH_LEN)
    };
    if entries.iter().all(|entry| infohash(entry) && shape(entry)) {
        Ok(())
    } else {
        Err(malformed(key, "an entry does not have the shape of this version"))
    }
}

#[cfg(test)]
mod tests;

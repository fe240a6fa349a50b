//! What peers send of other people, made fit to be shown, stored or recorded: every address and
//! every permid is replaced by a pseudonym. The friendship graph (protocol.md §5, id 4), the
//! puncture log's lines (9), the peers of a RePEX cache (8) and the lists of a BuddyCast message
//! (§7) all go through the same rule.
//!
//! The same address has the same pseudonym everywhere under one key, so that who knows whom, and
//! how often, can still be seen; nobody without the key can find out whom it stands for by trying
//! all addresses. Ports go with their address. Names of hosts are not recognised: no message of the
//! protocol holds one.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::content::{ContentId, Sha256Sum};
use super::decoded::Decoded;
use super::krpc::NodeId;
use super::permid::Permid;
use super::text;
use super::tree::Node;
use home::without_home;

mod find;
mod home;
mod stand_in;

/// How many bytes of a hash make a pseudonym: among the peers of one swarm two that are the same
/// are one in thousands of swarms.
const PSEUDONYM: usize = 4;

/// Replaces addresses and permids under a key.
#[derive(Clone)]
pub struct Mask {
    key: [u8; 32],
    /// The operator's home directory: it mostly says what he is called.
    home: Option<Arc<str>>,
    /// Permids are keyed digests already: their own digits stand for them.
    of_digests: bool,
}

/// Something that identifies or locates someone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secret<'a> {
    Address(IpAddr),
    /// As it stands there: base64 or hexadecimal, perhaps cut.
    Permid(&'a str),
    /// A node of the DHT or an infohash, in hexadecimal digits.
    Node(&'a str),
}

impl Mask {
    /// Random bytes of the operating system: kept for as long as pseudonyms are to stay the same.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, home: None, of_digests: false }
    }

    /// For peers that are known by keyed digests, as in a store: a digest's own digits stand for it
    /// in place of a permid.
    #[must_use]
    pub fn of_digests() -> Self {
        Self { of_digests: true, ..Self::new([0; 32]) }
    }

    /// Writes `~` for this home directory, too.
    #[must_use]
    pub fn with_home(self, home: &str) -> Self {
        let home = home.trim_end_matches('/');
        Self { home: (!home.is_empty()).then(|| home.into()), ..self }
    }

    /// `ip-1f3a09c4`.
    #[must_use]
    pub fn address(&self, address: SocketAddr) -> String {
        self.pseudonym(Secret::Address(address.ip()))
    }

    /// `permid-1f3a09c4`.
    #[must_use]
    pub fn permid(&self, permid: &Permid) -> String {
        if self.of_digests {
            return format!("peer-{}", &permid.hex()[..2 * PSEUDONYM]);
        }
        self.pseudonym(Secret::Permid(&permid.to_string()))
    }

    /// `p-1f3a0`: as wide as [`Permid::short`], and the beginning of [`Mask::permid`].
    #[must_use]
    pub fn short(&self, permid: &Permid) -> String {
        let whole = self.permid(permid);
        let digits = whole.rsplit('-').next().unwrap_or_default();
        format!("p-{}", digits.get(..5).unwrap_or(digits))
    }

    /// `i-1f3a0`, for a node of the DHT: the beginning of what [`Mask::text`] writes for its id.
    #[must_use]
    pub fn node_id(&self, node: &NodeId) -> String {
        let whole = self.pseudonym(Secret::Node(&node.to_string()));
        let digits = whole.rsplit('-').next().unwrap_or_default();
        format!("i-{}", digits.get(..5).unwrap_or(digits))
    }

    /// A text without addresses, permids, node ids and infohashes, in whichever of their usual forms they stand in it,
    /// and without the home directory.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let home = self.home.as_deref().filter(|home| text.contains(home));
        match home {
            Some(home) => Cow::Owned(self.strangers(&without_home(text, home)).into_owned()),
            None => self.strangers(text),
        }
    }

    /// Until nothing is found: a pseudonym's digits and what follows them can read like one more.
    fn strangers<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = self.strangers_once(text);
        while let Cow::Owned(masked) = &text
            && let Cow::Owned(again) = self.strangers_once(masked)
        {
            text = Cow::Owned(again);
        }
        text
    }

    fn strangers_once<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = String::new();
        let mut rest = text;
        while let Some((range, secret)) = find::next(rest) {
            masked.push_str(&rest[..range.start]);
            masked.push_str(&self.pseudonym(secret));
            rest = &rest[range.end..];
        }
        if masked.is_empty() {
            return Cow::Borrowed(text);
        }
        masked.push_str(rest);
        Cow::Owned(masked)
    }

    /// A decoded payload, all of it: summary, tree, JSON and notes. The spans stay; the bytes that
    /// they point into are the caller's to hide.
    #[must_use]
    pub fn decoded(&self, mut decoded: Decoded) -> Decoded {
        self.string(&mut decoded.summary);
        self.node(&mut decoded.tree);
        self.json(&mut decoded.json);
        for note in &mut decoded.notes {
            self.string(&mut note.text);
        }
        decoded
    }

    /// A digest of a content, with which nobody without the key can check a guess at an address in
    /// it.
    #[must_use]
    pub fn content(&self, id: ContentId) -> ContentId {
        id.keyed(&self.key)
    }

    /// The same for the digest of a payload.
    #[must_use]
    pub fn sha256(&self, sum: Sha256Sum) -> Sha256Sum {
        sum.keyed(&self.key)
    }

    fn node(&self, node: &mut Node) {
        self.string(&mut node.label);
        self.string(&mut node.value);
        for child in &mut node.children {
            self.node(child);
        }
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(members) => {
                let masked = std::mem::take(members).into_iter().map(|(mut name, mut value)| {
                    self.string(&mut name);
                    self.json(&mut value);
                    (name, value)
                });
                *members = masked.collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn string(&self, string: &mut String) {
        if let Cow::Owned(masked) = self.text(string) {
            *string = masked;
        }
    }

    fn pseudonym(&self, secret: Secret<'_>) -> String {
        let hash = Sha256::new().chain_update(self.key);
        let (kind, hash) = match secret {
            Secret::Address(IpAddr::V4(address)) => ("ip", hash.chain_update(address.octets())),
            Secret::Address(IpAddr::V6(address)) => ("ip", hash.chain_update(address.octets())),
            Secret::Permid(text) => ("permid", hash.chain_update(text)),
            Secret::Node(text) => ("id", hash.chain_update(text.to_ascii_lowercase())),
        };
        format!("{kind}-{}", text::hex(&hash.finalize()[..PSEUDONYM]))
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask") // without its key
    }
}

#[cfg(test)]
mod tests;

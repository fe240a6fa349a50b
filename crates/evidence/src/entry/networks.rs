//! Questions to BitTorrent peers and nodes of the DHT, as entries of a case. A peer is known by its
//! address there, and an answer by what it was read as beside its bytes.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use swarmscope_wire::{ContentId, Decoded};

use super::{Entries, Keeps};
use crate::case::{Draft, kind};

/// The size of a torrent's description: it tells which torrent it is, and is never kept in words.
const NEVER: &str = "metadata_size";

/// A question to a peer, or more that is sent for one.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// `bt` or `dht`.
    pub network: &'a str,
    /// The question's name, `PING` for one.
    pub question: &'a str,
    /// Whom, as the operator or another peer named it: `dht://host:port`.
    pub peer: &'a str,
    /// Program and version that asked.
    pub program: &'a str,
    /// Which round of questions to many it belongs to.
    pub round: Option<u64>,
    /// The entry of the lookup that it is a query of.
    pub part_of: Option<u64>,
    /// The first entry of the question that this is more of.
    pub continues: Option<u64>,
    /// What was sent; none where that is many things, or not known.
    pub message: Option<Message<'a>>,
}

/// A message of ours.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it went.
    pub to: SocketAddr,
    /// Our node id or peer id.
    pub identity: &'a [u8],
    /// Whether it went inside an encrypted stream: these are its bytes before that.
    pub encrypted: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What came, as far as it may be kept.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// All of its bytes.
    Whole(&'a [u8]),
    /// SHA-256 of its bytes, and how many there were.
    Digest([u8; 32], usize),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered<'a> {
    /// The entry of the question.
    pub request: u64,
    /// As in [`Asked`].
    pub network: &'a str,
    /// As in [`Asked`].
    pub question: &'a str,
    /// As in [`Asked`].
    pub peer: &'a str,
    /// 0, an error's code from 201 to 204, 1 for any other.
    pub error: u8,
    /// In how many parts.
    pub parts: u32,
    /// From the question to the answer, in microseconds.
    pub elapsed_us: u64,
    /// What came; none where that is many things, or not known.
    pub payload: Option<Payload<'a>>,
    /// What it was read as.
    pub decoded: &'a Decoded,
    /// What each step of a REACH came to.
    pub steps: &'a [Value],
    /// What it says, without volatile fields.
    pub content: ContentId,
    /// The same without numbers.
    pub shape: ContentId,
}

impl Entries {
    /// A question, or more that was sent for it.
    #[must_use]
    pub fn asked(&self, asked: &Asked<'_>) -> Draft {
        let mut draft = Draft::new(kind::SENT)
            .plain("network", asked.network)
            .plain("question", asked.question)
            .plain("program", asked.program)
            .plain_some("round", asked.round)
            .plain_some("part_of", asked.part_of)
            .plain_some("continues", asked.continues);
        if let Some(message) = asked.message {
            draft = draft
                .plain("bytes", message.bytes.len())
                .plain("identity", HEXLOWER.encode(message.identity));
            if message.encrypted {
                draft = draft.plain("encryption", "mse");
            }
        }
        draft = draft.private("peer", self.place(asked.peer));
        let named = asked.peer.rsplit(['/', '@']).next().and_then(|place| place.parse().ok());
        let address: Option<SocketAddr> = asked.message.map(|message| message.to).or(named);
        if let Some(address) = address.filter(|_| self.keeps.addresses) {
            draft = draft.private("address", address.to_string());
        }
        match asked.message {
            Some(message) => self.payload(draft, message.bytes),
            None => draft,
        }
    }

    /// An answer.
    #[must_use]
    pub fn answered(&self, answered: &Answered<'_>) -> Draft {
        let says = &answered.decoded.json;
        let mut draft = Draft::new(kind::REPLY)
            .plain("request", answered.request)
            .plain("network", answered.network)
            .plain("question", answered.question)
            .plain("error", answered.error)
            .plain("parts", answered.parts)
            .plain("elapsed_us", answered.elapsed_us);
        if let Some(payload) = answered.payload {
            draft = draft.plain("bytes", payload.len());
        }
        draft = draft.private("peer", self.place(answered.peer));
        for (field, said) in [("node", "id"), ("client", "client")] {
            if let Some(said) = says[said].as_str() {
                draft = draft.private(field, self.text(said));
            }
        }
        draft = self.digests(draft, answered);
        if self.keeps == Keeps::ALL {
            draft = draft
                .private("summary", &answered.decoded.summary)
                .private("decoded", without(says).to_string());
            return if answered.steps.is_empty() {
                draft
            } else {
                draft.private("steps", Value::from(answered.steps).to_string())
            };
        }
        if self.keeps.addresses { draft } else { self.masked(draft, answered) }
    }

    /// SHA-256 of what came or what came itself, as the case wants it, and what it says as digests.
    fn digests(&self, draft: Draft, answered: &Answered<'_>) -> Draft {
        let keyed = |id: ContentId| {
            if self.keeps.addresses { id } else { self.mask.content(id) }.to_string()
        };
        let draft = draft
            .private("content", keyed(answered.content))
            .private("shape", keyed(answered.shape));
        match (self.keeps, answered.payload) {
            (Keeps { addresses: false, .. }, _) | (_, None) => draft,
            (Keeps { bytes: true, .. }, Some(Payload::Whole(bytes))) => {
                draft.private("payload", bytes)
            }
            (_, Some(payload)) => draft.private("payload_sha256", payload.sha256()),
        }
    }

    /// What masking leaves of an answer.
    fn masked(&self, draft: Draft, answered: &Answered<'_>) -> Draft {
        let mut decoded = answered.decoded.clone();
        decoded.json = without(&decoded.json);
        if !answered.steps.is_empty() {
            decoded.json["steps"] = Value::from(answered.steps);
        }
        let masked = self.mask.decoded(decoded);
        let known = |text: String| self.without_host_of(text, answered.peer);
        draft
            .private("summary", known(masked.summary))
            .private("payload_masked", known(masked.json.to_string()))
    }

    /// `dht://host:port`, or what stands for it: the same for the same host, and another one for
    /// each of its ports.
    pub(super) fn place(&self, peer: &str) -> String {
        if self.keeps.addresses {
            return peer.to_owned();
        }
        let (scheme, rest) = peer.split_once("://").unwrap_or(("", peer));
        let (node, place) = rest.rsplit_once('@').map_or((None, rest), |(id, at)| (Some(id), at));
        let host = match place.parse::<SocketAddr>() {
            Ok(address) => self.mask.address(address),
            Err(_) => self.mask.host_for(host(peer)),
        };
        let whole = self.mask.host_for(place);
        let port = whole.trim_start_matches("host-");
        let node = node.map(|id| self.text(id) + "@").unwrap_or_default();
        format!("{scheme}://{node}{host}:{port}")
    }

    /// Masking does not know names of hosts: the one of this peer is known.
    pub(super) fn without_host_of(&self, text: String, peer: &str) -> String {
        let host = host(peer);
        if self.keeps.addresses || host.is_empty() {
            return text;
        }
        text.replace(host, &self.mask.host_for(host))
    }
}

impl Payload<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Digest(_, bytes) => *bytes,
        }
    }

    fn sha256(&self) -> String {
        match self {
            Self::Whole(bytes) => HEXLOWER.encode(&Sha256::digest(bytes)),
            Self::Digest(sha256, _) => HEXLOWER.encode(sha256),
        }
    }
}

/// The host of `scheme://id@host:port`.
fn host(peer: &str) -> &str {
    let rest = peer.split_once("://").map_or(peer, |(_, rest)| rest);
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    place.rsplit_once(':').map_or(place, |(host, _)| host)
}

fn without(says: &Value) -> Value {
    let mut says = says.clone();
    if let Value::Object(members) = &mut says {
        members.remove(NEVER);
    }
    says
}

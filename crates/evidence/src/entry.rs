//! What was asked and answered, as entries of a case: which fields they have, and which of them a
//! case with hidden addresses or without bytes leaves out (docs/case-format.md).

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{ContentId, Decoded, ErrorByte, Permid};

use crate::case::{Draft, kind};

mod card;
mod networks;
mod stored;

pub use networks::{Answered, Asked, Message, Payload};
pub use stored::{StoredQuestion, StoredReply};

/// What a case keeps, said once in its first entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keeps {
    /// Addresses and permids as they are; otherwise pseudonyms under a key that only the operator
    /// can make again, no address, and of replies what masking leaves.
    pub addresses: bool,
    /// Bytes of payloads; otherwise their SHA-256.
    pub bytes: bool,
}

impl Keeps {
    /// Everything.
    pub const ALL: Self = Self { addresses: true, bytes: true };

    /// As the first entry says it.
    #[must_use]
    pub fn head(self, draft: Draft) -> Draft {
        let word = |yes, word, other| if yes { word } else { other };
        draft
            .plain("addresses", word(self.addresses, "kept", "hidden"))
            .plain("bytes", word(self.bytes, "kept", "hashes"))
    }

    /// From the first entry.
    #[must_use]
    pub fn of_case(entry: &crate::case::Entry) -> Self {
        let is = |field, word| entry.text(field) == Some(word);
        Self { addresses: is("addresses", "kept"), bytes: is("bytes", "kept") }
    }
}

/// Makes entries for a case that keeps what it keeps.
#[derive(Clone)]
pub struct Entries {
    keeps: Keeps,
    mask: Mask,
}

/// A question that went out.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    /// `overlay`.
    pub network: &'a str,
    /// The question's name, `NATCHECK` for one.
    pub question: &'a str,
    /// Its number on the overlay.
    pub message: u8,
    /// Seconds.
    pub frequency_s: u16,
    /// What was sent.
    pub payload: &'a [u8],
    /// Who was asked.
    pub peer: &'a Permid,
    /// Where.
    pub address: &'a str,
    /// The overlay version it speaks.
    pub peer_version: u16,
    /// Who asked.
    pub identity: String,
    /// Program and version that asked.
    pub program: &'a str,
    /// Which round of questions to many it belongs to.
    pub round: Option<u64>,
}

/// A reply that came whole.
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    /// The entry of the question.
    pub request: u64,
    /// As in [`Sent`].
    pub network: &'a str,
    /// As in [`Sent`].
    pub question: &'a str,
    /// As in [`Sent`].
    pub message: u8,
    /// Who answered.
    pub peer: &'a Permid,
    /// The error byte; 0 is success.
    pub error: ErrorByte,
    /// On which channel.
    pub channel: u8,
    /// In how many parts.
    pub parts: u32,
    /// From the request to the last part, in microseconds.
    pub elapsed_us: u64,
    /// Whether the peer had to dial back with it.
    pub dialled_back: bool,
    /// What came.
    pub payload: &'a [u8],
    /// What it was read as.
    pub decoded: &'a Decoded,
    /// What it says, without volatile fields.
    pub content: ContentId,
    /// The same without numbers.
    pub shape: ContentId,
}

/// Who was asked.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// A peer of the overlay.
    Permid(&'a Permid),
    /// A BitTorrent peer or a node of the DHT, as it was named: `dht://host:port`.
    Place(&'a str),
}

/// A question that ended without a reply.
#[derive(Clone, Debug)]
pub struct Failed<'a> {
    /// The entry of the question; none where it never went out.
    pub request: Option<u64>,
    /// As in [`Sent`].
    pub network: &'a str,
    /// As in [`Sent`].
    pub question: &'a str,
    /// Who was asked, where that was known.
    pub peer: Option<Who<'a>>,
    /// How far it came.
    pub phase: &'a str,
    /// The failure's stable code.
    pub code: &'a str,
    /// Who ended it.
    pub by: &'a str,
    /// Whether the request may have been delivered: `yes`, `no` or `maybe`.
    pub delivered: &'a str,
    /// In words.
    pub text: &'a str,
}

impl Entries {
    /// `mask`: used where the case hides addresses.
    #[must_use]
    pub const fn new(keeps: Keeps, mask: Mask) -> Self {
        Self { keeps, mask }
    }

    /// What the case keeps.
    #[must_use]
    pub const fn keeps(&self) -> Keeps {
        self.keeps
    }

    /// A question.
    #[must_use]
    pub fn sent(&self, sent: &Sent<'_>) -> Draft {
        let mut draft = Draft::new(kind::SENT)
            .plain("network", sent.network)
            .plain("question", sent.question)
            .plain("message", sent.message)
            .plain("frequency_s", sent.frequency_s)
            .plain("bytes", sent.payload.len())
            .plain("identity", &sent.identity)
            .plain("program", sent.program)
            .plain("peer_version", sent.peer_version)
            .plain_some("round", sent.round)
            .private("peer", self.peer(sent.peer));
        if self.keeps.addresses {
            draft = draft.private("address", sent.address);
        }
        self.payload(draft, sent.payload)
    }

    /// A reply.
    #[must_use]
    pub fn reply(&self, reply: &Reply<'_>) -> Draft {
        let draft = Draft::new(kind::REPLY)
            .plain("request", reply.request)
            .plain("network", reply.network)
            .plain("question", reply.question)
            .plain("message", reply.message)
            .plain("error", reply.error.0)
            .plain("bytes", reply.payload.len())
            .plain("parts", reply.parts)
            .plain("elapsed_us", reply.elapsed_us)
            .plain("channel", reply.channel)
            .plain("dialled_back", reply.dialled_back)
            .private("peer", self.peer(reply.peer));
        if self.keeps.addresses {
            let draft = draft
                .private("content", reply.content.to_string())
                .private("shape", reply.shape.to_string());
            return self.payload(draft, reply.payload);
        }
        let masked = self.mask.decoded(reply.decoded.clone());
        draft
            .private("content", self.mask.content(reply.content).to_string())
            .private("shape", self.mask.content(reply.shape).to_string())
            .private("payload_masked", masked.json.to_string())
    }

    /// A failure.
    #[must_use]
    pub fn failed(&self, failed: &Failed<'_>) -> Draft {
        let mut draft = Draft::new(kind::FAILURE)
            .plain_some("request", failed.request)
            .plain("network", failed.network)
            .plain("question", failed.question)
            .plain("phase", failed.phase)
            .plain("code", failed.code)
            .plain("by", failed.by)
            .plain("delivered", failed.delivered);
        let mut text = self.text(failed.text);
        match failed.peer {
            None => {}
            Some(Who::Permid(permid)) => draft = draft.private("peer", self.peer(permid)),
            Some(Who::Place(place)) => {
                draft = draft.private("peer", self.place(place));
                text = self.without_host_of(text, place);
            }
        }
        draft.private("text", text)
    }

    /// Free text.
    #[must_use]
    pub fn note(&self, text: &str, about: &[u64], replaces: Option<u64>) -> Draft {
        let mut draft = Draft::new(kind::NOTE);
        if !about.is_empty() {
            let about: Vec<String> = about.iter().map(ToString::to_string).collect();
            draft = draft.plain("about", about.join(" "));
        }
        draft.plain_some("replaces", replaces).private("text", self.text(text))
    }

    fn peer(&self, permid: &Permid) -> String {
        if self.keeps.addresses { permid.to_string() } else { self.mask.permid(permid) }
    }

    fn text(&self, text: &str) -> String {
        if self.keeps.addresses { text.to_owned() } else { self.mask.text(text).into_owned() }
    }

    /// A payload of ours may name others too: in a case with hidden addresses its length is all
    /// that is kept.
    fn payload(&self, draft: Draft, payload: &[u8]) -> Draft {
        match self.keeps {
            Keeps { addresses: false, .. } => draft,
            Keeps { bytes: true, .. } => draft.private("payload", payload),
            Keeps { bytes: false, .. } => {
                draft.private("payload_sha256", HEXLOWER.encode(&Sha256::digest(payload)))
            }
        }
    }
}

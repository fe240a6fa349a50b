//! What a case says, read back: one record for each question that was asked, with all that an
//! export has to hold. Nothing is left out because something else is missing; a value that this
//! copy withholds says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};
use std::sync::Arc;

use serde::Serialize;

use crate::case::format::Value;
use crate::case::read::{Found, Records};
use crate::case::{Entry, kind};

/// How a question ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A reply with error 0.
    Success,
    /// A reply with another error byte.
    Error,
    /// No reply; `code` says why.
    Failure,
    /// The case holds no end of it.
    Open,
}

impl Outcome {
    /// As exports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Open => "open",
        }
    }
}

/// A question and its end.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    /// The entry of the question; where it never went out, of its failure.
    pub entry: u64,
    /// The entry of its end.
    pub end_entry: Option<u64>,
    /// `overlay`, `bt` or `dht`.
    pub network: String,
    /// Who was asked: a permid, or a pseudonym where the case hides addresses.
    pub peer: Option<String>,
    /// Where. None where the case hides addresses.
    pub address: Option<String>,
    /// What a node of the DHT calls itself, or a pseudonym.
    pub node: Option<String>,
    /// The client that a peer of BitTorrent or the DHT names.
    pub client: Option<String>,
    /// The overlay version of the peer.
    pub peer_version: Option<u64>,
    /// The question's name.
    pub question: String,
    /// Its number on the overlay.
    pub message: Option<u64>,
    /// Seconds.
    pub frequency_s: Option<u64>,
    /// The round of questions to many it belongs to.
    pub round: Option<u64>,
    /// The entry of the lookup that it is a query of.
    pub part_of: Option<u64>,
    /// When it went out, as far as was written down at once: RFC 3339.
    pub sent_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// From request to last part.
    pub elapsed_us: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// The error byte of the reply.
    pub error: Option<u64>,
    /// The failure's code.
    pub code: Option<String>,
    /// Who ended it without a reply.
    pub by: Option<String>,
    /// Bytes of the question's payload.
    pub request_bytes: Option<u64>,
    /// The question's payload.
    #[serde(serialize_with = "base64", rename = "request_payload_base64")]
    pub request_payload: Option<Vec<u8>>,
    /// The entries of what else was sent for it: repeated queries, further messages.
    pub continued_by: Vec<u64>,
    /// Bytes of the reply.
    pub reply_bytes: Option<u64>,
    /// In how many parts.
    pub parts: Option<u64>,
    /// The reply's bytes, where they were kept.
    #[serde(serialize_with = "base64", rename = "reply_payload_base64")]
    pub reply_payload: Option<Vec<u8>>,
    /// SHA-256 of the reply's bytes, where they or it were kept.
    pub reply_sha256: Option<String>,
    /// The reply as masking left it, JSON, in a case that hides addresses.
    pub reply_masked: Option<String>,
    /// A reply on BitTorrent or the DHT in one line.
    pub reply_summary: Option<String>,
    /// What it was read as, JSON, in a case that keeps addresses and bytes.
    pub reply_decoded: Option<String>,
    /// What the steps of a REACH came to, JSON, in such a case.
    pub reply_steps: Option<String>,
    /// A digest of what the reply says without volatile fields, and of its shape: SHA-256 cut to
    /// 128 bits, keyed in a case that hides addresses.
    pub content: Option<String>,
    /// As `content`, without numbers.
    pub shape: Option<String>,
    /// Which algorithm the hashes are of.
    pub hash_algorithm: &'static str,
    /// Notes about it, shared with all else that they are about.
    #[serde(serialize_with = "texts")]
    pub notes: Vec<Arc<str>>,
    /// Signals that rest on it, by id.
    #[serde(serialize_with = "texts")]
    pub signals: Vec<Arc<str>>,
    /// Program and version that asked.
    pub program: Option<String>,
    /// Who asked: our permid.
    pub identity: Option<String>,
    /// Values that this copy withholds, by name.
    pub withheld: Vec<String>,
}

impl Record {
    fn new(entry: &Entry) -> Self {
        let text = |name| entry.text(name).map(str::to_owned);
        Self {
            entry: entry.index,
            end_entry: None,
            network: text("network").unwrap_or_default(),
            peer: text("peer"),
            address: text("address"),
            node: None,
            client: None,
            peer_version: entry.number("peer_version"),
            question: text("question").unwrap_or_default(),
            message: entry.number("message"),
            frequency_s: entry.number("frequency_s"),
            round: entry.number("round"),
            part_of: entry.number("part_of"),
            sent_at: time(entry).unwrap_or_default(),
            ended_at: None,
            elapsed_us: None,
            outcome: Outcome::Open,
            error: None,
            code: None,
            by: None,
            request_bytes: entry.number("bytes"),
            request_payload: entry.bytes("payload").map(Into::into),
            continued_by: Vec::new(),
            reply_bytes: None,
            parts: None,
            reply_payload: None,
            reply_sha256: None,
            reply_masked: None,
            reply_summary: None,
            reply_decoded: None,
            reply_steps: None,
            content: None,
            shape: None,
            hash_algorithm: "sha-256",
            notes: Vec::new(),
            signals: Vec::new(),
            program: text("program"),
            identity: text("identity"),
            withheld: withheld(entry, ""),
        }
    }

    fn end(&mut self, entry: &Entry) {
        use sha2::{Digest as _, Sha256};
        let text = |name| entry.text(name).map(str::to_owned);
        self.end_entry = Some(entry.index);
        self.ended_at = time(entry);
        self.withheld.extend(withheld(entry, "reply_"));
        if entry.kind() == kind::FAILURE {
            (self.outcome, self.code, self.by) = (Outcome::Failure, text("code"), text("by"));
            return;
        }
        self.error = entry.number("error");
        self.outcome = if self.error == Some(0) { Outcome::Success } else { Outcome::Error };
        self.elapsed_us = entry.number("elapsed_us");
        self.reply_bytes = entry.number("bytes");
        self.parts = entry.number("parts");
        self.reply_payload = entry.bytes("payload").map(Into::into);
        let digest = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        self.reply_sha256 = entry.bytes("payload").map(digest).or_else(|| text("payload_sha256"));
        self.reply_masked = text("payload_masked");
        (self.node, self.client) = (text("node"), text("client"));
        self.reply_summary = text("summary");
        (self.reply_decoded, self.reply_steps) = (text("decoded"), text("steps"));
        (self.content, self.shape) = (text("content"), text("shape"));
    }
}

/// When it happened: of what came from a recording, when that was recorded.
fn time(entry: &Entry) -> Option<String> {
    entry.text("recorded_at").or(entry.text("time")).map(str::to_owned)
}

fn withheld(entry: &Entry, prefix: &str) -> Vec<String> {
    let fields = entry.fields.iter().filter(|field| field.value == Value::Withheld);
    fields.map(|field| format!("{prefix}{}", field.name)).collect()
}

#[expect(clippy::ref_option, reason = "what serde calls")]
fn base64<S: serde::Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.as_ref().map(|bytes| data_encoding::BASE64.encode(bytes)).serialize(serializer)
}

fn texts<S: serde::Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| &**text))
}

/// All that a case says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Contents {
    /// Its first entry.
    pub head: BTreeMap<String, String>,
    /// Questions, in the order in which they were asked.
    pub records: Vec<Record>,
    /// Notes with their entries, those that were replaced left out.
    pub notes: Vec<(u64, String)>,
    /// Signals as they were written into the case, as JSON.
    pub signals: Vec<serde_json::Value>,
    /// Entries in all.
    pub entries: u64,
}

/// Reads what a case says. Whether it holds is [`crate::case::verify()`]'s to say.
///
/// # Errors
/// It can't be read, or is damaged: then nothing is given, because half a case is not what was
/// asked for.
pub fn contents(source: impl Read + Seek) -> io::Result<Contents> {
    let damaged = |at: u64| {
        io::Error::new(io::ErrorKind::InvalidData, format!("damaged at byte {at}; verify it"))
    };
    let mut records = Records::open(source)?.ok_or_else(|| damaged(0))?;
    let mut reading = Reading::default();
    while let Some(found) = records.read()? {
        match found {
            Found::Entry { entry, broken_opening: None } => reading.entry(&entry),
            Found::Damage { why: crate::case::read::Damage::Torn, .. } => {}
            Found::Entry { .. } => return Err(damaged(records.offset())),
            Found::Damage { offset, .. } => return Err(damaged(offset)),
        }
    }
    Ok(reading.finish())
}

#[derive(Default)]
struct Reading {
    contents: Contents,
    /// Which record a question's entry, or its end's, belongs to.
    places: BTreeMap<u64, usize>,
    notes: BTreeMap<u64, (String, BTreeSet<u64>)>,
}

impl Reading {
    fn entry(&mut self, entry: &Entry) {
        self.contents.entries += 1;
        match entry.kind() {
            kind::CASE => {
                let text = |field: &crate::case::Field| {
                    Some((
                        field.name.clone(),
                        String::from_utf8(field.value.bytes()?.to_vec()).ok()?,
                    ))
                };
                self.contents.head = entry.fields.iter().filter_map(text).collect();
            }
            kind::SENT if self.continues(entry) => {}
            kind::SENT => {
                self.places.insert(entry.index, self.contents.records.len());
                self.contents.records.push(Record::new(entry));
            }
            kind::REPLY | kind::FAILURE => self.end(entry),
            kind::NOTE => self.note(entry),
            kind::SIGNAL => {
                let card = entry.text("card").and_then(|card| serde_json::from_str(card).ok());
                self.contents.signals.extend(card);
                self.signal(entry);
            }
            _ => {}
        }
    }

    /// Whether it is more of a question that was read before.
    fn continues(&mut self, entry: &Entry) -> bool {
        let first = entry.number("continues").and_then(|first| self.places.get(&first).copied());
        let Some(place) = first else { return false };
        self.places.insert(entry.index, place);
        let record = &mut self.contents.records[place];
        record.continued_by.push(entry.index);
        record.withheld.extend(withheld(entry, "continued_"));
        true
    }

    fn end(&mut self, entry: &Entry) {
        let asked = entry.number("request").and_then(|request| self.places.get(&request).copied());
        let place = asked.unwrap_or_else(|| {
            self.contents.records.push(Record::new(entry));
            self.contents.records.len() - 1
        });
        self.places.insert(entry.index, place);
        self.contents.records[place].end(entry);
    }

    fn note(&mut self, entry: &Entry) {
        if let Some(replaced) = entry.number("replaces") {
            self.notes.remove(&replaced);
        }
        let text = entry.text("text").unwrap_or("(withheld)").to_owned();
        self.notes.insert(entry.index, (text, numbers(entry.text("about"))));
    }

    fn signal(&mut self, entry: &Entry) {
        let id: Arc<str> = entry.text("signal").unwrap_or_default().into();
        for place in self.records(&numbers(entry.text("about"))) {
            self.contents.records[place].signals.push(id.clone());
        }
    }

    fn finish(mut self) -> Contents {
        for (index, (text, about)) in std::mem::take(&mut self.notes) {
            let shared: Arc<str> = text.as_str().into();
            for place in self.records(&about) {
                self.contents.records[place].notes.push(shared.clone());
            }
            self.contents.notes.push((index, text));
        }
        self.contents
    }

    /// The records that entries are of, each once.
    fn records(&self, entries: &BTreeSet<u64>) -> BTreeSet<usize> {
        entries.iter().filter_map(|entry| self.places.get(entry).copied()).collect()
    }
}

/// Each number once, however often a file repeats it.
fn numbers(text: Option<&str>) -> BTreeSet<u64> {
    text.unwrap_or_default().split(' ').filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Field;

    fn entry(index: u64, fields: &[(&str, &str)]) -> Entry {
        let field = |(name, value): &(&str, &str)| Field {
            name: (*name).to_owned(),
            value: Value::Plain(value.as_bytes().to_vec()),
        };
        let fields = fields.iter().map(field).collect();
        Entry { index, previous: [0; 32], hash: [0; 32], fields }
    }

    #[test]
    fn what_is_about_many_questions_is_kept_once_however_often_it_is_repeated() {
        let mut reading = Reading::default();
        for index in 0..50 {
            reading.entry(&entry(index, &[("type", "sent")]));
        }
        // an end is of the same record as its question
        reading.entry(&entry(50, &[("type", "reply"), ("request", "0")]));
        let about: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let about = format!("{0} {0} {0}", about.join(" "));
        reading.entry(&entry(51, &[("type", "note"), ("text", "words"), ("about", &about)]));
        reading.entry(&entry(52, &[("type", "signal"), ("signal", "id"), ("about", &about)]));
        let contents = reading.finish();
        let first = &contents.records[0];
        for record in &contents.records {
            assert_eq!(
                (&*record.notes, &*record.signals),
                (&["words".into()][..], &["id".into()][..])
            );
            assert!(Arc::ptr_eq(&record.notes[0], &first.notes[0]), "one text for all");
            assert!(Arc::ptr_eq(&record.signals[0], &first.signals[0]), "one id for all");
        }
        let json = serde_json::to_value(first).expect("JSON");
        assert_eq!((&json["notes"], &json["signals"]), (&["words"][..].into(), &["id"][..].into()));
    }
}

//! A STIX 2.1 bundle: what was observed, an indicator for each signal that has a pattern, and its
//! words as a note. Ids are made from what they name, so that the same case gives the same bundle.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use swarmscope_wire::text::write_json_pretty;

use super::Export;
use crate::record::Record;
use crate::signals::Card;

/// The namespace that STIX 2.1 (2.9) gives for ids of observables.
const NAMESPACE: [u8; 16] = [
    0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7,
];
/// What a bundle's objects are created by where a case has no time of its own.
const EPOCH: &str = "1970-01-01T00:00:00.000000000Z";

pub fn write(export: Export<'_>, to: &mut impl Write) -> io::Result<()> {
    let mut bundle = Bundle::new(export);
    for record in &export.contents.records {
        bundle.observed(record);
    }
    for card in export.signals {
        bundle.signal(card);
    }
    for (entry, text) in &export.contents.notes {
        let refs = vec![bundle.author.clone()];
        bundle.note(&format!("note {entry}"), "A note of the case", text, refs);
    }
    let objects: Vec<Value> = bundle.objects.into_values().collect();
    let id = id("bundle", &bundle.author);
    write_json_pretty(&mut *to, &json!({ "type": "bundle", "id": id, "objects": objects }))?;
    writeln!(to)
}

struct Bundle {
    case: String,
    author: String,
    created: String,
    objects: BTreeMap<String, Value>,
    /// The observed-data that hold a reply of this hash, or of this digest of what it says.
    by_reply: BTreeMap<String, Vec<String>>,
}

impl Bundle {
    fn new(export: Export<'_>) -> Self {
        let head = |name: &str| export.contents.head.get(name).cloned();
        let case = head("id").unwrap_or_default();
        let created = head("time").unwrap_or_else(|| EPOCH.into());
        let author = id("identity", &case);
        let mut bundle =
            Self { case, author, created, objects: BTreeMap::new(), by_reply: BTreeMap::new() };
        let mut identity = bundle.object("identity", "");
        identity["name"] = format!("swarmscope case {}", bundle.case).into();
        identity["identity_class"] = "system".into();
        identity["description"] =
            format!("{} {}", export.verified, crate::case::verify::CAVEAT).into();
        identity["id"].as_str().unwrap_or_default().clone_into(&mut bundle.author);
        bundle.add(identity);
        bundle
    }

    /// What all domain objects have.
    fn object(&self, kind: &str, name: &str) -> Value {
        let mut object = json!({
            "type": kind, "spec_version": "2.1", "id": id(kind, &format!("{} {name}", self.case)),
            "created": self.created, "modified": self.created,
        });
        if kind != "identity" {
            object["created_by_ref"] = self.author.clone().into();
        }
        object
    }

    fn add(&mut self, object: Value) -> String {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        self.objects.insert(id.clone(), object);
        id
    }

    fn observable(&mut self, kind: &str, fields: Value) -> String {
        let mut object =
            json!({ "type": kind, "spec_version": "2.1", "id": id(kind, &fields.to_string()) });
        if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
            object.extend(fields);
        }
        self.add(object)
    }

    fn observed(&mut self, record: &Record) {
        let mut refs = Vec::new();
        if let Some(address) =
            record.address.as_ref().and_then(|address| address.parse::<SocketAddr>().ok())
        {
            let kind = if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
            let host = self.observable(kind, json!({ "value": address.ip().to_string() }));
            let traffic = json!({
                "protocols": [if record.network == "dht" { "udp" } else { "tcp" }],
                "dst_ref": host, "dst_port": address.port(), "start": record.sent_at,
            });
            refs.extend([host.clone(), self.observable("network-traffic", traffic)]);
        }
        refs.extend(self.reply(record));
        if refs.is_empty() {
            // nothing came, and where it went is hidden: the question itself is what is left
            let peer = record.peer.as_deref().unwrap_or("a peer that is withheld");
            refs.push(
                self.observable(
                    "file",
                    json!({ "name": format!("{} to {peer}", record.question) }),
                ),
            );
        }
        let mut object = self.object("observed-data", &format!("entry {}", record.entry));
        object["first_observed"] = record.sent_at.clone().into();
        object["last_observed"] =
            record.ended_at.clone().unwrap_or_else(|| record.sent_at.clone()).into();
        object["number_observed"] = 1.into();
        object["object_refs"] = refs.into();
        let id = self.add(object);
        for key in [&record.reply_sha256, &record.content].into_iter().flatten() {
            self.by_reply.entry(key.clone()).or_default().push(id.clone());
        }
    }

    /// The reply as a file, and its bytes where they were kept.
    fn reply(&mut self, record: &Record) -> Vec<String> {
        let Some(error) = record.error else { return Vec::new() };
        let peer = record.peer.as_deref().unwrap_or("a peer that is withheld");
        let mut name = format!("reply of {peer} to {} (error {error})", record.question);
        if let Some(summary) = &record.reply_summary {
            name += ": ";
            name += summary;
        }
        let mut file = json!({ "name": name });
        if let Some(bytes) = record.reply_bytes {
            file["size"] = bytes.into();
        }
        if let Some(hash) = &record.reply_sha256 {
            file["hashes"] = json!({ "SHA-256": hash });
        }
        let mut refs = Vec::new();
        if let Some(payload) = record.reply_payload.as_ref().filter(|payload| !payload.is_empty()) {
            let hash = json!({ "SHA-256": record.reply_sha256 });
            let artifact = json!({ "payload_bin": BASE64.encode(payload), "mime_type": "application/octet-stream", "hashes": hash });
            let artifact = self.observable("artifact", artifact);
            file["content_ref"] = artifact.clone().into();
            refs.push(artifact);
        }
        refs.push(self.observable("file", file));
        refs
    }

    fn signal(&mut self, card: &Card) {
        let observed = |reply: &String| self.by_reply.get(reply).into_iter().flatten().cloned();
        let mut refs: Vec<String> = card.replies.iter().flat_map(observed).collect();
        refs.sort();
        refs.dedup();
        if let Some(pattern) = pattern(card) {
            let mut indicator = self.object("indicator", &card.id);
            indicator["name"] = card.title.clone().into();
            indicator["description"] =
                format!("{} Could be: {}.", card.seen, card.other_causes.join("; ")).into();
            indicator["indicator_types"] = json!(["anomalous-activity"]);
            indicator["pattern"] = pattern.into();
            indicator["pattern_type"] = "stix".into();
            indicator["pattern_version"] = "2.1".into();
            indicator["valid_from"] = card.since.clone().into();
            refs.push(self.add(indicator));
        }
        if refs.is_empty() {
            refs.push(self.author.clone());
        }
        let words = [
            ("Seen", &card.seen),
            ("Asked", &card.asked),
            ("Healthy", &card.healthy),
            ("By chance", &card.chance),
            ("To tell", &card.to_tell),
            ("Not said", &card.not_said),
        ];
        let mut text: Vec<String> =
            words.iter().map(|(name, words)| format!("{name}: {words}")).collect();
        text.insert(4, format!("Could be: {}", card.other_causes.join("; ")));
        self.note(&card.id, &card.title, &text.join("\n"), refs);
    }

    fn note(&mut self, name: &str, title: &str, text: &str, refs: Vec<String>) {
        let mut note = self.object("note", name);
        note["abstract"] = title.into();
        note["content"] = text.into();
        note["object_refs"] = refs.into();
        self.add(note);
    }
}

/// What others can look for: the exact bytes where all replies are the same.
fn pattern(card: &Card) -> Option<String> {
    let is_hash = |reply: &&String| reply.len() == 64 && HEXLOWER.decode(reply.as_bytes()).is_ok();
    let hashes: Vec<&String> = card.replies.iter().filter(is_hash).take(20).collect();
    let hashes: std::collections::BTreeSet<&String> = hashes.into_iter().collect();
    let each: Vec<String> =
        hashes.iter().map(|digest| format!("file:hashes.'SHA-256' = '{digest}'")).collect();
    (!each.is_empty()).then(|| format!("[{}]", each.join(" OR ")))
}

/// What has no domain object's fields: its id is a UUID of version 5, the others' are of version 4
/// (STIX 2.1, 2.9 and 3.7).
const OBSERVABLES: [&str; 5] = ["artifact", "file", "ipv4-addr", "ipv6-addr", "network-traffic"];

/// An id from what it names. Those of version 4 are made from a hash, too: the same case gives the
/// same bundle.
fn id(kind: &str, name: &str) -> String {
    let hash = Sha1::new()
        .chain_update(NAMESPACE)
        .chain_update(kind)
        .chain_update([0])
        .chain_update(name)
        .finalize();
    let mut uuid: [u8; 16] = hash[..16].try_into().unwrap_or_default();
    let version = if OBSERVABLES.contains(&kind) { 0x50 } else { 0x40 };
    uuid[6] = uuid[6] & 0x0f | version;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&uuid);
    format!(
        "{kind}--{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

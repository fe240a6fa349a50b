//! An answer as it is read: what the networks' decoders say of it, as values for a tree. Its bytes
//! are not kept, since infohashes, samples and addresses of others may stand in them.

use bytes::Bytes;
use serde_json::Value;
use swarmscope_peer::crawler::Decoding;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{ContentId, Decoded, ErrorByte, Sha256Sum};

use crate::words::clean;

/// What differs between answers that say the same: times, and what belongs to one peer alone.
const VOLATILE: [&str; 11] = [
    "rtt_ms",
    "ms",
    "id",
    "address",
    "our_address",
    "yourip",
    "detail",
    "queries",
    "queries_of_its_own",
    "took_ms",
    "port",
];

/// The format that such answers have.
const AS_READ: &str = "as read: bytes are not kept here";

/// Whether it is such an answer.
pub fn is_as_read(decoded: &Decoded) -> bool {
    decoded.format == AS_READ
}

/// The answer, and what stands for its bytes on the screen: its values as JSON. They are not what
/// came.
#[must_use]
pub fn decoding(error: ErrorByte, summary: &str, says: &Value) -> (Decoding, Bytes) {
    let payload = Bytes::from(serde_json::to_vec_pretty(says).unwrap_or_default());
    let mut tree = node("", says);
    tree.value = clean(summary);
    let decoded = Decoded {
        format: AS_READ.to_owned(),
        summary: clean(summary),
        tree,
        json: says.clone(),
        notes: Vec::new(),
    };
    let content =
        ContentId::of_reply(error, &decoded, true, Sha256Sum::of(&payload).id(), &VOLATILE);
    let shape = ContentId::of_shape(error, &decoded, true, &VOLATILE);
    let mut decoding = Decoding::kept(decoded, content, &payload);
    decoding.shape = shape;
    (decoding, payload)
}

/// What comes first of an answer; the rest follows in the order of its names.
const FIRST: [&str; 12] = [
    "what",
    "client",
    "v",
    "peer_id_client",
    "version",
    "encryption",
    "utp",
    "id",
    "bep42",
    "ended",
    "closest",
    "nodes",
];

fn place(name: &str) -> usize {
    FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
}

fn node(label: &str, value: &Value) -> Node {
    let label = clean(label).replace('_', " ");
    let (shown, children): (String, Vec<Node>) = match value {
        Value::Object(members) => {
            let mut known: Vec<_> = members.iter().filter(|(_, value)| !value.is_null()).collect();
            known.sort_by_key(|(name, _)| place(name));
            let children: Vec<Node> =
                known.into_iter().map(|(name, value)| node(name, value)).collect();
            let line: Vec<String> = (children.iter())
                .filter(|child| child.children.is_empty())
                .map(|child| format!("{} {}", child.label, child.value))
                .collect();
            (line.join(", "), children)
        }
        Value::Array(items) => {
            let children: Vec<Node> =
                (1..).zip(items).map(|(at, item)| node(&format!("{at}"), item)).collect();
            (items.len().to_string(), children)
        }
        Value::String(text) => (clean(text), Vec::new()),
        Value::Bool(true) => ("yes".to_owned(), Vec::new()),
        Value::Bool(false) => ("no".to_owned(), Vec::new()),
        other => (other.to_string(), Vec::new()),
    };
    Node { label, value: shown, span: None, children }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_answers_are_equal_whoever_gives_them_and_however_long_they_take() {
        let of = |rtt: f64, id: &str, v: &str| {
            let says = json!({ "rtt_ms": rtt, "id": id, "v": v, "bep42": null });
            decoding(ErrorByte::SUCCESS, "LT, answers", &says).0
        };
        assert_eq!(of(1.0, "aa", "LT").content, of(2.0, "bb", "LT").content);
        assert_ne!(of(1.0, "aa", "LT").content, of(1.0, "aa", "UT").content);
        let shape = |peers: u64, said: &str| {
            let says = json!({ "peers": peers, "message": said });
            decoding(ErrorByte::SUCCESS, "answers", &says).0.shape
        };
        assert_eq!(shape(3, "few"), shape(9, "few"), "a shape has no numbers");
        assert_ne!(shape(3, "few"), shape(3, "none"));
        let tree = of(1.0, "aa", "LT").decoded.tree;
        let labels: Vec<&str> = tree.children.iter().map(|child| child.label.as_str()).collect();
        assert_eq!(labels, ["v", "id", "rtt ms"], "what is not known is not shown");
    }
}

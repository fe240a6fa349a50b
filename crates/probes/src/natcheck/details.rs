//! The eighth element of a NATCHECK reply, which peers give to Crawlers of version 18: each
//! property that was measured, with its confidence (see [`crate::nat::reply`]).

use serde_json::{Map, Value as Json, json};

use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_wire::bencode::Value;
use swarmscope_wire::text;
use swarmscope_wire::tree::Node;

/// The longest text here that is shown: the longest reason why something is not known has 72
/// characters.
const MAX_CHARS: usize = 120;

/// What stands under a key.
#[derive(Clone, Copy)]
enum Kind {
    /// A property: a dict of a verdict and its confidence, or why there is none.
    Axis,
    Seconds,
    Count,
    YesOrNo,
    Text,
}

/// The keys, and those of the JSON form.
const KEYS: [(&str, &str, Kind); 12] = [
    ("udp", "udp", Kind::Axis),
    ("mapping", "mapping", Kind::Axis),
    ("filtering", "filtering", Kind::Axis),
    ("port preservation", "port_preservation", Kind::Axis),
    ("hairpin", "hairpin", Kind::Axis),
    ("lifetime", "lifetime", Kind::Axis),
    ("translated", "translated", Kind::YesOrNo),
    ("age", "age_s", Kind::Seconds),
    ("took", "took_s", Kind::Seconds),
    ("sent", "sent", Kind::Count),
    ("answered", "answered", Kind::Count),
    ("error", "error", Kind::Text),
];

/// A value for people and for programs.
type Read = (String, Json);

/// Names the fields of `node`, which is the element's tree by format, in the order of [`KEYS`], and
/// gives its JSON form. What a later version adds stays as it is, behind them, in the tree alone.
///
/// # Errors
/// What is no dict, or has something else under a known key.
pub fn decode(element: &Value, node: &mut Node) -> Result<Json, ReplyDecodeError> {
    let pairs = element
        .as_dict()
        .ok_or_else(|| ReplyDecodeError("field 7 (measured) is not a dict".into()))?;
    "measured".clone_into(&mut node.label);
    let mut json = Map::new();
    let mut rest = std::mem::take(&mut node.children);
    for (key, name, kind) in KEYS {
        let Some(place) = pairs.iter().position(|(found, _)| found == key.as_bytes()) else {
            continue;
        };
        let (shown, value) = read(kind, &pairs[place].1)
            .ok_or_else(|| ReplyDecodeError(format!("{key} has unexpected content")))?;
        json.insert(name.into(), value);
        let span = rest
            .iter()
            .position(|child| child.label == key)
            .and_then(|child| rest.remove(child).span);
        node.children.push(Node::leaf(key, shown, span));
    }
    node.children.append(&mut rest);
    Ok(json.into())
}

fn read(kind: Kind, value: &Value) -> Option<Read> {
    Some(match kind {
        Kind::Axis => return axis(value),
        Kind::Text => words(value.as_bytes()?),
        Kind::Seconds => (format!("{} s", number(value)?), number(value)?.into()),
        Kind::Count => (number(value)?.to_string(), number(value)?.into()),
        Kind::YesOrNo => {
            let yes = number(value)? != 0;
            (if yes { "yes" } else { "no" }.into(), yes.into())
        }
    })
}

/// `endpoint-independent (99 %)`, `inconclusive: too much loss`, `not measured`.
fn axis(value: &Value) -> Option<Read> {
    let (verdict, _) = words(value.get("verdict")?.as_bytes()?);
    Some(match (value.get("confidence"), value.get("why")) {
        (Some(confidence), _) => {
            let percent = number(confidence)?;
            (
                format!("{verdict} ({percent} %)"),
                json!({ "verdict": verdict, "confidence": percent }),
            )
        }
        (None, Some(why)) => {
            let (why, _) = words(why.as_bytes()?);
            (format!("{verdict}: {why}"), json!({ "verdict": verdict, "why": why }))
        }
        (None, None) => (verdict.clone(), json!({ "verdict": verdict })),
    })
}

fn words(bytes: &[u8]) -> Read {
    let shown = text::clip(bytes, MAX_CHARS);
    (shown.clone(), shown.into())
}

/// A count, or a time: never negative.
fn number(value: &Value) -> Option<u64> {
    u64::try_from(value.as_int()?).ok()
}

//! How a REPEX reply reads: a list of walks, each with the peers it found.

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use crate::rows;
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_wire::{Decoded, text};

/// The values of a record, and the keys of their JSON form.
const RECORD: [(&str, &str); 5] = [
    ("infohash", "infohash"),
    ("swarm cache", "swarmcache"),
    ("stats", "stats"),
    ("timestamp", "timestamp"),
    ("end", "endtimestamp"),
];
/// The values of the stats tuple.
const STATS: [&str; 4] = ["shufflecount", "shufflepeers", "bootstrapcount", "datacost"];

pub(super) fn decode(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    let mut decoded = rows::read(payload)?;
    let Value::Array(records) = std::mem::take(&mut decoded.json) else {
        return Err(ReplyDecodeError("not a list of records".into()));
    };
    rows::check_number(records.len())?;
    let wrong = |number| {
        ReplyDecodeError(format!(
            "record {number} is not (infohash, swarm cache, stats, timestamp, end)"
        ))
    };
    let typed =
        records.into_iter().enumerate().map(|(number, it)| record(it).ok_or_else(|| wrong(number)));
    decoded.json = Value::Array(typed.collect::<Result<_, _>>()?);
    decoded.summary = text::count(decoded.tree.children.len(), "record", "records");
    decoded.tree.value.clone_from(&decoded.summary);
    for record in &mut decoded.tree.children {
        for (value, (label, _)) in record.children.iter_mut().zip(RECORD) {
            label.clone_into(&mut value.label);
            if label == "stats" {
                for (value, label) in value.children.iter_mut().zip(STATS) {
                    label.clone_into(&mut value.label);
                }
            }
        }
    }
    Ok(decoded)
}

fn record(value: Value) -> Option<Value> {
    let Value::Array(values) = value else { return None };
    if values.len() != RECORD.len() && values.len() != RECORD.len() - 1 {
        return None;
    }
    let mut record = Map::new();
    for (value, (_, key)) in values.into_iter().zip(RECORD) {
        let value = match key {
            "infohash" => infohash(&value)?,
            "swarmcache" => swarm_cache(value)?,
            "stats" => stats(value)?,
            _ => value.is_number().then_some(value)?,
        };
        record.insert(key.into(), value);
    }
    Some(record.into())
}

/// Bytes as hexadecimal digits; text, as our own peers send it, as it is.
fn infohash(value: &Value) -> Option<Value> {
    let bytes = match value.get("base64") {
        Some(base64) => BASE64.decode(base64.as_str()?.as_bytes()).ok()?,
        None => value.as_str()?.as_bytes().to_vec(),
    };
    let is_text = bytes.len() > 20 && bytes.iter().all(u8::is_ascii_graphic);
    Some(if is_text { String::from_utf8_lossy(&bytes).into() } else { text::hex(&bytes).into() })
}

/// A list of peers, each with what is known of it.
fn swarm_cache(value: Value) -> Option<Value> {
    let Value::Object(mut cache) = value else { return None };
    let peers: Vec<Value> = match cache.remove("pairs").filter(|_| cache.is_empty()) {
        Some(Value::Array(pairs)) => pairs
            .into_iter()
            .map(|pair| match pair {
                Value::Array(pair) => {
                    <[Value; 2]>::try_from(pair).ok().map(|[key, known]| peer(&key, known))
                }
                _ => None,
            })
            .collect::<Option<_>>()?,
        Some(_) => return None,
        None => cache.into_iter().map(|(key, known)| peer(&key.into(), known)).collect(),
    };
    Some(peers.into())
}

fn peer(key: &Value, known: Value) -> Value {
    let name = match key {
        Value::String(name) => name.clone(),
        Value::Array(address) => {
            let parts: Vec<_> = address
                .iter()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect();
            parts.join(":")
        }
        other => other.to_string(),
    };
    match known {
        Value::Object(mut known) => {
            known.insert("peer".into(), name.into());
            known.into()
        }
        other => json!({ "peer": name, "known": other }),
    }
}

fn stats(value: Value) -> Option<Value> {
    match value {
        Value::Null => Some(Value::Null),
        Value::Array(values) if values.len() == STATS.len() => {
            Some(STATS.into_iter().map(str::to_owned).zip(values).collect::<Map<_, _>>().into())
        }
        _ => None,
    }
}

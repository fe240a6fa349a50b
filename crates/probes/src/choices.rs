//! Requests that are chosen from a few by name, where a payload is a language of its own: what the
//! original asks, and what helps to look around.

use bytes::Bytes;

use swarmscope_peer::crawler::field::{Field, Kind, Value};

/// The field of a probe that has only this one.
#[must_use]
pub fn field(choices: &'static [(&'static str, &'static str)]) -> Field {
    let usual = choices.first().map_or("", |(name, _)| name);
    Field::new("ask", Kind::Choice(choices), usual)
}

/// The payload of this name; `usual` for the first choice, and for anything else.
#[must_use]
pub fn payload(values: &[Value], named: &[(&str, &'static [u8])], usual: Bytes) -> Bytes {
    let [Value::Text(chosen)] = values else { return usual };
    let found = named.iter().find(|(name, _)| name == chosen);
    found.map_or(usual, |(_, payload)| Bytes::from_static(payload))
}

//! A decoded payload as JSON: what programs read.
//!
//! Text and bytes that are UTF-8 become strings, other bytes `{"base64": …}`; None is null; a list
//! or tuple an array; a dict an object, or `{"pairs": [[key, value], …]}` where a key is no text or
//! occurs twice; what is nested too deep is empty. Integers beyond 64 bits and floats that are no numbers become strings. What a
//! pickle would have called is `{"refused": …, "operands": […]}`.

use std::collections::HashSet;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::float;
use super::integer::Integer;
use super::limits::MAX_DEPTH;
use super::note::{Note, NoteKind};
use super::shape::{Items, Shape, Source};

/// How much memory one value may take, in bytes: as much as the largest reply that is kept. Only a
/// pickle that shares values a thousandfold becomes larger than what it was read from.
const MAX_SIZE: usize = 64 << 20;

/// What an object takes besides its members: a node of its map has room for eleven.
const OBJECT: usize = 704;
/// What a member takes besides its name and its value where nodes are half full.
const MEMBER: usize = 48;
/// What an array takes at least: it begins with room for four.
const ARRAY: usize = 4 * size_of::<Value>();

/// Makes JSON of a value; says in `notes` where it ends early.
pub fn build<'a>(source: impl Source<'a>, notes: &mut Vec<Note>) -> Value {
    let mut builder = Builder { left: MAX_SIZE, cut: false, too_deep: false };
    let value = builder.value(source, 0);
    if builder.cut {
        notes.push(Note::new(
            NoteKind::LeftOut,
            "the JSON ends early: it would take more than 64 MiB",
        ));
    }
    if builder.too_deep {
        notes.push(Note::new(
            NoteKind::TooDeep,
            format!("nested deeper than {MAX_DEPTH}: the JSON ends there"),
        ));
    }
    value
}

/// Bytes that are not text.
#[must_use]
pub fn base64(bytes: &[u8]) -> Value {
    let members = [("base64".to_owned(), Value::from(BASE64.encode(bytes)))]; // `json!` would copy it
    Value::Object(members.into_iter().collect())
}

struct Builder {
    /// How much more memory may be taken.
    left: usize,
    cut: bool,
    too_deep: bool,
}

impl Builder {
    fn value<'a, V: Source<'a>>(&mut self, source: V, depth: usize) -> Value {
        self.charge(0);
        match source.shape() {
            Shape::None => Value::Null,
            Shape::Bool(value) => value.into(),
            Shape::Int(number) => self.integer(number),
            Shape::Float(number) if number.is_finite() => number.into(),
            Shape::Float(number) => float::python_str(number).into(),
            Shape::Text(text) => self.bytes(text.as_bytes()),
            Shape::Bytes(bytes) => self.bytes(bytes),
            Shape::List(items) | Shape::Tuple(items) => Value::Array(self.items(items, depth)),
            Shape::Dict(pairs) => {
                // what is too deep is not looked into: one dict may stand there many times
                if depth >= MAX_DEPTH || has_distinct_names(pairs) {
                    self.object(source, depth)
                } else {
                    self.pairs(source, depth)
                }
            }
            Shape::Refused { opcode, name, operands } => {
                let operands = self.items(operands, depth);
                let members = [
                    ("refused".to_owned(), json!(opcode)),
                    ("name".to_owned(), json!(name)),
                    ("operands".to_owned(), Value::Array(operands)),
                ];
                Value::Object(members.into_iter().collect())
            }
        }
    }

    fn integer(&mut self, number: &Integer) -> Value {
        match number {
            Integer::Small(number) => (*number).into(),
            Integer::Big(digits) => self.bytes(digits.as_bytes()),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Value {
        self.charge(bytes.len());
        str::from_utf8(bytes).map_or_else(|_| base64(bytes), Value::from)
    }

    fn items<'a, V: Source<'a>>(&mut self, items: Items<'a, V>, depth: usize) -> Vec<Value> {
        let mut array = Vec::new();
        self.charge(ARRAY);
        self.each(items, depth, |builder, item| {
            builder.charge(0); // an array that grows has room for twice as many
            array.push(builder.value(item, depth + 1));
        });
        array
    }

    fn object<'a, V: Source<'a>>(&mut self, dict: V, depth: usize) -> Value {
        let Shape::Dict(pairs) = dict.shape() else { return Value::Null };
        let mut object = Map::new();
        self.charge(OBJECT);
        self.each(pairs, depth, |builder, (key, value)| {
            let name = name(key).unwrap_or_default();
            builder.charge(MEMBER + name.len());
            object.insert(name.into(), builder.value(value, depth + 1));
        });
        Value::Object(object)
    }

    fn pairs<'a, V: Source<'a>>(&mut self, dict: V, depth: usize) -> Value {
        let Shape::Dict(pairs) = dict.shape() else { return Value::Null };
        let mut array = Vec::new();
        self.charge(OBJECT + ARRAY);
        self.each(pairs, depth, |builder, (key, value)| {
            builder.charge(0);
            let pair = vec![builder.value(key, depth + 1), builder.value(value, depth + 1)];
            array.push(Value::Array(pair));
        });
        // `json!` would copy all that is inside, at each depth anew
        Value::Object([("pairs".to_owned(), Value::Array(array))].into_iter().collect())
    }

    /// Goes through the contents of a container as far as depth and memory allow.
    fn each<T>(
        &mut self,
        mut items: Items<'_, T>,
        depth: usize,
        mut add: impl FnMut(&mut Self, T),
    ) {
        if depth >= MAX_DEPTH && items.len() > 0 {
            self.too_deep = true;
            return;
        }
        while self.left > 0 {
            let Some(item) = items.next() else { return };
            add(self, item);
        }
        self.cut |= items.len() > 0;
    }

    /// Charges a value and the bytes of its text.
    fn charge(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(size_of::<Value>() + bytes);
    }
}

/// A dict key as the name of an object's member.
fn name<'a, V: Source<'a>>(key: V) -> Option<&'a str> {
    match key.shape() {
        Shape::Text(text) => Some(text),
        Shape::Bytes(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn has_distinct_names<'a, V: Source<'a>>(mut pairs: Items<'a, (V, V)>) -> bool {
    let mut names = HashSet::new();
    pairs.all(|(key, _)| name(key).is_some_and(|name| names.insert(name)))
}

#[cfg(test)]
mod tests;

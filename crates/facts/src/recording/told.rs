//! What a reader of facts makes of the message of a recording.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::rewriting::{Rewrite, Rewritten};
use crate::input::Input;

/// The names under which inputs are written.
const INPUTS: [&str; 6] = ["node", "asked", "decoded", "label", "forgotten", "network"];

/// An input, or something that is none: a key, the size of a terminal.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// To be folded.
    Input(Box<Input>),
    /// Something of whoever recorded it.
    Other,
}

impl<'de> Deserialize<'de> for Told {
    /// An input that does not read is an error, never something else.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let is_input = value
            .as_object()
            .is_some_and(|map| map.keys().any(|name| INPUTS.contains(&name.as_str())));
        if !is_input {
            return Ok(Self::Other);
        }
        serde_json::from_value(value)
            .map(|input| Self::Input(Box::new(input)))
            .map_err(D::Error::custom)
    }
}

impl Rewritten for Told {
    fn rewrite(&mut self, to: &mut impl Rewrite) {
        if let Self::Input(input) = self {
            input.rewrite(to);
        }
    }
}

//! What a payload was read as.

use serde::{Deserialize, Serialize};

use super::note::Note;
use super::serial;
use super::tree::Node;

/// A decoded payload: for people a summary and a tree, for programs a JSON value, and what was odd
/// about it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Decoded {
    /// `bencode`, `a`, `pickle`, `text`, `hex`…, outermost first where they nest: `zlib, text`.
    pub format: String,
    /// One line: `7 fields`, `5 174 rows`.
    pub summary: String,
    /// The values for people, each with the bytes it came from.
    pub tree: Node,
    /// The values for programs.
    #[serde(with = "serial::json")]
    pub json: serde_json::Value,
    /// What a person should know: opcodes that would have called something, output that was cut,
    /// deviations.
    pub notes: Vec<Note>,
}

//! Which replies' payloads are in memory, and how much they take.

use std::collections::VecDeque;

use serde_json::Value;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::Decoded;
use swarmscope_wire::tree::Node;

/// About what one value of a decoded reply takes besides its text, in bytes.
const BYTES_A_VALUE: usize = 128;
/// About what an object takes besides its members.
const BYTES_AN_OBJECT: usize = 704;
/// And a member besides its name and its value.
const BYTES_A_MEMBER: usize = 48;

/// Replies whose payloads are in memory, oldest first, and about how many bytes they take.
#[derive(Clone, Default, Debug)]
pub struct Held {
    replies: VecDeque<(PeerKey, Ticket, usize)>,
    bytes: usize,
}

impl Held {
    /// About how many bytes they take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.replies.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    /// A reply of so many bytes came.
    pub(crate) fn add(&mut self, key: PeerKey, ticket: Ticket, bytes: usize) {
        self.replies.push_back((key, ticket, bytes));
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// The same reply takes more: it was decoded.
    pub(crate) fn grow(&mut self, ticket: Ticket, by: usize) {
        if let Some((.., bytes)) =
            self.replies.iter_mut().rev().find(|(_, held, _)| *held == ticket)
        {
            *bytes = bytes.saturating_add(by);
            self.bytes = self.bytes.saturating_add(by);
        }
    }

    /// A peer has gone with all its replies.
    pub(crate) fn forget(&mut self, key: &PeerKey) {
        self.replies.retain(|(of, ..)| of != key);
        self.bytes = self.replies.iter().map(|(.., bytes)| bytes).sum();
    }

    /// The oldest, where there are more than so many or they take more bytes; the newest is never
    /// let go.
    pub(crate) fn let_go(&mut self, most: usize, most_bytes: usize) -> Option<(PeerKey, Ticket)> {
        if self.replies.len() <= 1 || self.bytes <= most_bytes && self.replies.len() <= most {
            return None;
        }
        let (key, ticket, bytes) = self.replies.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes);
        Some((key, ticket))
    }
}

/// About how many bytes a decoded reply takes: its values for people and those for programs.
#[must_use]
pub fn cost(decoded: &Decoded) -> usize {
    tree(&decoded.tree) + json(&decoded.json)
}

fn tree(node: &Node) -> usize {
    let own = BYTES_A_VALUE + node.label.len() + node.value.len();
    own + node.children.iter().map(tree).sum::<usize>()
}

fn json(value: &Value) -> usize {
    const ONE: usize = size_of::<Value>();
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => ONE + text.len(), // no allocation is as small as a letter
        Value::Array(items) => items.iter().map(json).sum(),
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| BYTES_A_MEMBER + name.len() + json(value));
            BYTES_AN_OBJECT + members.sum::<usize>()
        }
    };
    2 * ONE + inside // an array that grew has room for twice as many
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_read_counts_too() {
        let decoded = |json| cost(&Decoded { json, ..Decoded::default() });
        let text = decoded(Value::from("x".repeat(1 << 20)));
        assert!((1 << 20..(1 << 20) + 1000).contains(&text), "{text}");
        let objects = decoded(vec![serde_json::json!({"a": 1}); 1000].into());
        assert!(objects > 700_000, "a map has room for eleven members: {objects}");
    }
}

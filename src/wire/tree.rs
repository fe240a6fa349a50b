//! A decoded payload as a tree that a person can read and a program can select in, each node with the bytes it came from.

use std::ops::Range;

/// One value of a decoded payload. Text is already free of control characters.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Node {
    /// The name of this value in its parent: a key, an index, a column; empty for the root.
    pub label: String,
    /// The value on one line; for containers a count such as `3 rows`.
    pub value: String,
    /// Where in the payload the value stands, where that is known.
    pub span: Option<Range<usize>>,
    pub children: Vec<Node>,
}

impl Node {
    #[must_use]
    pub fn leaf(label: impl Into<String>, value: impl Into<String>, span: Option<Range<usize>>) -> Self {
        Self { label: label.into(), value: value.into(), span, children: Vec::new() }
    }
}

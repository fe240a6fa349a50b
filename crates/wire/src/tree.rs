//! A decoded payload as a tree that a person can read and a program can select in, each node with
//! the bytes it came from.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::float;
use super::integer::Integer;
use super::limits::MAX_DEPTH;
use super::note::{Note, NoteKind};
use super::shape::{Items, Shape, Source};
use super::text::{self, count};

mod flat;

/// How much memory one tree may take, in bytes: some 200 000 short values, more than anybody
/// scrolls through.
const MAX_SIZE: usize = 32 << 20;
/// What a node takes besides its texts.
const NODE_SIZE: usize = size_of::<Node>() + 32;
/// How much of a text stands in the tree; the rest is in the text and hex views.
const MAX_TEXT_CHARS: usize = 256;
/// How many bytes of a value that is not text stand in the tree.
const MAX_HEX_BYTES: usize = 32;
/// The longest container that is written on its own line, in characters: a row of a table.
const MAX_ROW_CHARS: usize = 60;

/// One value of a decoded payload. Text is already free of control characters.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Vec<flat::Row>", try_from = "Vec<flat::Row>")]
pub struct Node {
    /// The name of this value in its parent: a key, an index, a column; empty for the root.
    pub label: String,
    /// The value on one line; for containers a count such as `3 rows`.
    pub value: String,
    /// Where in the payload the value stands, where that is known.
    pub span: Option<Range<usize>>,
    /// What a container holds; empty for scalars.
    pub children: Vec<Node>,
}

impl Node {
    /// A value that holds no others.
    #[must_use]
    pub fn leaf(
        label: impl Into<String>,
        value: impl Into<String>,
        span: Option<Range<usize>>,
    ) -> Self {
        Self { label: label.into(), value: value.into(), span, children: Vec::new() }
    }

    fn size(&self) -> usize {
        NODE_SIZE + self.label.len() + self.value.len()
    }

    /// Takes the spans off, where they are not of the payload that is shown.
    pub fn forget_spans(&mut self) {
        self.span = None;
        self.children.iter_mut().for_each(Self::forget_spans);
    }
}

/// Makes a tree, as deep as [`MAX_DEPTH`] and as large as memory allows one; says in `notes` where
/// it ends early.
pub fn build<'a>(source: impl Source<'a>, notes: &mut Vec<Note>) -> Node {
    let mut builder = Builder { left: MAX_SIZE, cut: false, too_deep: false };
    let node = builder.node(String::new(), source, 0);
    if builder.cut {
        notes.push(Note::new(NoteKind::LeftOut, "too many values to show: the tree ends early"));
    }
    if builder.too_deep {
        notes.push(Note::new(
            NoteKind::TooDeep,
            format!("nested deeper than {MAX_DEPTH}: the tree ends there"),
        ));
    }
    node
}

/// The lines of a text as a tree.
pub fn lines(text: &str, notes: &mut Vec<Note>) -> Node {
    let mut builder = Builder { left: MAX_SIZE, cut: false, too_deep: false };
    let mut lines = text.lines().enumerate();
    let mut node =
        Node::leaf("", count(text.lines().count(), "line", "lines"), Some(0..text.len()));
    for (number, line) in lines.by_ref() {
        let start = line.as_ptr().addr() - text.as_ptr().addr();
        node.children.push(Node::leaf(
            (number + 1).to_string(),
            show_text(line.as_bytes()),
            Some(start..start + line.len()),
        ));
        if builder.is_full_after(&node.children[number]) {
            break;
        }
    }
    let rest = lines.count();
    if rest > 0 {
        node.children.push(more(rest));
        notes.push(Note::new(NoteKind::LeftOut, "too many lines to show: the tree ends early"));
    }
    node
}

/// Bytes that are not text.
#[must_use]
pub fn show_bytes(bytes: &[u8]) -> String {
    let cut = if bytes.len() > MAX_HEX_BYTES { "…" } else { "" };
    let shown = text::hex(&bytes[..bytes.len().min(MAX_HEX_BYTES)]);
    format!("0x{shown}{cut} ({})", count(bytes.len(), "byte", "bytes"))
}

/// Text on one line.
fn show_text(bytes: &[u8]) -> String {
    let shown = text::clip(bytes, MAX_TEXT_CHARS);
    match (bytes.len(), shown.ends_with(text::ELLIPSIS)) {
        (0, _) => "\"\"".into(),
        (len, true) => format!("{shown} ({})", count(len, "byte", "bytes")),
        _ => shown,
    }
}

/// Whether as much of a value as is shown is text. More is not looked at, because a pickle can
/// share one long value among all nodes.
fn begins_as_text(bytes: &[u8]) -> bool {
    let shown = &bytes[..bytes.len().min(MAX_TEXT_CHARS)];
    match str::from_utf8(shown) {
        Err(error) if error.error_len().is_none() && shown.len() < bytes.len() => {
            text::is_text(&shown[..error.valid_up_to()])
        }
        _ => text::is_text(shown),
    }
}

/// What stands for values that are not shown.
fn more(number: usize) -> Node {
    Node::leaf(text::ELLIPSIS, count(number, "more", "more"), None)
}

struct Builder {
    /// How much more memory may be taken.
    left: usize,
    cut: bool,
    too_deep: bool,
}

impl Builder {
    fn node<'a, V: Source<'a>>(&mut self, label: String, source: V, depth: usize) -> Node {
        let span = Some(source.span());
        let (words, items) = match source.shape() {
            Shape::List(items) => (["list", "value", "values"], self.items(items, depth)),
            Shape::Tuple(items) => (["tuple", "value", "values"], self.items(items, depth)),
            Shape::Dict(pairs) => (["dict", "key", "keys"], self.pairs(pairs, depth)),
            Shape::Refused { opcode, name, operands } => {
                let children = self.items(operands, depth).children;
                let space = if name.is_empty() { "" } else { " " };
                return Node {
                    label,
                    value: format!("{opcode}{space}{name}, not run"),
                    span,
                    children,
                };
            }
            scalar => {
                let node = Node::leaf(label, show_scalar(&scalar), span);
                self.is_full_after(&node);
                return node;
            }
        };
        let node = Node { label, value: items.describe(words), span, children: items.children };
        self.is_full_after(&node);
        node
    }

    fn items<'a, V: Source<'a>>(&mut self, items: Items<'a, V>, depth: usize) -> Contents {
        let labelled = items.enumerate().map(|(index, item)| (index.to_string(), item));
        self.contents(labelled, depth)
    }

    fn pairs<'a, V: Source<'a>>(&mut self, pairs: Items<'a, (V, V)>, depth: usize) -> Contents {
        self.contents(pairs.map(|(key, value)| (show_key(key), value)), depth)
    }

    fn contents<'a, V: Source<'a>>(
        &mut self,
        mut items: impl ExactSizeIterator<Item = (String, V)>,
        depth: usize,
    ) -> Contents {
        let mut contents = Contents { len: items.len(), rows: false, children: Vec::new() };
        if depth >= MAX_DEPTH && contents.len > 0 {
            self.too_deep = true;
            return contents;
        }
        while self.left > 0 {
            let Some((label, item)) = items.next() else { return contents };
            contents.rows |= matches!(item.shape(), Shape::Tuple(_));
            contents.children.push(self.node(label, item, depth + 1));
        }
        if items.len() > 0 {
            self.cut = true;
            contents.children.push(more(items.len()));
        }
        contents
    }

    /// Charges a node; whether nothing more fits.
    fn is_full_after(&mut self, node: &Node) -> bool {
        self.left = self.left.saturating_sub(node.size());
        self.left == 0
    }
}

/// What a container holds.
struct Contents {
    len: usize,
    /// Whether a tuple is among it: then it is a table.
    rows: bool,
    children: Vec<Node>,
}

impl Contents {
    fn describe(&self, [kind, one, many]: [&str; 3]) -> String {
        match self.len {
            0 => format!("empty {kind}"),
            len if self.rows => count(len, "row", "rows"),
            len if kind == "dict" => count(len, one, many),
            len => self.on_one_line().unwrap_or_else(|| count(len, one, many)),
        }
    }

    /// The values themselves, where they are scalars and few.
    fn on_one_line(&self) -> Option<String> {
        if self.children.len() != self.len
            || self.children.iter().any(|child| !child.children.is_empty())
        {
            return None;
        }
        let mut line = String::new();
        for child in &self.children {
            if !line.is_empty() {
                line.push_str(", ");
            }
            line.push_str(&child.value);
            if line.chars().count() > MAX_ROW_CHARS {
                return None;
            }
        }
        Some(line)
    }
}

fn show_key<'a, V: Source<'a>>(key: V) -> String {
    match key.shape() {
        Shape::List(items) | Shape::Tuple(items) => {
            let parts: Vec<_> = items.take(4).map(|item| show_scalar(&item.shape())).collect();
            text::clip(parts.join(", ").as_bytes(), MAX_ROW_CHARS)
        }
        scalar => text::clip(show_scalar(&scalar).as_bytes(), MAX_ROW_CHARS),
    }
}

/// A scalar on one line; a container inside a key only by its kind.
fn show_scalar<V>(shape: &Shape<'_, V>) -> String {
    match shape {
        Shape::None => "none".into(),
        Shape::Bool(value) => value.to_string(),
        Shape::Int(Integer::Small(number)) => number.to_string(),
        Shape::Int(Integer::Big(digits)) => show_text(digits.as_bytes()),
        Shape::Float(number) => float::python_str(*number),
        Shape::Text(text) => show_text(text.as_bytes()),
        Shape::Bytes(bytes) if begins_as_text(bytes) => show_text(bytes),
        Shape::Bytes(bytes) => show_bytes(bytes),
        Shape::List(items) | Shape::Tuple(items) => count(items.len(), "value", "values"),
        Shape::Dict(pairs) => count(pairs.len(), "key", "keys"),
        Shape::Refused { opcode, .. } => format!("{opcode}, not run"),
    }
}

#[cfg(test)]
mod tests;

//! Finding something in a reply: in its values, its text, its bytes, or in what differs.

use std::ops::Range;

use swarmscope_wire::text::read_hex;
use swarmscope_wire::tree::Node;

use super::diff::{Change, Diff};
use super::reading::says_all;
use super::text::text_lines;

/// Places that are counted.
pub const MOST: usize = 10_000;
/// Bytes that are searched: more would be felt at each key.
const MOST_BYTES: usize = 16 << 20;
/// Where something was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hit {
    /// A value, by its path in the tree.
    Value(Vec<usize>),
    /// A line of the text, and which bytes of it.
    Text(usize, Range<usize>),
    /// Bytes of the payload.
    Bytes(Range<usize>),
    /// A line of a diff.
    Line(usize),
}

/// Where `text` stands in `line`, whatever the case of its plain letters.
pub fn places<'a>(line: &'a str, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    bytes_at(line.as_bytes(), text.as_bytes(), true)
        .filter(|range| line.is_char_boundary(range.start))
}

/// The same in bytes. What was found is not searched again.
fn bytes_at<'a>(
    bytes: &'a [u8],
    wanted: &'a [u8],
    any_case: bool,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let is = move |window: &[u8]| {
        if any_case { window.eq_ignore_ascii_case(wanted) } else { window == wanted }
    };
    let mut from = 0;
    std::iter::from_fn(move || {
        if wanted.is_empty() {
            return None;
        }
        let at = bytes.get(from..)?.windows(wanted.len()).position(is)? + from;
        from = at + wanted.len();
        Some(at..from)
    })
}

/// What `query` is found as in the values of a reply: names and texts, each value once, in their
/// order.
#[must_use]
pub fn in_values(tree: &Node, query: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if !query.is_empty() {
        in_tree(tree, query, &mut Vec::new(), &mut hits);
    }
    hits
}

/// In the lines of a payload's text.
#[must_use]
pub fn in_text(payload: &[u8], query: &str) -> Vec<Hit> {
    let of_line = |(number, line): (usize, String)| {
        places(&line, query).map(|range| Hit::Text(number, range)).collect::<Vec<_>>()
    };
    text_lines(payload).enumerate().flat_map(of_line).take(MOST).collect()
}

/// In a payload's bytes: `hex:0a0d` for bytes, anything else for characters.
#[must_use]
pub fn in_bytes(payload: &[u8], query: &str) -> Vec<Hit> {
    let shown = &payload[..payload.len().min(MOST_BYTES)];
    let (bytes, any_case) = match query.strip_prefix("hex:") {
        Some(digits) => (read_hex(digits).unwrap_or_default(), false),
        None => (query.as_bytes().to_vec(), true),
    };
    bytes_at(shown, &bytes, any_case).map(Hit::Bytes).take(MOST).collect()
}

/// In the lines of a diff.
#[must_use]
pub fn in_diff(diff: &Diff, query: &str) -> Vec<Hit> {
    let has = |text: &str| places(text, query).next().is_some();
    let hits = diff.lines.iter().enumerate().filter(|(_, line)| {
        has(&line.label)
            || match &line.change {
                Change::Changed { before, after } => has(before) || has(after),
                Change::Same(text) | Change::Added(text) | Change::Removed(text) => has(text),
                Change::Folded(_) => false,
            }
    });
    hits.map(|(number, _)| Hit::Line(number)).take(MOST).collect()
}

/// Values in their order, each once, whether its name or its text has what is looked for.
fn in_tree(node: &Node, wanted: &str, path: &mut Vec<usize>, hits: &mut Vec<Hit>) {
    let is_row = !path.is_empty() || node.children.is_empty();
    if is_row
        && [&node.label, &node.value].into_iter().any(|text| places(text, wanted).next().is_some())
    {
        hits.push(Hit::Value(path.clone()));
    }
    if is_row && says_all(node) {
        return; // its line was searched
    }
    for (index, child) in node.children.iter().enumerate() {
        if hits.len() >= MOST {
            return;
        }
        path.push(index);
        in_tree(child, wanted, path, hits);
        path.pop();
    }
}

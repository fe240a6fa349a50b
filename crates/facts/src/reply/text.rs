//! A reply as text for another program, all of it: clean, but not masked.

use std::fmt::Write as _;

use swarmscope_wire::text::{clean, clean_bytes, hex};
use swarmscope_wire::tree::Node;

use super::diff::{Change, Line};
use super::reading::says_all;

/// The most bytes of a reply that are shown as text; the rest is there as bytes.
pub const MOST_TEXT: usize = 256 * 1024;
/// Bytes of a payload that are written out: an editor that has to fold more is no help.
const MOST_BYTES: usize = 16 << 20;
/// Bytes in a row.
const ROW: usize = 16;

/// The lines of a payload's text, clean.
pub fn text_lines(payload: &[u8]) -> impl Iterator<Item = String> {
    let shown = &payload[..payload.len().min(MOST_TEXT)];
    shown
        .split(|byte| *byte == b'\n')
        .map(|line| clean_bytes(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// One line a value, two blanks a level.
pub fn tree(text: &mut String, node: &Node, level: usize) {
    if level > 0 || node.children.is_empty() {
        let indent = 2 * level.saturating_sub(1);
        let gap = if node.label.is_empty() { "" } else { "  " };
        let _ = writeln!(text, "{:indent$}{}{gap}{}", "", clean(&node.label), clean(&node.value));
    }
    if level > 0 && says_all(node) {
        return;
    }
    node.children.iter().for_each(|child| tree(text, child, level + 1));
}

/// The text of a payload, line by line.
pub fn lines(text: &mut String, payload: &[u8]) {
    let shown = &payload[..payload.len().min(MOST_BYTES)];
    for line in shown.split(|byte| *byte == b'\n') {
        text.push_str(&clean_bytes(line.strip_suffix(b"\r").unwrap_or(line)));
        text.push('\n');
    }
    rest(text, payload, shown);
}

/// The bytes of a payload: offset, digits, characters.
pub fn bytes(text: &mut String, payload: &[u8]) {
    let shown = &payload[..payload.len().min(MOST_BYTES)];
    for (number, row) in shown.chunks(ROW).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| hex(&[*byte])).collect();
        let plain = |byte: &u8| {
            if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' }
        };
        let chars: String = row.iter().map(plain).collect();
        let _ = writeln!(text, "{:08x}  {:47}  {chars}", number * ROW, digits.join(" "));
    }
    rest(text, payload, shown);
}

fn rest(text: &mut String, payload: &[u8], shown: &[u8]) {
    if shown.len() < payload.len() {
        let _ = writeln!(
            text,
            "… {} more bytes: save the payload to see them",
            payload.len() - shown.len()
        );
    }
}

/// A line of a diff: its sign, label and values.
pub fn diff_line(text: &mut String, line: &Line) {
    let (sign, value) = match &line.change {
        Change::Same(value) => (' ', value.clone()),
        Change::Changed { before, after } => ('~', format!("{before} → {after}")),
        Change::Added(value) => ('+', value.clone()),
        Change::Removed(value) => ('-', value.clone()),
        Change::Folded(what) => ('…', what.clone()),
    };
    let indent = 2 * line.depth;
    let _ = writeln!(text, "{sign} {:indent$}{}  {}", "", clean(&line.label), clean(&value));
}

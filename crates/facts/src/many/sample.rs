//! What is kept of one reply of a group, so that the group can be read: its first values and a line
//! about all of them.

use crate::{networks, words};
use swarmscope_peer::crawler::Decoding;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{ErrorByte, text};

/// Values kept of one reply.
const MOST_VALUES: usize = 256;
/// Bytes of text kept of one reply.
const MOST_TEXT: usize = 32 << 10;
/// Characters of the line about a reply.
const LINE: usize = 60;

/// What is kept of one reply.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// Its first values.
    pub tree: Node,
    /// How many values the whole reply has at its top: rows of a table, fields of a list.
    pub total: usize,
    /// All of them are equal.
    pub all_equal: bool,
    /// One line about it: `one row: 5.3.9`.
    pub line: String,
    /// Its error byte.
    pub error: ErrorByte,
    /// Why its decoder could not read it.
    pub failed: Option<String>,
    /// What was odd about it, the first few.
    pub notes: Vec<String>,
}

/// One line about a reply, as its group has it.
#[must_use]
pub fn line_of(decoding: &Decoding, error: ErrorByte) -> String {
    let tree = &decoding.decoded.tree;
    line(decoding, error, all_equal(tree), total(tree))
}

/// Whether all values at its top are the same, and more than one.
fn all_equal(tree: &Node) -> bool {
    tree.children.len() > 1 && tree.children.windows(2).all(|two| same(&two[0], &two[1]))
}

impl Sample {
    /// What is kept of a reply that was decoded.
    #[must_use]
    pub fn of(decoding: &Decoding, error: ErrorByte) -> Self {
        let tree = &decoding.decoded.tree;
        let all_equal = all_equal(tree);
        let failed = decoding.failed.as_deref().map(words::clean);
        let notes: Vec<String> =
            decoding.decoded.notes.iter().take(3).map(|note| words::clean(&note.text)).collect();
        let total = total(tree);
        let line = line(decoding, error, all_equal, total);
        Self { tree: Clip::of(tree), total, all_equal, line, error, failed, notes }
    }

    /// Whether it has more values at its top than are kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.tree.children.len() < self.total
    }
}

/// How many values a tree has at its top. Where it ends early, its last one only says how many more
/// there are.
fn total(tree: &Node) -> usize {
    let shown = tree.children.len();
    match tree.children.last() {
        Some(more) if more.label.starts_with(text::ELLIPSIS) && more.span.is_none() => {
            let digits: String = more.value.chars().filter(char::is_ascii_digit).collect();
            (shown - 1).saturating_add(digits.parse().unwrap_or(0))
        }
        _ => shown,
    }
}

/// Whether two values say the same, wherever they stand.
#[must_use]
pub fn same(one: &Node, other: &Node) -> bool {
    let alike = |(one, other): (&Node, &Node)| one.label == other.label && same(one, other);
    one.value == other.value
        && one.children.len() == other.children.len()
        && one.children.iter().zip(&other.children).all(alike)
}

fn line(decoding: &Decoding, error: ErrorByte, all_equal: bool, total: usize) -> String {
    let decoded = &decoding.decoded;
    let tree = &decoded.tree;
    if networks::is_as_read(decoded) {
        return clip(&decoded.summary);
    }
    let first = tree.children.first().map(|child| child.value.as_str());
    if error != ErrorByte::SUCCESS {
        let (error, said) = (words::error(error), first.unwrap_or(&tree.value));
        return if error.contains(said) { error } else { clip(&format!("{error}: {said}")) };
    }
    let odd = decoded.notes.first().map(|note| &note.text).or(decoding.failed.as_ref());
    if let Some(odd) = odd.filter(|_| decoding.failed.is_some() || total < 2) {
        return clip(odd);
    }
    let rows = tree.value.ends_with("rows") || tree.value.ends_with("row");
    match (first, total) {
        (None, _) if rows => "no rows".to_owned(),
        (None, _) if tree.value.is_empty() => decoded.summary.clone(),
        (None, _) => clip(&tree.value),
        (Some(first), 1) if rows => clip(&format!("one row: {first}")),
        (Some(_), _) if all_equal && rows => {
            format!("the same row {} times", crate::format::thousands(total as u64))
        }
        (Some(first), _) if decoded.summary.contains(first) => clip(&decoded.summary),
        (Some(first), _) => clip(&format!("{}: {first}", decoded.summary)),
    }
}

fn clip(line: &str) -> String {
    text::clip(line.as_bytes(), LINE)
}

/// Takes the first values of a tree, within bounds.
struct Clip {
    values: usize,
    text: usize,
}

impl Clip {
    fn of(tree: &Node) -> Node {
        Self { values: MOST_VALUES, text: MOST_TEXT }.node(tree)
    }

    fn node(&mut self, node: &Node) -> Node {
        self.values = self.values.saturating_sub(1);
        self.text = self.text.saturating_sub(node.label.len() + node.value.len());
        let mut clipped = Node::leaf(node.label.clone(), node.value.clone(), None);
        for child in &node.children {
            if self.values == 0 || self.text == 0 {
                break;
            }
            clipped.children.push(self.node(child));
        }
        clipped
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use swarmscope_probes::Statistics;
    use swarmscope_wire::MessageId;

    pub fn decoding(message: MessageId, error: ErrorByte, payload: &[u8]) -> Decoding {
        swarmscope_peer::crawler::decode_reply(
            &swarmscope_probes::registry(Statistics::empty()),
            message,
            error,
            payload,
        )
    }

    pub fn sample(error: u8, payload: &[u8]) -> Sample {
        Sample::of(
            &decoding(MessageId::DATABASE_QUERY, ErrorByte(error), payload),
            ErrorByte(error),
        )
    }

    /// Rows of one text each, in encoding "a".
    pub fn rows(texts: &[&str]) -> Vec<u8> {
        let row = |text: &&str| format!("1t{}s{text}", text.len());
        format!("a{}l{}", texts.len(), texts.iter().map(row).collect::<String>()).into_bytes()
    }

    #[test]
    fn one_line_says_what_a_reply_is() {
        for (error, payload, line) in [
            (0, rows(&[]), "no rows"),
            (0, rows(&["5.3.9"]), "one row: 5.3.9"),
            (0, rows(&vec!["5.3.9"; 1234]), "the same row 1 234 times"),
            (0, rows(&["a", "b"]), "2 rows: a"),
            (253, b"unknown message".to_vec(), "253 unknown message"),
            (1, b"no such table".to_vec(), "error 1, handler: no such table"),
        ] {
            let sample = sample(error, &payload);
            assert!(
                sample.line.starts_with(line.split(", handler").next().unwrap()),
                "{} for {line}",
                sample.line
            );
        }
        let odd = sample(0, b"cos\nsystem\n(S'ls'\ntR.");
        assert!(odd.failed.is_some() && odd.line.contains("os.system"), "{}", odd.line);
        assert!(sample(0, b"li1ee").failed.is_some());
    }

    #[test]
    fn what_is_kept_is_small_and_the_rest_is_counted() {
        let many = sample(0, &rows(&vec!["5.3.9"; 100_000]));
        assert_eq!((many.total, many.all_equal, many.is_cut()), (100_000, true, true));
        let count = |node: &Node| {
            1 + node.children.iter().map(|child| 1 + child.children.len()).sum::<usize>()
        };
        assert!(count(&many.tree) <= MOST_VALUES + 1);
        let long = "x".repeat(200);
        let wide = sample(0, &rows(&vec![long.as_str(); 1000]));
        let texts =
            |node: &Node| node.children.iter().map(|child| 2 * child.value.len()).sum::<usize>();
        assert!(texts(&wide.tree) <= MOST_TEXT + 1000, "{}", texts(&wide.tree));
    }
}

//! What differs between two decoded payloads, by their structure: lists are aligned by what they
//! hold, dictionaries by their keys.
//!
//! Values are compared as the trees show them; those that are cut there are compared by the bytes
//! that they stand for.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::format::counted;
use crate::reply::align::{self, align};
use crate::reply::reading::says_all;
use swarmscope_wire::text::ELLIPSIS;
use swarmscope_wire::tree::Node;

/// Lines that a diff has at most; the rest is counted.
const MOST_LINES: usize = 20_000;
/// Equal values that stay in sight before and after each that is not.
const CONTEXT: usize = 1;
/// Equal values are left out from so many on: a line that says so takes one itself.
const FOLDED: usize = 2;
/// Values inside of one that was added or removed that are written out.
const WRITTEN_OUT: usize = 32;

/// One of the two payloads.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it was decoded as.
    pub tree: &'a Node,
    /// What the tree's spans point into; empty where that is not there.
    pub bytes: &'a [u8],
}

/// What differs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Diff {
    /// In the order of the payloads.
    pub lines: Vec<Line>,
    /// Values that are there in both, but not the same.
    pub changed: usize,
    /// Values that are only in the second.
    pub added: usize,
    /// Values that are only in the first.
    pub removed: usize,
    /// Lines there was no room for.
    pub hidden: usize,
    /// No value differs, but the bytes do: in how they are encoded, or behind where the trees end.
    pub only_bytes: bool,
}

/// One line of a diff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Below how many others it stands.
    pub depth: usize,
    /// Its name or place.
    pub label: String,
    /// What became of it.
    pub change: Change,
}

/// What became of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing.
    Same(String),
    /// The same text twice: it differs behind where it is cut.
    Changed {
        /// In the first.
        before: String,
        /// In the second.
        after: String,
    },
    /// It is only in the second.
    Added(String),
    /// It is only in the first.
    Removed(String),
    /// What is not written out: `220 998 equal rows`.
    Folded(String),
}

impl Diff {
    /// Whether the payloads hold the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed + self.added + self.removed == 0
    }
}

/// Compares two payloads. The time it takes is bounded by a number of comparisons, and by the
/// trees' sizes.
#[must_use]
pub fn diff(before: Side<'_>, after: Side<'_>) -> Diff {
    let mut work = align::WORK;
    let delta = delta(
        &Measured::new(before.tree, before.bytes),
        &Measured::new(after.tree, after.bytes),
        &mut work,
    );
    let mut diff = Diff::default();
    diff.write(&delta, 0);
    diff.only_bytes = diff.is_empty() && before.bytes != after.bytes;
    diff
}

/// A value, and a number that is the same for all values that are the same.
struct Measured<'a> {
    node: &'a Node,
    /// The bytes of a value that is cut in the tree.
    cut: &'a [u8],
    digest: u64,
    /// Whether the children have places, not names.
    is_list: bool,
    children: Vec<Self>,
}

impl<'a> Measured<'a> {
    fn new(node: &'a Node, bytes: &'a [u8]) -> Self {
        let children: Vec<_> = node.children.iter().map(|child| Self::new(child, bytes)).collect();
        let is_cut = node.children.is_empty() && node.value.contains(ELLIPSIS);
        let cut = node
            .span
            .clone()
            .filter(|_| is_cut)
            .and_then(|span| bytes.get(span))
            .unwrap_or_default();
        let is_list = has_places(node);
        let mut hasher = DefaultHasher::new();
        (&node.value, cut, is_list, children.len()).hash(&mut hasher);
        for child in &children {
            child.digest.hash(&mut hasher);
            if !is_list {
                child.node.label.hash(&mut hasher);
            }
        }
        Self { node, cut, digest: hasher.finish(), is_list, children }
    }

    /// Whether it holds the same: the numbers alone could be made to agree.
    fn is_same(&self, other: &Self) -> bool {
        let same_names =
            |(one, other): (&Self, &Self)| self.is_list || one.node.label == other.node.label;
        let pairs = || self.children.iter().zip(&other.children);
        self.digest == other.digest
            && self.node.value == other.node.value
            && self.cut == other.cut
            && (self.is_list, self.children.len()) == (other.is_list, other.children.len())
            && pairs().all(same_names)
            && pairs().all(|(one, other)| one.is_same(other))
    }
}

impl Measured<'_> {
    /// Whether one may have become the other: single values, and containers that have a value in
    /// common.
    fn is_like(&self, other: &Self) -> bool {
        let mut pairs = self.children.iter().zip(&other.children);
        match (self.children.len(), other.children.len()) {
            (0, 0) => true,
            (1, 1) => self.children[0].is_like(&other.children[0]),
            _ => pairs.any(|(one, other)| {
                one.digest == other.digest && one.node.label == other.node.label
            }),
        }
    }
}

/// Whether the children are labelled by their places, from 0 or from 1 on; what stands for those
/// not shown has none.
fn has_places(node: &Node) -> bool {
    let is_place = |(place, child): (usize, &Node)| {
        let number = child.label.parse::<usize>();
        number == Ok(place) || number == Ok(place + 1) || child.label == ELLIPSIS.to_string()
    };
    node.children.iter().enumerate().all(is_place)
}

/// What became of a value.
#[derive(Clone, PartialEq, Debug)]
enum Delta<'a> {
    Same(&'a Node, &'a Node),
    Changed(&'a Node, &'a Node, Vec<Self>),
    Added(&'a Node),
    Removed(&'a Node),
}

fn delta<'a>(before: &Measured<'a>, after: &Measured<'a>, work: &mut usize) -> Delta<'a> {
    if before.is_same(after) {
        return Delta::Same(before.node, after.node);
    }
    let children = if before.is_list && after.is_list {
        by_place(&before.children, &after.children, work)
    } else {
        by_name(&before.children, &after.children, work)
    };
    Delta::Changed(before.node, after.node, children)
}

/// Items that hold the same are the same; between them, those that begin with the same value;
/// between these, where there are as many in both, those that are alike.
fn by_place<'a>(
    before: &[Measured<'a>],
    after: &[Measured<'a>],
    work: &mut usize,
) -> Vec<Delta<'a>> {
    let digests = |items: &[Measured]| items.iter().map(|item| item.digest).collect::<Vec<_>>();
    let mut out = Vec::with_capacity(before.len().max(after.len()));
    let pairs = align(&digests(before), &digests(after), work);
    between(before, after, &pairs, work, &mut out, &mut |before, after, work, out| {
        let pairs = align(&begins(before, 0), &begins(after, 1), work);
        between(before, after, &pairs, work, out, &mut |before, after, work, out| {
            if before.len() == after.len()
                && before.iter().zip(after).all(|(one, other)| one.is_like(other))
            {
                out.extend(
                    before.iter().zip(after).map(|(before, after)| delta(before, after, work)),
                );
            } else {
                out.extend(before.iter().map(|before| Delta::Removed(before.node)));
                out.extend(after.iter().map(|after| Delta::Added(after.node)));
            }
        });
    });
    out
}

/// What rows begin with: the column that tells them apart, mostly. A value that holds no others is
/// like no other.
fn begins(items: &[Measured], side: u64) -> Vec<u64> {
    let place = |place: usize| 2 * u64::try_from(place).unwrap_or(u64::MAX / 2) + side;
    let first = |(at, item): (usize, &Measured)| {
        item.children.first().map_or(place(at), |first| first.digest)
    };
    items.iter().enumerate().map(first).collect()
}

type Gap<'g, 'a> =
    dyn FnMut(&[Measured<'a>], &[Measured<'a>], &mut usize, &mut Vec<Delta<'a>>) + 'g;

/// Pairs become deltas, and what stands between two pairs is given to `gap`.
fn between<'a>(
    before: &[Measured<'a>],
    after: &[Measured<'a>],
    pairs: &[(usize, usize)],
    work: &mut usize,
    out: &mut Vec<Delta<'a>>,
    gap: &mut Gap<'_, 'a>,
) {
    let (mut next_b, mut next_a) = (0, 0);
    for (b, a) in pairs.iter().copied() {
        gap(&before[next_b..b], &after[next_a..a], work, out);
        out.push(delta(&before[b], &after[a], work));
        (next_b, next_a) = (b + 1, a + 1);
    }
    gap(&before[next_b..], &after[next_a..], work, out);
}

/// Values of the same name are the same, wherever they stand; of a name that stands several times
/// the first is the first.
fn by_name<'a>(
    before: &[Measured<'a>],
    after: &[Measured<'a>],
    work: &mut usize,
) -> Vec<Delta<'a>> {
    let mut named: HashMap<(&str, usize), usize> = HashMap::with_capacity(before.len());
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (place, item) in before.iter().enumerate() {
        named.insert((&item.node.label, count(&mut counts, &item.node.label)), place);
    }
    counts.clear();
    let partners: Vec<Option<usize>> = after
        .iter()
        .map(|item| named.remove(&(&*item.node.label, count(&mut counts, &item.node.label))))
        .collect();
    let mut removed: Vec<usize> = named.into_values().collect();
    removed.sort_unstable();
    let mut removed = removed.into_iter().peekable();
    let mut out = Vec::with_capacity(before.len().max(after.len()));
    for (item, partner) in after.iter().zip(partners) {
        while let Some(gone) = partner.and_then(|place| removed.next_if(|gone| *gone < place)) {
            out.push(Delta::Removed(before[gone].node));
        }
        out.push(
            partner.map_or(Delta::Added(item.node), |place| delta(&before[place], item, work)),
        );
    }
    out.extend(removed.map(|gone| Delta::Removed(before[gone].node)));
    out
}

fn count<'a>(counts: &mut HashMap<&'a str, usize>, label: &'a str) -> usize {
    let count = counts.entry(label).or_default();
    *count += 1;
    *count
}

impl Diff {
    fn write(&mut self, delta: &Delta<'_>, depth: usize) {
        match delta {
            Delta::Same(_, after) => {
                self.line(depth, &after.label, Change::Same(after.value.clone()));
            }
            Delta::Added(node) => {
                self.added += 1;
                self.whole(node, depth, &Change::Added);
            }
            Delta::Removed(node) => {
                self.removed += 1;
                self.whole(node, depth, &Change::Removed);
            }
            Delta::Changed(before, after, children) => self.changed(before, after, children, depth),
        }
    }

    /// A container whose line shows all its values is one line; any other has a line a child below
    /// its own. That of the root says nothing.
    fn changed(&mut self, before: &Node, after: &Node, children: &[Delta<'_>], depth: usize) {
        let is_line = |node: &Node| node.children.is_empty() || says_all(node);
        let change =
            || Change::Changed { before: before.value.clone(), after: after.value.clone() };
        if is_line(before) && is_line(after) {
            self.changed += 1;
            return self.line(depth, &after.label, change());
        }
        let only_its_line =
            before.value != after.value && children.iter().all(|it| matches!(it, Delta::Same(..)));
        self.changed += usize::from(only_its_line);
        let is_root = after.label.is_empty() && depth == 0 && !only_its_line;
        if !is_root {
            let same = before.value == after.value;
            self.line(
                depth,
                &after.label,
                if same { Change::Same(after.value.clone()) } else { change() },
            );
        }
        self.children(after, children, depth + usize::from(!is_root));
    }

    /// Those that differ, with what stands around them.
    fn children(&mut self, parent: &Node, children: &[Delta<'_>], depth: usize) {
        let differs =
            |at: usize| children.get(at).is_some_and(|child| !matches!(child, Delta::Same(..)));
        let is_near = |at: usize| (at.saturating_sub(CONTEXT)..=at + CONTEXT).any(differs);
        let mut at = 0;
        while at < children.len() {
            let far = (at..children.len()).take_while(|at| !is_near(*at)).count();
            if far >= FOLDED {
                self.line(
                    depth,
                    "",
                    Change::Folded(counted(far, &format!("equal {}", noun(parent)))),
                );
                at += far;
            } else {
                self.write(&children[at], depth);
                at += 1;
            }
        }
    }

    /// A value that is there on one side only, with what it holds.
    fn whole(&mut self, node: &Node, depth: usize, change: &impl Fn(String) -> Change) {
        self.line(depth, &node.label, change(node.value.clone()));
        if says_all(node) {
            return;
        }
        for child in node.children.iter().take(WRITTEN_OUT) {
            self.whole(child, depth + 1, change);
        }
        if let Some(more) = node.children.len().checked_sub(WRITTEN_OUT).filter(|more| *more > 0) {
            self.line(
                depth + 1,
                "",
                Change::Folded(counted(more, &format!("more {}", noun(node)))),
            );
        }
    }

    fn line(&mut self, depth: usize, label: &str, change: Change) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(Line { depth, label: label.to_owned(), change });
        } else {
            self.hidden += 1;
        }
    }
}

/// What a container's line calls the values in it: `5 174 rows` are rows.
fn noun(container: &Node) -> &'static str {
    let word = container.value.rsplit(' ').next().unwrap_or_default();
    ["row", "key", "line"]
        .into_iter()
        .find(|one| word.trim_end_matches('s') == *one)
        .unwrap_or("value")
}

#[cfg(test)]
mod tests;

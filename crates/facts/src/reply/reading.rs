//! The reply that is being read: which view, which rows of the tree are open, which one is
//! selected.

use std::collections::HashSet;
use std::ops::Range;

use super::table::Table;
use swarmscope_peer::node::Ticket;
use swarmscope_wire::tree::Node;

/// Rows of a tree that are shown at most; the rest is counted.
const MOST_ROWS: usize = 20_000;
/// A container with more children than this starts closed, unless it is the root.
const OPEN_UP_TO: usize = 32;

/// How a reply is shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum View {
    /// Its decoded values.
    #[default]
    Tree,
    /// Its rows, where it is rows of values.
    Table,
    /// Its payload as text.
    Text,
    /// Its payload as bytes.
    Hex,
    /// What differs from another reply.
    Diff,
}

impl View {
    /// In the order of the tabs.
    pub const ALL: [Self; 5] = [Self::Tree, Self::Table, Self::Text, Self::Hex, Self::Diff];

    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Text => "text",
            Self::Hex => "hex",
            Self::Diff => "diff",
        }
    }

    /// The one after it, round and round; a table only where there is one.
    #[must_use]
    pub const fn next(self, is_table: bool) -> Self {
        match self {
            Self::Tree if is_table => Self::Table,
            Self::Tree | Self::Table => Self::Text,
            Self::Text => Self::Hex,
            Self::Hex => Self::Diff,
            Self::Diff => Self::Tree,
        }
    }
}

/// One row of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which child of which child.
    pub path: Vec<usize>,
    /// Its name or place.
    pub label: String,
    /// What it says.
    pub value: String,
    /// The bytes of the payload that it came from.
    pub span: Option<Range<usize>>,
    /// For containers: whether it is open.
    pub open: Option<bool>,
}

/// What is being read, and where.
#[derive(Clone, Default, Debug)]
pub struct Reading {
    ticket: Option<Ticket>,
    /// How it is shown.
    pub view: View,
    /// The tree, flat.
    pub rows: Vec<Row>,
    /// Rows there was no room for.
    pub hidden: usize,
    /// The selected row of the tree.
    pub row: usize,
    /// The first line shown of the text or of the bytes.
    pub line: usize,
    /// Its rows, once they are looked at as a table.
    pub table: Option<Table>,
    turned: HashSet<Vec<usize>>,
}

impl Reading {
    /// The view that is shown: what is no table is a tree.
    #[must_use]
    pub const fn shows(&self) -> View {
        match (self.view, &self.table) {
            (View::Table, None) => View::Tree,
            (view, _) => view,
        }
    }

    /// Lays the rows out where they are looked at as a table and have not been yet.
    pub fn tabulate(&mut self, tree: Option<&Node>, request: &[u8]) {
        if self.view == View::Table && self.table.is_none() {
            self.table = tree.and_then(|tree| Table::of(tree, request));
        }
    }

    /// Turns to a reply. The same one again keeps its place; another one starts at its top.
    pub fn turn_to(&mut self, ticket: Option<Ticket>, tree: Option<&Node>) {
        if self.ticket != ticket {
            *self = Self { ticket, view: self.view, ..Self::default() };
        } else if self.rows.is_empty() == tree.is_none() {
            return; // nothing new to lay out
        }
        self.lay_out(tree);
    }

    /// Opens or closes the selected row.
    pub fn turn(&mut self, tree: Option<&Node>) {
        let Some(row) = self.rows.get(self.row).filter(|row| row.open.is_some()) else { return };
        let path = row.path.clone();
        if !self.turned.remove(&path) {
            self.turned.insert(path);
        }
        self.lay_out(tree);
    }

    /// Opens what holds the value at this path, and selects it.
    pub fn reveal(&mut self, path: &[usize], tree: Option<&Node>) {
        let closed: Vec<&[usize]> = (1..path.len()).map(|length| &path[..length]).collect();
        for path in closed {
            if self.rows.iter().any(|row| row.path == path && row.open == Some(false)) {
                if !self.turned.remove(path) {
                    self.turned.insert(path.to_vec());
                }
                self.lay_out(tree);
            }
        }
        self.row = self.rows.iter().position(|row| row.path == path).unwrap_or(self.row);
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Row> {
        self.rows.get(self.row)
    }

    fn lay_out(&mut self, tree: Option<&Node>) {
        self.rows.clear();
        self.hidden = 0;
        if let Some(tree) = tree {
            let mut path = Vec::new();
            if tree.children.is_empty() {
                self.push(tree, &path);
            }
            self.lay_out_children(tree, &mut path);
        }
        self.row = self.row.min(self.rows.len().saturating_sub(1));
    }

    fn lay_out_children(&mut self, node: &Node, path: &mut Vec<usize>) {
        for (index, child) in node.children.iter().enumerate() {
            if self.rows.len() >= MOST_ROWS {
                self.hidden += node.children.len() - index;
                return;
            }
            path.push(index);
            if self.push(child, path) {
                self.lay_out_children(child, path);
            }
            path.pop();
        }
    }

    /// Adds one row; returns whether its children follow.
    fn push(&mut self, node: &Node, path: &[usize]) -> bool {
        let container = !node.children.is_empty() && !path.is_empty();
        let starts_open = node.children.len() <= OPEN_UP_TO && !says_all(node);
        let open = container && starts_open != self.turned.contains(path);
        self.rows.push(Row {
            path: path.to_vec(),
            label: node.label.clone(),
            value: node.value.clone(),
            span: node.span.clone(),
            open: container.then_some(open),
        });
        open
    }
}

/// Whether the container's own line already shows all its values, as a row of a table does.
#[must_use]
pub fn says_all(node: &Node) -> bool {
    let values: Vec<&str> = node.children.iter().map(|child| child.value.as_str()).collect();
    node.children.iter().all(|child| child.children.is_empty()) && node.value == values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(label: &str, length: usize) -> Node {
        let children = (0..length).map(|i| Node::leaf(i.to_string(), "x", None)).collect();
        Node { label: label.into(), children, ..Node::default() }
    }

    fn reading(tree: &Node) -> Reading {
        let mut reading = Reading::default();
        reading.turn_to(Some(Ticket(1)), Some(tree));
        reading
    }

    #[test]
    fn small_containers_start_open_and_large_ones_closed() {
        let tree =
            Node { children: vec![list("small", 2), list("large", 1000)], ..Node::default() };
        let mut reading = reading(&tree);
        assert_eq!(reading.rows.len(), 4);
        reading.row = 3;
        reading.turn(Some(&tree));
        assert_eq!(reading.rows.len(), 1004);
        reading.turn(Some(&tree));
        reading.row = 0;
        reading.turn(Some(&tree));
        assert_eq!(reading.rows.len(), 2);
    }

    #[test]
    fn a_row_whose_line_shows_all_its_values_starts_closed() {
        let row = Node {
            value: "a, 1".into(),
            children: vec![Node::leaf("0", "a", None), Node::leaf("1", "1", None)],
            ..Node::default()
        };
        assert_eq!(reading(&Node { children: vec![row], ..Node::default() }).rows.len(), 1);
    }

    #[test]
    fn a_tree_of_any_size_has_bounded_rows() {
        let reading = reading(&list("", 100_000));
        assert_eq!((reading.rows.len(), reading.hidden), (MOST_ROWS, 80_000));
    }

    #[test]
    fn another_reply_starts_at_its_top_in_the_same_view() {
        let tree = list("", 5);
        let mut reading = reading(&tree);
        (reading.row, reading.view) = (3, View::Tree);
        reading.turn_to(Some(Ticket(1)), Some(&tree));
        assert_eq!(reading.row, 3);
        reading.view = View::Hex;
        reading.turn_to(Some(Ticket(2)), Some(&tree));
        assert_eq!((reading.row, reading.view), (0, View::Hex));
    }

    #[test]
    fn a_single_value_is_one_row() {
        assert_eq!(reading(&Node::leaf("", "42", None)).rows.len(), 1);
    }
}

//! A tree as the list of its rows, each with its depth: files hold trees so, because JSON nests no
//! deeper than its readers allow.

use serde::{Deserialize, Serialize};

use super::{MAX_DEPTH, Node};

/// One node: how deep it stands, its label, its value, where its bytes begin and end.
#[derive(Serialize, Deserialize)]
pub struct Row(usize, String, String, Option<(usize, usize)>);

impl From<Node> for Vec<Row> {
    fn from(root: Node) -> Self {
        let mut rows = Self::new();
        let mut open = vec![(0, root)];
        while let Some((depth, node)) = open.pop() {
            rows.push(Row(
                depth,
                node.label,
                node.value,
                node.span.map(|span| (span.start, span.end)),
            ));
            open.extend(node.children.into_iter().rev().map(|child| (depth + 1, child)));
        }
        rows
    }
}

impl TryFrom<Vec<Row>> for Node {
    type Error = String;

    fn try_from(rows: Vec<Row>) -> Result<Self, String> {
        // the nodes from the root to the newest one
        let mut path: Vec<Self> = Vec::new();
        for Row(depth, label, value, span) in rows {
            // one level more than values: what stands for those that are not shown
            if depth > path.len() || (depth == 0) != path.is_empty() || depth > MAX_DEPTH + 1 {
                return Err(format!(
                    "a row of a tree stands at depth {depth} below one at {}",
                    path.len()
                ));
            }
            close(&mut path, depth);
            path.push(Self::leaf(label, value, span.map(|(start, end)| start..end)));
        }
        close(&mut path, 1);
        path.pop().ok_or_else(|| "a tree without a root".to_owned())
    }
}

/// Hands what stands at `depth` and below to its parents.
fn close(path: &mut Vec<Node>, depth: usize) {
    while path.len() > depth.max(1) {
        if let (Some(node), Some(parent)) = (path.pop(), path.last_mut()) {
            parent.children.push(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Node {
        let leaf = |label: &str| Node::leaf(label, "x", Some(1..2));
        let inner = Node { children: vec![leaf("1.1"), leaf("1.2")], ..leaf("1") };
        Node { children: vec![inner, leaf("2")], ..Node::leaf("", "2 values", None) }
    }

    #[test]
    fn a_tree_survives() {
        for tree in [sample(), Node::default(), Node::leaf("a", "b", None)] {
            let text = serde_json::to_string(&tree).unwrap();
            assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), tree);
        }
    }

    #[test]
    fn rows_that_are_no_tree_are_refused() {
        for text in [
            "[]",
            "[[1,\"\",\"\",null]]",
            "[[0,\"\",\"\",null],[2,\"\",\"\",null]]",
            "[[0,\"\",\"\",null],[0,\"\",\"\",null]]",
        ] {
            assert!(serde_json::from_str::<Node>(text).is_err(), "{text}");
        }
    }
}

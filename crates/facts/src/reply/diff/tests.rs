use proptest::prelude::*;

use super::*;

fn side(tree: &Node) -> Side<'_> {
    Side { tree, bytes: b"" }
}

fn list(values: &[&str]) -> Node {
    let children = values
        .iter()
        .enumerate()
        .map(|(i, value)| Node::leaf(i.to_string(), *value, None))
        .collect();
    Node { value: counted(values.len(), "value"), children, ..Node::default() }
}

fn dict(pairs: &[(&str, &str)]) -> Node {
    let children = pairs.iter().map(|(key, value)| Node::leaf(*key, *value, None)).collect();
    Node { value: counted(pairs.len(), "key"), children, ..Node::default() }
}

fn table(rows: &[&[&str]]) -> Node {
    let row = |(i, values): (usize, &&[&str])| Node {
        label: i.to_string(),
        value: values.join(", "),
        ..list(values)
    };
    Node {
        value: counted(rows.len(), "row"),
        children: rows.iter().enumerate().map(row).collect(),
        ..Node::default()
    }
}

/// `~0 a → b`: each line with its sign.
fn written(before: &Node, after: &Node) -> Vec<String> {
    let line = |line: Line| {
        let (sign, text) = match line.change {
            Change::Same(value) => ("=", value),
            Change::Changed { before, after } => ("~", format!("{before} → {after}")),
            Change::Added(value) => ("+", value),
            Change::Removed(value) => ("-", value),
            Change::Folded(text) => ("…", text),
        };
        format!("{:indent$}{sign}{} {text}", "", line.label, indent = line.depth)
    };
    diff(side(before), side(after)).lines.into_iter().map(line).collect()
}

#[test]
fn lists_are_aligned_by_what_they_hold() {
    let before = list(&["a", "b", "c", "d"]);
    assert_eq!(
        written(&before, &list(&["a", "c", "x", "e"])),
        ["=0 a", "-1 b", "=1 c", "-3 d", "+2 x", "+3 e"]
    );
    assert_eq!(
        written(&before, &list(&["a", "b", "x", "d"])),
        ["=0 a", "=1 b", "~2 c → x", "=3 d"]
    );
}

#[test]
fn rows_are_known_by_what_they_begin_with() {
    let before = table(&[&["peers", "5"], &["torrents", "7"], &["files", "0"]]);
    let after = table(&[&["peers", "5"], &["new", "1"], &["torrents", "8"], &["files", "0"]]);
    assert_eq!(
        written(&before, &after),
        ["=0 peers, 5", "+1 new, 1", "~2 torrents, 7 → torrents, 8", "=3 files, 0"]
    );
}

#[test]
fn rows_that_have_nothing_in_common_are_not_the_same_row() {
    let before = table(&[&["peers", "5"], &["subscriptions", "2"]]);
    let after = table(&[&["peers", "5"], &["downloads", "1"]]);
    assert_eq!(written(&before, &after), ["=0 peers, 5", "-1 subscriptions, 2", "+1 downloads, 1"]);
    assert_eq!(written(&table(&[&["5"]]), &table(&[&["6"]])), ["~0 5 → 6"]);
}

#[test]
fn dictionaries_are_aligned_by_their_keys() {
    let before = dict(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let after = dict(&[("c", "3"), ("a", "9"), ("d", "4")]);
    assert_eq!(written(&before, &after), ["-b 2", "=c 3", "~a 1 → 9", "+d 4"]);
}

#[test]
fn what_is_equal_is_counted() {
    let values: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    let before = list(&values);
    values[500] = "x";
    assert_eq!(
        written(&before, &list(&values)),
        ["… 499 equal values", "=499 499", "~500 500 → x", "=501 501", "… 498 equal values"]
    );
    assert!(diff(side(&before), side(&before)).is_empty());
}

#[test]
fn what_was_added_is_written_out() {
    let inner = Node { label: "new".into(), ..dict(&[("k", "v"), ("l", "w")]) };
    let mut after = dict(&[("a", "1")]);
    after.children.push(inner);
    assert_eq!(written(&dict(&[("a", "1")]), &after), ["=a 1", "+new 2 keys", " +k v", " +l w"]);
    let many = Node { label: "many".into(), ..list(&["x"; 100]) };
    let after = Node { children: vec![many], ..Node::default() };
    assert_eq!(
        written(&Node::default(), &after).last().map(String::as_str),
        Some(" … 68 more values")
    );
}

#[test]
fn values_that_are_cut_differ_by_their_bytes() {
    let tree = Node::leaf("", "0x61… (3 bytes)", Some(0..3));
    let differ = |one: &[u8], other: &[u8]| {
        diff(Side { tree: &tree, bytes: one }, Side { tree: &tree, bytes: other })
    };
    assert_eq!(differ(b"abc", b"abd").changed, 1);
    assert!(differ(b"abc", b"abc").is_empty());
    let tail = differ(b"abcd", b"abce");
    assert!(tail.is_empty() && tail.only_bytes);
}

#[test]
fn a_diff_of_any_size_has_bounded_lines() {
    let keys = |prefix: char| -> Node {
        let children = (0..30_000).map(|i| Node::leaf(format!("{prefix}{i}"), "x", None)).collect();
        Node { children, ..Node::default() }
    };
    let diff = diff(side(&keys('a')), side(&keys('b')));
    assert_eq!((diff.lines.len(), diff.hidden), (MOST_LINES, 40_000));
    assert_eq!((diff.added, diff.removed), (30_000, 30_000));
}

/// Trees with few different values, so that much is the same.
fn trees() -> impl Strategy<Value = Node> {
    let leaf = "[ab]".prop_map(|value| Node::leaf("", value, None));
    leaf.prop_recursive(3, 40, 6, |inner| {
        (proptest::collection::vec(inner, 0..6), any::<bool>(), "[xyz]{1,2}").prop_map(
            |(children, is_list, name)| {
                let label = |place: usize| {
                    if is_list { place.to_string() } else { format!("{name}{}", place % 4) }
                };
                let children: Vec<_> = children
                    .into_iter()
                    .enumerate()
                    .map(|(place, child)| Node { label: label(place), ..child })
                    .collect();
                Node { value: counted(children.len(), "value"), children, ..Node::default() }
            },
        )
    })
}

/// One side of a delta, children in the order of the delta.
fn read(delta: &Delta<'_>, of_before: bool) -> Option<Node> {
    match delta {
        Delta::Same(before, after) => {
            Some(if of_before { (*before).clone() } else { (*after).clone() })
        }
        Delta::Removed(node) => of_before.then(|| (*node).clone()),
        Delta::Added(node) => (!of_before).then(|| (*node).clone()),
        Delta::Changed(before, after, children) => {
            let own = if of_before { before } else { after };
            Some(Node {
                children: children.iter().filter_map(|child| read(child, of_before)).collect(),
                ..Node {
                    label: own.label.clone(),
                    value: own.value.clone(),
                    span: own.span.clone(),
                    children: vec![],
                }
            })
        }
    }
}

/// Keys have no order.
fn sorted(mut node: Node) -> Node {
    node.children = node.children.into_iter().map(sorted).collect();
    if !has_places(&node) {
        node.children.sort_by_key(|child| format!("{child:?}"));
    }
    node
}

proptest! {
    #[test]
    fn both_sides_can_be_read_from_it(before in trees(), after in trees(), work in 0..500_usize) {
        let mut left = work;
        let delta = delta(&Measured::new(&before, b""), &Measured::new(&after, b""), &mut left);
        prop_assert_eq!(read(&delta, true).map(sorted), Some(sorted(before.clone())));
        prop_assert_eq!(read(&delta, false).map(sorted), Some(sorted(after.clone())));
        let diff = diff(side(&before), side(&after));
        prop_assert!(diff.is_empty() || before != after);
        prop_assert!(!diff.is_empty() || sorted(before) == sorted(after));
    }

    #[test]
    fn nothing_differs_from_itself(tree in trees()) {
        let diff = diff(side(&tree), side(&tree));
        prop_assert!(diff.is_empty() && !diff.only_bytes);
        prop_assert_eq!(diff.lines.iter().filter(|line| !matches!(line.change, Change::Same(_) | Change::Folded(_))).count(), 0);
    }
}

//! No circle of files larger than five: whoever wants to understand one of them has to understand
//! all.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Graph;

/// The largest circle there may be.
const LARGEST: usize = 5;

/// Files that use each other, by way of others perhaps.
fn circles<'g>(edges: &BTreeMap<&'g str, BTreeSet<&'g str>>) -> Vec<BTreeSet<&'g str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|file| (*file, reach(edges, file))).collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for (file, others) in &reached {
        let circle: BTreeSet<&str> =
            others.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// Everything that a file uses, and what that uses in turn.
fn reach<'g>(edges: &BTreeMap<&'g str, BTreeSet<&'g str>>, from: &str) -> BTreeSet<&'g str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = edges[from].iter().copied().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(&edges[file]);
        }
    }
    reached
}

#[test]
fn no_circle_of_files_is_larger_than_five() {
    let graph = Graph::of_workspace();
    let edges = graph.edges();
    assert!(edges.len() > 400, "all files are read: {}", edges.len());
    let uses: usize = edges.values().map(BTreeSet::len).sum();
    assert!(uses > 4 * edges.len(), "paths are followed: {uses} uses");
    let large: Vec<_> =
        circles(&edges).into_iter().filter(|circle| circle.len() > LARGEST).collect();
    assert!(large.is_empty(), "{large:#?}");
}

/// That the test above can fail: a circle of six, closed in every way in which a file can name
/// another.
#[test]
fn a_circle_of_six_is_found_however_its_files_name_each_other() {
    let file =
        |of: &str, path: &str, source: &str| (of.to_owned(), path.to_owned(), source.to_owned());
    let fake = [
        file("one", "lib.rs", "mod a;\nmod b;\nmod c;\npub use c::d::Deep;\n"),
        file("one", "a.rs", "use super::b::Thing;\n"),
        file("one", "b.rs", "use crate::{\n    c,\n};\nfn f() { c::g() }\n"),
        file("one", "c/mod.rs", "pub mod d;\nuse crate::Deep;\npub fn g() {}\n"),
        file("one", "c/d.rs", "pub struct Deep;\nfn h() { super::super::e::i() }\n"),
        file("one", "e.rs", "// use crate::a; in a comment is no use\nuse two::F;\n"),
        file("two", "lib.rs", "mod f;\npub use f::F;\n"),
        file(
            "two",
            "f.rs",
            "pub struct F;\nfn j(a: one::a::A) {}\n#[cfg(test)]\nmod tests {\n    use one::b;\n}\n",
        ),
    ];
    let graph = Graph::of(fake);
    let found = circles(&graph.edges());
    let six = ["one/a.rs", "one/b.rs", "one/c/d.rs", "one/c/mod.rs", "one/e.rs", "two/f.rs"];
    assert_eq!(found, [BTreeSet::from(six)]);
}

//! JSON that leaves the program is written by one writer, `text::write_json`, which escapes what
//! would act on a terminal. Another way to write it forgets that.

use std::collections::BTreeSet;
use std::fs;

use super::{program, root, rust_files};

/// Where JSON leaves the program.
const LEAVES: [&str; 5] = [
    "src",
    "crates/evidence/src/export",
    "crates/store/src/report",
    "crates/facts/src/export",
    "crates/facts/src/recording",
];
/// Values that become text otherwise, and why that is harmless.
const ALLOWED: [(&str, &str); 3] = [
    ("src/cli/networks.rs: value", "one scalar, in a text that is cleaned as a whole"),
    ("src/cli/store/filter.rs: value", "compared with what is looked for, never written"),
    ("crates/evidence/src/export/stix.rs: fields", "hashed into an id, never written"),
];

/// The ways around the writer in a source: serde's own writers, and values printed by Display.
fn ways_around(source: &str) -> BTreeSet<String> {
    let own = ["to_string", "to_writer", "to_vec"];
    let own = own.map(|name| format!("serde_json::{name}"));
    let mut found: BTreeSet<String> =
        own.into_iter().filter(|name| source.contains(name)).collect();
    let whole = ["Value::Object(", "json!("].map(|start| displayed_at_once(source, start));
    found.extend(whole.into_iter().flatten());
    if source.contains("serde_json") {
        let printed = |name: &&str| {
            [format!("{{{name}}}"), format!("{{{name}:"), format!("{name}.to_string()")]
                .iter()
                .any(|form| source.contains(form))
        };
        found.extend(values(source).into_iter().filter(printed).map(str::to_owned));
    }
    found
}

/// `Value::Object(row).to_string()`: made and printed in one expression.
fn displayed_at_once(source: &str, start: &str) -> Option<String> {
    let printed = |(at, _): &(usize, &str)| {
        let rest = &source[at + start.len()..];
        let mut depth = 1;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        end.is_some_and(|end| rest[end + 1..].trim_start().starts_with(".to_string()"))
    };
    source.match_indices(start).find(printed).map(|_| format!("{start}…).to_string()"))
}

/// The names that a source declares as values.
fn values(source: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let before = |at: usize| {
        let name = source[..at].trim_end();
        let start = name.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        &name[start..]
    };
    let types = ["Value", "Json", "serde_json::Value"];
    let is_value = |at: usize| {
        let declared = source[at..].trim_start_matches([':', ' ', '&']);
        let word = declared.find(|c| !is_name(c) && c != ':').unwrap_or(declared.len());
        types.contains(&&declared[..word])
    };
    let declared = source.match_indices(": ").filter(|(at, _)| is_value(*at));
    let made = ["= json!(", "= serde_json::json!("].into_iter();
    let made = made.flat_map(|start| source.match_indices(start));
    declared.chain(made).map(|(at, _)| before(at)).filter(|name| !name.is_empty()).collect()
}

#[test]
fn json_leaves_by_the_writer_that_escapes() {
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in LEAVES.iter().flat_map(|under| rust_files(&root().join(under))) {
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = program(&fs::read_to_string(&path).expect("a source"));
        let path = path.strip_prefix(root()).expect("below the root").display().to_string();
        for way in ways_around(&source) {
            let way = format!("{path}: {way}");
            match ALLOWED.iter().find(|(allowed, _)| *allowed == way) {
                Some((allowed, _)) => drop(used.insert(*allowed)),
                None => wrong.push(way),
            }
        }
    }
    assert_eq!(wrong, [""; 0], "use text::write_json or text::json");
    let unused = ALLOWED.iter().filter(|(allowed, _)| !used.contains(allowed));
    assert_eq!(unused.count(), 0, "an exception that is none: {used:?}");
}

#[test]
fn each_way_around_is_seen() {
    let head = "use serde_json::Value;\n";
    for (source, found) in [
        ("serde_json::to_string_pretty(x)", "serde_json::to_string"),
        ("fn f(a: &Value) { println!(\"{a}\") }", "a"),
        ("fn f(a: serde_json::Value) -> String { a.to_string() }", "a"),
        ("let b = json!({});\nwrite!(out, \"{b:>9}\")", "b"),
        ("Value::Object(f(x)).to_string()", "Value::Object(…).to_string()"),
        ("json!({\"a\": (1)})\n    .to_string()", "json!(…).to_string()"),
    ] {
        let found = BTreeSet::from([found.to_owned()]);
        assert_eq!(ways_around(&format!("{head}{source}")), found, "{source}");
    }
    let harmless = "fn f(a: &Value, b: &str) { say(\"{b}\"); json!(b.to_string()); text::json(a) }";
    assert_eq!(ways_around(&format!("{head}{harmless}")), BTreeSet::new());
}

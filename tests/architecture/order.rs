//! The order of the modules: each uses only those above it in the table of `src/lib.rs`. Read from
//! the sources themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{root, rust_files};

/// A use of a module that its user must not know.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    uses: String,
}

fn sources() -> PathBuf {
    root().join("src")
}

/// The modules in the order of lib.rs's table, lowest first.
fn order(lib: &str) -> Vec<String> {
    let row = |line: &str| Some(line.strip_prefix("//! | [`")?.split_once("`]")?.0.to_owned());
    lib.lines().filter_map(row).collect()
}

/// The modules that `source` names by `crate::`, with their lines: `use crate::a::B`, `use
/// crate::{a, b::C}`, `crate::a::b()`.
fn used(source: &str) -> Vec<(usize, String)> {
    let code: Vec<&str> =
        source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let text = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + "crate::".len()..];
        let names = if let Some(list) = rest.strip_prefix('{') {
            first_names(list)
        } else {
            vec![name(rest)]
        };
        found.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (line, name)));
    }
    found
}

fn name(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first name of each entry of a braced list, whose opening brace is already taken.
fn first_names(list: &str) -> Vec<String> {
    let mut names = vec![name(list)];
    let mut depth = 1;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(name(&list[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// What the file of `module` uses and must not.
fn violations(order: &[String], module: &str, file: &str, source: &str) -> Vec<Violation> {
    let rank = |wanted: &str| order.iter().position(|module| module == wanted);
    let own = rank(module).unwrap_or_else(|| panic!("{file} is in no module of lib.rs's table"));
    let by_crate = used(source).into_iter().map(|(line, uses)| {
        let theirs = rank(&uses)
            .unwrap_or_else(|| panic!("{file}:{line} uses crate::{uses}, which the table lacks"));
        (line, uses, theirs)
    });
    let by_super = climbing(source, depth(file)).into_iter().filter_map(|(line, uses)| {
        let theirs = rank(&uses)?;
        Some((line, uses, theirs))
    });
    let later = by_crate.chain(by_super).filter(|(.., theirs)| *theirs > own);
    later.map(|(line, uses, _)| Violation { file: file.to_owned(), line, uses }).collect()
}

/// How many `super::` lead from the module of this file to the crate's root.
fn depth(file: &str) -> usize {
    let directories = file.matches('/').count();
    if file.ends_with("/mod.rs") { directories } else { directories + 1 }
}

/// The names that enough `super::`s in a row to reach the crate's root lead to.
fn climbing(source: &str, depth: usize) -> Vec<(usize, String)> {
    let lines = source
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()));
    let climb = "super::".repeat(depth);
    lines
        .flat_map(|(number, line)| {
            line.match_indices(&climb).map(move |(at, _)| (number, line, at)).collect::<Vec<_>>()
        })
        .map(|(number, line, at)| {
            (number, name(line[at + climb.len()..].trim_start_matches("super::")))
        })
        .collect()
}

#[test]
fn a_module_uses_only_those_above_it_in_the_table() {
    let sources = sources();
    let order = order(&fs::read_to_string(sources.join("lib.rs")).expect("lib.rs"));
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for path in rust_files(&sources) {
        let relative = path.strip_prefix(&sources).expect("under src");
        let first =
            relative.components().next().expect("a component").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source file");
        found.extend(violations(&order, &module, &relative.display().to_string(), &source));
        seen.insert(module);
    }
    assert!(found.is_empty(), "uses of modules that come later in lib.rs's table: {found:#?}");
    assert_eq!(
        seen,
        order.into_iter().collect(),
        "the table of lib.rs and the directories of src differ"
    );
}

#[test]
fn the_table_and_the_declarations_agree() {
    let lib = fs::read_to_string(sources().join("lib.rs")).expect("lib.rs");
    let declared: BTreeSet<String> = lib
        .lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.trim_end_matches(';').to_owned()))
        .collect();
    assert_eq!(declared, order(&lib).into_iter().collect());
}

/// They panic where standard output or error can't be written: `cli::output` has what doesn't.
#[test]
fn nothing_is_printed_by_the_macros_that_panic() {
    let macros = ["println!(", "print!("]; // those for standard error end like these
    for path in rust_files(&sources()) {
        let source = fs::read_to_string(&path).expect("a source file");
        let program = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_test =
            path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let found: Vec<_> =
            program.lines().filter(|line| macros.iter().any(|name| line.contains(name))).collect();
        assert!(is_test || found.is_empty(), "{}: {found:?}", path.display());
    }
}

/// That the check above can fail: every way of naming a module, in a source that must not.
#[test]
fn a_use_of_a_later_module_is_found_however_it_is_written() {
    let order = ["wire", "session", "node"].map(str::to_owned);
    let source = "use crate::wire::Permid;\n\
                  use crate::node::Event;\n\
                  use crate::{\n    wire::{self, Frame},\n    node,\n};\n\
                  // crate::node in a comment is no use\n\
                  fn f() -> crate::node::Event { super::super::node::g() }\n\
                  use super::node;\n";
    let found = violations(&order, "session", "session/fake.rs", source);
    let lines: Vec<usize> = found.iter().map(|violation| violation.line).collect();
    assert_eq!(lines, [2, 3, 8, 8], "{found:?}");
    assert!(found.iter().all(|violation| violation.uses == "node"));
    assert!(violations(&order, "node", "node/fake.rs", source).is_empty());
}

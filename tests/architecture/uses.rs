//! What a source names of other modules: by `use`, and by paths in its code.

use std::collections::HashMap;
use std::ops::Range;

/// A name that a module has from elsewhere, and the path that it stands for, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
    /// It is passed on to others, which uses nothing of it here.
    pub passed_on: bool,
}

/// Where the statements of `use` stand in a source that has no comments: from `use` to their
/// semicolon.
fn statements(source: &str) -> Vec<(Range<usize>, bool)> {
    let statement = |(at, _): (usize, &str)| {
        let before = source[..at].rsplit(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
        let passed_on = before.starts_with("pub");
        let end = at + source[at..].find(';')?;
        (before.is_empty() || passed_on).then_some((at..end, passed_on))
    };
    source.match_indices("use ").filter_map(statement).collect()
}

/// All `use`s of a source that has no comments.
pub fn imports(source: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, passed_on) in statements(source) {
        for path in expanded(&source[at.start + "use ".len()..at.end]) {
            let (path, alias) = path
                .split_once(" as ")
                .map_or((path.as_str(), None), |(path, name)| (path, Some(name)));
            let mut path: Vec<String> =
                path.split("::").map(|name| name.trim().to_owned()).collect();
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let name = alias.map_or_else(
                || path.last().cloned().unwrap_or_default(),
                |name| name.trim().to_owned(),
            );
            found.push(Import { name, path, passed_on });
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((before, list)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let (mut depth, mut items, mut item) = (0, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                item.push(c);
            }
        }
    }
    items.push(item);
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    items.flat_map(|item| expanded(&format!("{}{item}", before.trim()))).collect()
}

/// All paths of two names or more in the code of a source that has no comments: `super::a::b`,
/// `words::clean`.
pub fn paths(source: &str) -> Vec<Vec<String>> {
    let mut code = source.to_owned();
    for (at, _) in statements(source).into_iter().rev() {
        code.replace_range(at, "");
    }
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut rest = code.as_str();
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let goes_on = rest[..start].trim_start_matches([' ', '\n']) == "::" && !path.is_empty();
        if !goes_on {
            found.extend(Some(std::mem::take(&mut path)).filter(|path| path.len() > 1));
        }
        let tail = &rest[start..];
        let end = tail.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tail.len());
        path.push(tail[..end].to_owned());
        rest = &tail[end..];
    }
    found.extend(Some(path).filter(|path| path.len() > 1));
    found
}

/// Names of a module by what they stand for.
pub fn by_name(imports: &[Import]) -> HashMap<&str, &Import> {
    imports.iter().map(|import| (import.name.as_str(), import)).collect()
}

#[test]
fn a_use_is_read_however_it_is_written() {
    let source = "use a::b;\npub use super::c::{D, e::{self, F as G}};\nuse crate::{\n    h,\n    i::J,\n};\nfn f() { words::use_it(x::y) }\n";
    let read: Vec<(String, String, bool)> =
        imports(source).into_iter().map(|it| (it.name, it.path.join("::"), it.passed_on)).collect();
    let one = |name: &str, path: &str, on| (name.to_owned(), path.to_owned(), on);
    assert_eq!(
        read,
        [
            one("b", "a::b", false),
            one("D", "super::c::D", true),
            one("e", "super::c::e", true),
            one("G", "super::c::e::F", true),
            one("h", "crate::h", false),
            one("J", "crate::i::J", false),
        ]
    );
    let paths: Vec<String> =
        paths("fn f() -> super::super::a::B { words::clean(x.y, Self::z::<u8>()) }")
            .iter()
            .map(|path| path.join("::"))
            .collect();
    assert_eq!(paths, ["super::super::a::B", "words::clean", "Self::z"]);
}

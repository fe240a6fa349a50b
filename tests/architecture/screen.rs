//! Facts are facts' own: what a screen has is the screen's.

use std::fs;

use super::{program, root, rust_files};

/// Functions that name the screen's model in what they take, in a source that has no comments.
fn takes_the_model(source: &str) -> Vec<&str> {
    let functions = source.match_indices("fn ").map(|(at, _)| {
        let end = source[at..].find(['{', ';']).map_or(source.len(), |end| at + end);
        &source[at..end]
    });
    let takes = |signature: &&str| {
        let arguments = signature.split("->").next().unwrap_or_default();
        let mut names = arguments.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.any(|name| name == "Model")
    };
    functions.filter(takes).collect()
}

#[test]
fn no_function_outside_the_screen_takes_its_model() {
    let (sources, crates) = (root().join("src"), root().join("crates"));
    let mut read = 0;
    for path in rust_files(&sources).into_iter().chain(rust_files(&crates)) {
        let inside = ["screen", "tui"].iter().any(|module| path.starts_with(sources.join(module)));
        if !inside {
            read += 1;
            let source = program(&fs::read_to_string(&path).expect("a source"));
            assert_eq!(takes_the_model(&source), [""; 0], "{}", path.display());
        }
    }
    assert!(read > 200, "the sources are read: {read}");
}

#[test]
fn a_function_that_takes_the_model_is_found() {
    let source = "fn one(a: u8) -> Model { x }\nfn two(model: &mut Model) {}\npub fn three<'m>(\n    model: &'m crate::screen::Model,\n) -> u8 {}\n";
    assert_eq!(takes_the_model(source).len(), 2);
}

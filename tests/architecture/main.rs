//! What the sources say of each other: the order of the program's modules, files that use each
//! other in a circle, and JSON that is written past the writer that escapes.

mod circles;
mod escapes;
mod graph;
mod order;
mod screen;
mod uses;

use std::fs;
use std::path::{Path, PathBuf};

/// All files of Rust below a directory.
fn rust_files(under: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(under).expect("sources can be listed") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The directory of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source without comments and without what stands below its unit tests.
fn program(source: &str) -> String {
    let program = ["#[cfg(test)]\nmod ", "#[cfg(test)]\npub(super) mod ", "#[cfg(test)]\n#[allow"];
    let end = program.iter().filter_map(|tests| source.find(tests)).min().unwrap_or(source.len());
    let code: Vec<&str> =
        source[..end].lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    code.join("\n")
}

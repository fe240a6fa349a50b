//! The workspace as its documents describe it: manifests, layers, the dependency tree, links.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

/// What a pure crate does without: a runtime, sockets, TLS, a database, clocks, randomness.
const IMPURE: [&str; 13] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "rustls",
    "rusqlite",
    "tokio-postgres",
    "chrono",
    "jiff",
    "getrandom",
    "rand",
    "libc",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest(directory: &str) -> Table {
    let path = Path::new(directory).join("Cargo.toml");
    read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `crates/wire` and its siblings.
fn crates() -> Vec<String> {
    let entries = fs::read_dir(root().join("crates")).expect("crates/ can be listed");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    names.into_iter().map(|name| format!("crates/{}", name.to_string_lossy())).collect()
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(table, |table, key| table.get(*key)?.as_table())?;
    parent.get(*last)
}

fn name(manifest: &Table) -> &str {
    at(manifest, &["package", "name"]).and_then(Value::as_str).expect("a package has a name")
}

/// The crates of ARCHITECTURE.md's first table from top to bottom, and whether it calls them pure.
fn documented() -> Vec<(String, bool)> {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| [`swarmscope"));
    rows.map(|row| {
        let (rest, cells) = row.split_once("`]").expect("a link");
        (format!("swarmscope{rest}"), cells.split('|').nth(1).expect("a cell").trim() == "yes")
    })
    .collect()
}

/// The packages that are compiled into `package`, as `cargo tree` lists them.
fn tree(package: &str) -> BTreeSet<String> {
    let args = [
        "tree",
        "--offline",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib}",
        "--all-features",
        "--package",
    ];
    let output = Command::new(env!("CARGO"))
        .args(args)
        .arg(package)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(|line| line.replace('_', "-")).collect()
}

#[test]
fn every_crate_is_described_linted_and_documented() {
    let shared = ["version", "edition", "rust-version", "license"];
    for directory in crates() {
        let manifest = manifest(&directory);
        for key in shared {
            let inherits = at(&manifest, &["package", key, "workspace"]).and_then(Value::as_bool);
            assert_eq!(inherits, Some(true), "{directory}: {key}.workspace = true");
        }
        let lints = at(&manifest, &["lints", "workspace"]).and_then(Value::as_bool);
        assert_eq!(lints, Some(true), "{directory}: [lints] workspace = true");
        let description =
            at(&manifest, &["package", "description"]).and_then(Value::as_str).unwrap_or_default();
        assert!(description.len() > 30, "{directory}: a description of a line");
        let docs = at(&manifest, &["package", "metadata", "docs", "rs"]);
        assert!(docs.is_some(), "{directory}: [package.metadata.docs.rs]");
        let readme = read(Path::new(&directory).join("README.md"));
        assert!(
            readme.starts_with(&format!("# {}\n", name(&manifest))),
            "{directory}: README.md with its title"
        );
    }
}

#[test]
fn every_crate_is_in_the_architecture_and_among_those_that_cargo_test_tests() {
    let mut members: BTreeSet<String> =
        crates().iter().map(|directory| name(&manifest(directory)).to_owned()).collect();
    members.insert("swarmscope".into());
    let rows = documented();
    let listed: BTreeSet<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(listed, members, "the table of crates in ARCHITECTURE.md, and crates/");
    assert_eq!(rows.len(), listed.len(), "one row per crate");
    let workspace = manifest("");
    let defaults = at(&workspace, &["workspace", "default-members"])
        .and_then(Value::as_array)
        .expect("a list");
    let defaults: Vec<_> = defaults.iter().filter_map(Value::as_str).collect();
    assert_eq!(defaults, [".", "crates/*"], "a plain `cargo test` tests all of them");
}

#[test]
fn crates_use_only_those_below_them_in_the_architecture() {
    let place: BTreeMap<String, usize> =
        documented().into_iter().enumerate().map(|(row, (name, _))| (name, row)).collect();
    for directory in crates() {
        let manifest = manifest(&directory);
        let user = name(&manifest);
        let needs = at(&manifest, &["dependencies"]).and_then(Value::as_table);
        for needed in needs.into_iter().flatten().filter_map(|(name, _)| place.get_key_value(name))
        {
            assert!(place[user] < *needed.1, "{user} uses {}, which is above it", needed.0);
        }
    }
}

#[test]
fn pure_crates_have_no_runtime_socket_database_clock_or_randomness() {
    let pure: Vec<String> =
        documented().into_iter().filter_map(|(name, pure)| pure.then_some(name)).collect();
    assert!(!pure.is_empty());
    for package in pure {
        let tree = tree(&package);
        assert!(tree.contains("serde"), "{package}: {tree:?}");
        let found: Vec<_> = IMPURE.iter().filter(|name| tree.contains(**name)).collect();
        assert!(found.is_empty(), "{package} is pure, and depends on {found:?}");
    }
}

#[test]
fn dependencies_are_declared_once_each_with_its_reason() {
    let text = read("Cargo.toml");
    let section = text.split("[workspace.dependencies]\n").nth(1).expect("the section");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(
            line.split_once(" # ").is_some_and(|(_, reason)| reason.len() > 5),
            "without a reason: {line}"
        );
    }
    for directory in crates().into_iter().chain([String::new()]) {
        let manifest = manifest(&directory);
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        for (name, entry) in
            kinds.iter().filter_map(|kind| manifest.get(*kind)?.as_table()).flatten()
        {
            let inherits = entry.get("workspace").and_then(Value::as_bool);
            assert_eq!(inherits, Some(true), "{directory}: {name}.workspace = true");
        }
    }
}

/// As far as one toolchain can tell: clippy checks the standard library's items, this the
/// dependencies.
#[test]
fn no_dependency_needs_a_newer_rust_than_ours() {
    // only what is compiled here: other platforms' crates need not have been downloaded
    let args = [
        "metadata",
        "--format-version",
        "1",
        "--offline",
        "--locked",
        "--filter-platform",
        &host(),
    ];
    let output =
        Command::new(env!("CARGO")).args(args).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let workspace = manifest("");
    let ours = at(&workspace, &["workspace", "package", "rust-version"]).and_then(Value::as_str);
    let ours = version(ours.expect("a version"));
    for package in metadata["packages"].as_array().expect("packages") {
        let Some(needed) = package["rust_version"].as_str() else { continue };
        assert!(version(needed) <= ours, "{} needs Rust {needed}", package["id"]);
    }
}

/// `x86_64-unknown-linux-gnu` or the like.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> =
        text.split('.').map(|part| part.parse().expect("a number")).collect();
    numbers.resize(3, 0);
    numbers
}

/// The Markdown files of the repository, without what is built or fetched.
fn documents(under: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(under).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// The targets of `[text](target)` and `[text]: target` that are files, outside code.
fn links(text: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        code ^= line.starts_with("```");
        if code {
            continue;
        }
        let definition = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
            .map(|(_, target)| target);
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        found.extend(
            inline.chain(definition).filter(|target| !target.contains("://")).map(str::to_owned),
        );
    }
    found
}

/// The anchors that a heading gets: lower case, spaces as hyphens, punctuation left out.
fn anchors(text: &str) -> Vec<String> {
    let titles = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let kept = |title: &str| {
        title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>()
    };
    titles.map(|title| kept(title).to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut dead = Vec::new();
    let mut count = 0;
    for path in documents(root()) {
        let text = read(&path);
        for link in links(&text) {
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.parent().expect("a folder").join(file)
            };
            let anchored = |target: &Path| {
                anchor.is_empty() || anchors(&read(target)).iter().any(|it| it == anchor)
            };
            if !target.exists() || !anchored(&target) {
                dead.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(count > 20, "{count}");
    assert!(dead.is_empty(), "{dead:#?}");
}

/// Tables and pictures can't be wrapped.
#[test]
fn lines_of_the_documents_wrap_at_100() {
    let mut long = Vec::new();
    for path in documents(root()) {
        for (number, line) in (1..).zip(read(&path).lines()) {
            let may_be_longer = line.starts_with('|') || line.starts_with("![");
            if line.chars().count() > 100 && !may_be_longer {
                long.push(format!("{}:{number}", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn what_the_debian_package_contains_is_there_once_it_is_built() {
    let workspace = manifest("");
    let assets = at(&workspace, &["package", "metadata", "deb", "assets"])
        .and_then(Value::as_array)
        .expect("assets");
    for asset in assets {
        let source = asset.get(0).and_then(Value::as_str).expect("a path");
        let source = source.trim_end_matches("*.md");
        assert!(source.starts_with("target/") || root().join(source).exists(), "{source}");
    }
}

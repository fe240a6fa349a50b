//! What it costs to depend on this crate: few crates, and none that only a screen or a database
//! needs.

use std::collections::BTreeSet;
use std::process::Command;

/// The most that a program that embeds a peer gets.
const MOST: usize = 80;
/// What belongs to the program, or to the built-in probes.
const NONE_OF: [&str; 7] =
    ["ratatui", "crossterm", "clap", "rusqlite", "libsqlite3-sys", "stun-types", "regex"];

fn crates(features: &[&str]) -> BTreeSet<String> {
    let tree = [
        "tree",
        "--offline",
        "--edges",
        "normal",
        "--package",
        "swarmscope-peer",
        "--prefix",
        "none",
    ];
    let tree = Command::new(env!("CARGO")).args(tree).args(features).output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let names = tree.lines().filter_map(|line| line.split(" (").next());
    names
        .filter(|name| !name.is_empty() && !name.starts_with("swarmscope-peer "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn who_embeds_a_peer_gets_few_crates_and_no_screen() {
    for features in [&[][..], &["--no-default-features"]] {
        let crates = crates(features);
        println!("{} crates with {features:?}", crates.len());
        assert!(crates.len() <= MOST, "{} crates with {features:?}: {crates:#?}", crates.len());
        let unwanted: Vec<_> = crates
            .iter()
            .filter(|name| NONE_OF.iter().any(|none| name.split(' ').next() == Some(none)))
            .collect();
        assert!(unwanted.is_empty(), "{unwanted:?}");
    }
}

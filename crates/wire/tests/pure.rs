//! This crate is pure: what it depends on brings no runtime, socket, clock or source of randomness.
//! (Its own code is watched by clippy.toml beside its Cargo.toml.)

#![allow(clippy::disallowed_methods)] // tests read files and run programs

use std::process::Command;

/// Crates of which any one would make it impure.
const IMPURE: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "async-std",
    "smol",
    "rustls",
    "getrandom",
    "rand",
    "libc",
    "chrono",
    "jiff",
];

#[test]
fn nothing_in_the_tree_opens_sockets_or_asks_for_time_or_randomness() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{lib}",
            "--all-features",
        ])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .expect("cargo runs");
    let tree_text = String::from_utf8_lossy(&tree.stdout);
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates: Vec<&str> = tree_text.split_whitespace().collect();
    assert!(
        crates.contains(&"swarmscope_wire") && crates.contains(&"ed25519_dalek"),
        "the tree was read: {crates:?}"
    );
    let impure: Vec<_> =
        IMPURE.iter().filter(|name| crates.contains(&&*name.replace('-', "_"))).collect();
    assert!(impure.is_empty(), "{impure:?}: see `cargo tree -e normal -p swarmscope-wire -i NAME`");
}

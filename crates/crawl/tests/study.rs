//! The example is run as a researcher would run it, on peers that answer its id.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "processes live in the world")]

use std::path::{Path, PathBuf};
use std::process::Command;

use swarmscope_peer::identity::key_file;
use swarmscope_peer::{Answer, Asked, MessageId, Node};

/// The program of an example, as `cargo test` builds it.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(program.exists(), "built by `cargo test`, or `cargo build --examples`");
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn the_study_is_short_and_ends_in_a_store_that_answers() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/study.rs");
    let lines = std::fs::read_to_string(source).unwrap().lines().count();
    assert!(lines < 60, "{lines} lines");
    let directory = tempfile::tempdir().unwrap();
    let crawler = key_file::ed25519_or_new(&directory.path().join("study.pem")).unwrap().key;
    let mut nodes = Vec::new();
    let mut targets = Vec::new();
    for owner in ["Ada", "Ada", "Grace"] {
        let number = nodes.len();
        let answer = move |_: Asked| async move {
            Answer::success(format!("d5:owner{}:{owner}7:secondsi{number}ee", owner.len()))
        };
        let key =
            swarmscope_peer::Ed25519Identity::from_seed([u8::try_from(number).unwrap() + 1; 32]);
        let node = Node::builder()
            .identity(key)
            .listen("127.0.0.1:0".parse().unwrap())
            .answer(MessageId(200), answer)
            .allow(crawler.permid());
        let (node, events) = node.start().await.unwrap();
        targets.push(node.listening().unwrap().to_string());
        nodes.push((node, events));
    }
    let mut study = Command::new(example("study"));
    study.arg("study.sqlite").args(&targets).current_dir(directory.path());
    let ran = tokio::task::spawn_blocking(move || study.output().unwrap()).await.unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let expected = format!("{}\n3 reached\nowners, longest: [Int(2), Int(2)]\n", crawler.permid());
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&ran.stderr));
    let store = std::fs::read(directory.path().join("study.sqlite")).unwrap();
    assert!(!store.windows(5).any(|bytes| bytes == b"Grace"), "an owner is a digest");
}

//! Files that other programs write and read: Python 2 on narrow builds and on Windows, and key
//! files that OpenSSL takes.

#![allow(clippy::disallowed_methods)] // tests read files and run programs

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use swarmscope_wire::formats;
use swarmscope_wire::identity::{Key, KeyError};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(case(name)).expect("a case beside this file")
}

#[test]
fn a_narrow_python_writes_one_character_as_two_surrogates() {
    let decoded = formats::decode(&read("pickle0-narrow-surrogates.pickle"));
    assert_eq!((decoded.format.as_str(), &decoded.json), ("pickle", &json!([["😀"]])));
    assert!(decoded.notes.is_empty(), "{:?}", decoded.notes);
    for (line, read, lone) in [
        (r"\ud83d\ude00", "😀", 0),
        (r"\ud83d", "\u{fffd}", 1),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}", 2),
        (r"\ud83dx\ude00", "\u{fffd}x\u{fffd}", 2),
        (r"\ud83d\\ude00", "\u{fffd}\\\\ude00", 1),
        (r"\ud83d\ud83d\ude00", "\u{fffd}😀", 1),
    ] {
        let decoded = formats::decode(format!("V{line}\n.").as_bytes());
        assert_eq!(decoded.json, json!(read), "{line}");
        assert_eq!(decoded.notes.len(), usize::from(lone > 0), "{line}: {:?}", decoded.notes);
    }
}

#[test]
fn python_on_windows_writes_infinities_in_its_own_way() {
    let decoded = formats::decode(&read("pickle0-windows-floats.pickle"));
    assert_eq!(decoded.format, "pickle");
    assert_eq!(decoded.json, json!(["inf", "-inf", "nan", "nan", 2.5, 7]));
    let decoded = formats::decode(b"a4l6f1.#INF7f-1.#INF7f-1.#IND8f1.5e+011");
    assert_eq!(
        (decoded.format.as_str(), &decoded.json),
        ("a", &json!(["inf", "-inf", "nan", 1.5e11]))
    );
    let decoded = formats::decode(b"a1l7f1.#INFO");
    assert_ne!(decoded.format, "a", "no such float");
}

#[test]
fn key_files_are_read_as_openssl_reads_them() {
    let expected = "MCowBQYDK2VwAyEAaiLa2m2toALOlJUn9vAnEtiRqrVmFG4JDGJ1l0o6yG4=";
    for name in [
        "key-blank-lines.pem",
        "key-latin1-comment.pem",
        "key-pub-then-priv.pem",
        "key-trailing-spaces.pem",
        "key-width-48.pem",
    ] {
        let key = Key::from_pem(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(key.permid().to_string(), expected, "{name}");
        if let Ok(openssl) =
            Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(case(name)).output()
        {
            let public = String::from_utf8(openssl.stdout).expect("PEM text");
            assert!(public.contains(expected), "OpenSSL reads {name} too: {public}");
        }
    }
}

#[test]
fn a_key_of_an_older_ring_is_named_with_what_helps() {
    let error = Key::from_pem(&read("key-v2-ring.pem")).unwrap_err();
    assert_eq!(error, KeyError::OldRing);
    let text = error.to_string();
    assert!(
        text.contains("ring") && text.contains("swarmscope key new") && !text.contains("copy"),
        "{text}"
    );
}

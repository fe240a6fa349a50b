//! Wrong options, files and peers: each row of `tests/bad/*.toml` is a command line, the exit code
//! of cli.md that it has to end with, and the words by which its text on standard error says what
//! failed, on what, and what to do next.
//!
//! `BAD_INPUTS_SHOW=1 cargo test --test bad_inputs -- --nocapture` prints what the program says to
//! each.
#![cfg(feature = "legacy")] // old peers and their keys are in many rows
#![allow(clippy::disallowed_methods)] // drives a real process and real sockets, so it needs clocks and sockets
#![allow(clippy::unwrap_used)] // all of it is a test, helpers too: what fails here fails the test

#[path = "bad/scripted_peer.rs"]
mod scripted_peer;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use scripted_peer::ScriptedPeer;
use serde::Deserialize;

/// Longer than any deadline that these inputs run into.
const PATIENCE: Duration = Duration::from_secs(40);
/// Most of a case is waiting for a process.
const AT_ONCE: usize = 6;
const FEWEST: usize = 60;
/// tcpmux, which no machine has had for decades.
const NOBODY_LISTENS: &str = "127.0.0.1:1";

/// A valid Ed25519 permid, of nobody.
const PERMID: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

/// A row. In `args`, `files`, `env` and the words, `{dir}` is the case's own directory, `{bad}` is
/// `tests/bad/files`, `{peer}` the scripted peer, `{closed}` an address where nobody listens,
/// `{busy}` one where somebody does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    args: Vec<String>,
    exit: i32,
    /// What failed.
    what: String,
    /// On what.
    on: String,
    /// What to do next.
    next: String,
    /// Files in its directory: text, or bytes as `hex:…`, or `zeros:N`; a name that ends in `/` is
    /// a directory.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    /// The steps of a scripted peer, see [`scripted_peer`].
    #[serde(default)]
    peer: Vec<String>,
}

struct Ended {
    /// `None`: it had to be killed.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

#[test]
fn every_bad_input_is_refused_with_what_where_and_what_to_do() {
    let cases = cases();
    assert!(cases.len() >= FEWEST, "{} cases", cases.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = check(case) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n\n")
    );
}

fn bad() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad"))
}

fn cases() -> Vec<Case> {
    let mut files: Vec<_> =
        fs::read_dir(bad()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let table = toml::from_str::<Table>(&fs::read_to_string(path).unwrap());
        table.unwrap_or_else(|error| panic!("{}: {error}", path.display())).case
    };
    files.iter().flat_map(read).collect()
}

fn check(case: &Case) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let peer = ScriptedPeer::start(&case.peer);
    let fill = |text: &String| {
        text.replace("{dir}", &dir.path().to_string_lossy())
            .replace("{bad}", &bad().join("files").to_string_lossy())
            .replace("{peer}", &peer.address)
            .replace("{closed}", NOBODY_LISTENS)
            .replace("{busy}", &peer.address)
            .replace("{permid}", PERMID)
    };
    for (name, content) in &case.files {
        write_file(&dir.path().join(name), &fill(content));
    }
    let args: Vec<String> = case.args.iter().map(fill).collect();
    let env = case.env.iter().map(|(name, value)| (name.clone(), fill(value)));
    let ended = run(dir.path(), &args, env.collect(), case.stdin.as_bytes());
    if std::env::var_os("BAD_INPUTS_SHOW").is_some() {
        println!(
            "--- {} ({:?})\n$ swarmscope {}\n{}",
            case.name,
            ended.code,
            args.join(" "),
            ended.stderr
        );
    }
    let missing = missing(case, &ended, &[&case.what, &case.on, &case.next].map(fill));
    if missing.is_empty() {
        return Ok(());
    }
    let Ended { stdout, stderr, .. } = ended;
    Err(format!(
        "{}: {}\n$ swarmscope {}\n{stdout}{stderr}",
        case.name,
        missing.join(", "),
        args.join(" ")
    ))
}

/// What is not as the row says.
fn missing(case: &Case, ended: &Ended, words: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended.code != Some(case.exit) {
        let got = ended.code.map_or("it did not end".into(), |code| format!("exit code {code}"));
        wrong.push(format!("{got}, wanted {}", case.exit));
    }
    let text = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        if word.is_empty() {
            wrong.push("the row has an empty word".into());
        }
        if !text.contains(word.as_str()) {
            wrong.push(format!("the text does not say {word:?}"));
        }
    }
    if text.contains("panicked at") {
        wrong.push("it panicked".into());
    }
    if ended.stderr.chars().any(|c| c.is_control() && c != '\n') {
        wrong.push("control characters on standard error".into());
    }
    wrong
}

fn write_file(path: &Path, content: &str) {
    if path.to_string_lossy().ends_with('/') {
        return fs::create_dir(path).unwrap();
    }
    let bytes = if let Some(digits) = content.strip_prefix("hex:") {
        scripted_peer::unhex(digits)
    } else if let Some(count) = content.strip_prefix("zeros:") {
        vec![0; count.parse().unwrap()]
    } else {
        content.as_bytes().to_vec()
    };
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Runs the program with nothing of the user's about it, to its end or the end of our patience.
fn run(dir: &Path, args: &[String], env: Vec<(String, String)>, stdin: &[u8]) -> Ended {
    let home = dir.join("home of nobody");
    let mut child = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", &home)
        .envs(
            ["CONFIG", "DATA", "STATE", "CACHE"]
                .map(|name| (format!("XDG_{name}_HOME"), home.join(name))),
        )
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    thread::scope(|scope| {
        let (out, err) = (scope.spawn(|| read(out)), scope.spawn(|| read(err)));
        let _ = child.stdin.take().map(|mut pipe| pipe.write_all(stdin)); // it may have ended without reading
        let code = wait(&mut child);
        Ended { code, stdout: out.join().unwrap(), stderr: err.join().unwrap() }
    })
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wait(child: &mut Child) -> Option<i32> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

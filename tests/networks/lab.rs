//! The lab: a network namespace with six real clients in it, and programs that run there.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

/// Before each line that is meant for the test: the harness prints its own.
const MARK: &str = "@lab ";

/// The lab; ended when it goes.
pub struct Lab {
    namespace: String,
    state: tempfile::TempDir,
    pub infohash: String,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks").join(name)
}

/// Past the test harness, which would keep it to itself.
pub fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// What a child of the test has to tell it.
pub fn tell(words: &str) {
    println!("{MARK}{words}");
}

impl Lab {
    /// None where this machine has none to offer, which is said.
    pub fn up() -> Option<Self> {
        let wish = std::env::var("NETWORK_LAB").unwrap_or_default();
        if wish == "skip" {
            say("SKIPPED: no network lab is wanted (NETWORK_LAB=skip)");
            return None;
        }
        let mut lab = Self {
            namespace: format!("swlab-{}", std::process::id()),
            state: tempfile::tempdir().expect("a directory"),
            infohash: String::new(),
        };
        match lab.clients("up") {
            Ok(infohash) => {
                lab.infohash = infohash;
                Some(lab)
            }
            Err(why) if wish == "require" => panic!("no network lab: {why}"),
            Err(why) => {
                say(&format!("SKIPPED: no network lab on this machine: {why}"));
                None
            }
        }
    }

    /// Runs the script; gives the infohash of the lab's torrent.
    fn clients(&self, act: &str) -> Result<String, String> {
        let mut command = Command::new(script("clients"));
        command.args([act, "--namespace", &self.namespace, "--state"]).arg(self.state.path());
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let first: Option<Value> =
            text.lines().next().and_then(|line| serde_json::from_str(line).ok());
        Ok(first
            .and_then(|first| first["infohash"].as_str().map(str::to_owned))
            .unwrap_or_default())
    }

    /// A path that whoever asks can write to.
    pub fn file(&self, name: &str) -> String {
        self.state.path().join(name).display().to_string()
    }

    /// Runs a command in the namespace, as root.
    pub fn inside(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().expect("it runs")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).args(args);
        command
    }

    /// This binary again, in the namespace, as root, in a role.
    pub fn child(&self, role: &str, settings: &[(&str, &str)]) -> Running {
        let this = std::env::current_exe().expect("the test's own path");
        let this = this.to_str().expect("a path in UTF-8");
        let harness = ["--exact", "child_in_the_namespace", "--ignored", "--nocapture"];
        let mut command = self.command(&[&[this][..], &harness].concat());
        command.env("LAB_ROLE", role).envs(settings.iter().copied());
        Running::start(command)
    }

    fn program(&self, args: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_swarmscope");
        let mut command = Command::new(script("clients"));
        command
            .args(["exec", "--namespace", &self.namespace, "--", program])
            .args(args)
            .env("HOME", self.state.path())
            .env("SWARMSCOPE_LOG", "trace");
        command
    }

    /// How the program ended.
    pub fn output(&self, args: &[&str]) -> Output {
        self.program(args).stdin(Stdio::null()).output().expect("it runs")
    }

    /// The program's exit code, and its events.
    pub fn ask(&self, args: &[&str]) -> (i32, Vec<Value>) {
        let output = self.output(&[args, &["--json"]].concat());
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !text.contains(&self.infohash) && !log.contains(&self.infohash),
            "an infohash is printed: {text}{log}"
        );
        let events = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (output.status.code().unwrap_or(-1), events)
    }

    /// The last event, which is the reply, the failure or the end of a check.
    pub fn last(&self, args: &[&str]) -> (i32, Value) {
        let (code, events) = self.ask(args);
        (code, events.last().unwrap_or_else(|| panic!("{args:?}: nothing was said")).clone())
    }

    /// The first event of which `is_wanted` is true, as it comes; then the program is ended.
    pub fn first(&self, args: &[&str], is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut command = self.program(&[args, &["--json"]].concat());
        command.stderr(Stdio::null());
        let mut running = Running::start(command);
        let events = std::iter::from_fn(|| running.lines.next()?.ok());
        events.map(|line| serde_json::from_str(&line).expect("JSON")).find(is_wanted)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.clients("down");
    }
}

/// A process that runs beside the test; killed when it goes.
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    /// The next line that a child of the test tells.
    pub fn told(&mut self) -> String {
        let marked =
            |line: Result<String, _>| line.ok()?.split_once(MARK).map(|(_, told)| told.to_owned());
        self.lines.by_ref().find_map(marked).expect("the child tells something")
    }

    /// Asks a child of the test for its next line.
    pub fn go(&mut self) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin.write_all(b"go\n").expect("the child reads");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

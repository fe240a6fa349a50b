//! A command that asks, as a process: what it says, how long it takes, and what of the machine.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use swarmscope_wire::Permid;
use tempfile::TempDir;

use super::page::keep;
use super::victim::{Ceilings, PATIENCE, Usage, usage};

/// Whose commands they are.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn output(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.args(args).env_clear().env("HOME", self.path()).current_dir(self.path());
        String::from_utf8(command.output().expect("the program runs").stdout).expect("text")
    }

    /// What one of its commands says in JSON.
    pub fn lines(&self, args: &[&str]) -> Vec<Value> {
        self.output(args).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Who its commands are.
    pub fn permid(&self) -> Permid {
        let shown = self.output(&["key", "show"]);
        Permid::from_base64(shown.lines().next().expect("a line")).expect("a permid")
    }
}

/// One that runs.
pub struct Asking {
    child: Child,
    began: Instant,
    lines: Receiver<String>,
    most: Usage,
    last: Value,
}

/// One that has ended.
#[derive(Debug)]
pub struct Asked {
    pub code: i32,
    /// The last event.
    pub last: Value,
    took: Duration,
    most: Usage,
}

impl Asking {
    pub fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.args(args).env_clear().env("HOME", home.path()).current_dir(home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program runs");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let most = Usage { memory: 0, files: 0, threads: 0 };
        Self { child, began: Instant::now(), lines, most, last: Value::Null }
    }

    /// Whether it has its own name: from then on the files of whoever started it are closed in it.
    fn is_itself(&self) -> bool {
        let name = fs::read_to_string(format!("/proc/{}/comm", self.child.id()));
        name.is_ok_and(|name| name.trim_end() == "swarmscope")
    }

    /// Looks at what it takes and says; `None` where it has ended.
    fn look(&mut self) -> Option<()> {
        while let Ok(line) = self.lines.try_recv() {
            self.last = serde_json::from_str(&line).expect("JSON");
        }
        if self.child.try_wait().expect("it can be waited for").is_some() {
            return None;
        }
        if self.is_itself()
            && let Some(now) = usage(self.child.id())
        {
            self.most.memory = self.most.memory.max(now.memory);
            self.most.files = self.most.files.max(now.files);
            self.most.threads = self.most.threads.max(now.threads);
        }
        assert!(self.began.elapsed() < PATIENCE, "it does not end: {}", self.last);
        thread::sleep(Duration::from_millis(5));
        Some(())
    }

    /// Waits for an event of this kind that fits.
    pub fn event_of(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        while self.look().is_some() {
            if self.last["event"] == kind && fits(&self.last) {
                return self.last.clone();
            }
        }
        panic!("it ended without one: {}", self.last)
    }

    pub fn whole(mut self) -> Asked {
        while self.look().is_some() {}
        self.last = self
            .lines
            .iter()
            .last()
            .map_or_else(|| self.last.clone(), |line| serde_json::from_str(&line).expect("JSON"));
        let status = self.child.wait().expect("it can be waited for");
        let took = self.began.elapsed();
        Asked { code: status.code().unwrap_or(-1), last: self.last.take(), took, most: self.most }
    }

    /// SIGTERM, and to its end.
    pub fn stop(self) -> Asked {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        self.whole()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Asked {
    /// What it took more than a quiet one stays below the ceilings.
    pub fn check(&self, attack: &str, quiet: &Self, ceilings: Ceilings) {
        let grown = self.most.memory.saturating_sub(quiet.most.memory) >> 10;
        self.is_below(attack, &format!("+{grown}"), grown, ceilings);
    }

    /// What it took in all stays below the ceilings.
    pub fn holds(&self, attack: &str, ceilings: Ceilings) {
        let all = self.most.memory >> 10;
        self.is_below(attack, &all.to_string(), all, ceilings);
    }

    fn is_below(&self, attack: &str, said: &str, memory: u64, ceilings: Ceilings) {
        let is_brief = self.took < Duration::from_secs(1); // over before a busy machine looks
        assert!(self.most.files > 0 || is_brief, "{attack}: it was not looked at");
        self.most.is_below(attack, said, memory, ceilings);
        println!("{attack}: over after {:?}", self.took);
    }

    pub fn took_at_most(&self, attack: &str, most: Duration) {
        let (took, of) = (self.took.as_secs_f64(), most.as_secs());
        keep(attack, "over", &format!("after {took:.1} of {of} s"));
        assert!(self.took <= most, "{attack}: {took} s of {of}");
    }
}

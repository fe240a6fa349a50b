//! A swarm of peers in a process of its own, and the identities of a Crawler that they allow.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::Terminal;

/// A running swarm. Dropping it ends it.
pub struct Swarm {
    directory: TempDir,
    child: Child,
}

impl Swarm {
    /// Starts so many peers; all listen when this returns.
    pub fn start(peers: usize) -> Self {
        let directory = TempDir::new().expect("a directory");
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let run = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
            command
                .args(args)
                .env_clear()
                .env("HOME", directory.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped());
            command
        };
        let permid = |args: &[&str]| {
            let made = run(args).output().expect("the program runs");
            String::from_utf8(made.stdout)
                .expect("text")
                .lines()
                .next()
                .expect("a permid")
                .to_owned()
        };
        let current = permid(&["key", "new", "--out", &path("current.pem")]);
        let legacy = permid(&["key", "new", "--legacy", "--out", &path("legacy.pem")]);
        let count = peers.to_string();
        let args = [
            "demo",
            "--headless",
            "--json",
            "--peers",
            &count,
            "--allow",
            &current,
            "--allow",
            &legacy,
        ];
        let mut child = run(&args).stderr(Stdio::null()).spawn().expect("the program runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().take(peers);
        let targets = lines.map(|line| {
            let line = line.expect("a line");
            let event: Value = serde_json::from_str(&line).expect("JSON");
            event["addr"].as_str().unwrap_or_else(|| panic!("an address in {line}")).to_owned()
        });
        let targets: Vec<String> = targets.collect();
        assert_eq!(targets.len(), peers, "every peer listens");
        std::fs::write(path("peers.txt"), targets.join("\n")).expect("written");
        Self { directory, child }
    }

    fn path(&self, name: &str) -> String {
        PathBuf::from(self.directory.path()).join(name).to_string_lossy().into_owned()
    }

    /// A screen on this swarm, in a terminal.
    pub fn screen(&self, columns: u16, rows: u16) -> Terminal {
        self.screen_with(columns, rows, &[])
    }

    /// The same, with more arguments.
    pub fn screen_with(&self, columns: u16, rows: u16, more: &[&str]) -> Terminal {
        let files = [
            ("--bootstrap", "peers.txt"),
            ("--identity", "current.pem"),
            ("--legacy-identity", "legacy.pem"),
        ];
        let options = files.map(|(option, file)| [option.to_owned(), self.path(file)]).concat();
        let arguments: Vec<&str> = ["tui"]
            .into_iter()
            .chain(options.iter().map(String::as_str))
            .chain(more.iter().copied())
            .collect();
        Terminal::start(columns, rows, &arguments, &[])
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The peer that is attacked: a process of this program, and what it takes.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use swarmscope_wire::Permid;
use tempfile::TempDir;

use super::page::keep;

/// Longer than anything here takes, short enough to see that it hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Those of tokio, one a processor, and its blocking ones: 2 + 12 for SQL, some for what is read; the
/// writers of lines and of a store.
fn most_threads() -> u64 {
    38 + thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

pub struct Victim {
    child: Child,
    home: TempDir,
    pub address: SocketAddr,
    pub permid: Permid,
    /// Read by nobody, where they are kept.
    _unread: (Option<BufReader<ChildStdout>>, Option<ChildStderr>),
    before: Usage,
}

/// What a process takes.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The most so far, in KiB.
    pub memory: u64,
    pub files: u64,
    pub threads: u64,
}

impl Usage {
    /// So much memory, in MiB, and its files and threads stay below the ceilings.
    pub fn is_below(&self, attack: &str, said: &str, memory: u64, ceilings: Ceilings) {
        let Self { files, threads, .. } = self;
        println!("{attack}: {said} MiB, {files} files, {threads} threads");
        keep(attack, "memory", &format!("{said} of {} MiB", ceilings.memory));
        keep(attack, "open files", &format!("{files} of {}", ceilings.files));
        assert!(memory <= ceilings.memory, "{attack}: {said} MiB of {}", ceilings.memory);
        assert!(*files <= ceilings.files, "{attack}: {files} files of {}", ceilings.files);
        assert!(*threads <= most_threads(), "{attack}: {threads} threads");
    }
}

/// What an attack may make of it.
#[derive(Clone, Copy)]
pub struct Ceilings {
    /// Growth, in MiB.
    pub memory: u64,
    pub files: u64,
}

/// How it is started.
#[derive(Clone, Copy, Default)]
pub struct Setup<'a> {
    /// The section `[limits]`.
    pub limits: &'a str,
    /// The most files that it may have open.
    pub files: Option<u32>,
    /// Whether its standard output is read by nobody.
    pub unread: bool,
    /// Whether it logs everything, and nobody reads that.
    pub unread_log: bool,
    /// Further options.
    pub options: &'a [&'a str],
}

impl Victim {
    pub fn start(allow: &[Permid], setup: Setup<'_>) -> Self {
        let home = TempDir::new().expect("a directory");
        let config = home.path().join(".config/swarmscope");
        fs::create_dir_all(&config).expect("a directory");
        fs::write(config.join("config.toml"), format!("[limits]\n{}", setup.limits))
            .expect("written");
        let files = setup.files.map_or_else(String::new, |files| format!("ulimit -n {files}; "));
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("{files}exec \"$@\""), "sh", env!("CARGO_BIN_EXE_swarmscope")])
            .args(["peer", "--listen", "127.0.0.1:0", "--json"]);
        for permid in allow {
            command.args(["--allow", &permid.to_string()]);
        }
        command.args(setup.options);
        let (level, stderr) =
            if setup.unread_log { ("trace", Stdio::piped()) } else { ("warn", Stdio::null()) };
        command.env_clear().env("HOME", home.path()).env("SWARMSCOPE_LOG", level);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().expect("the program runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it says where it listens");
        let listening: Value = serde_json::from_str(&line).expect("JSON");
        let address = listening["addr"].as_str().and_then(|addr| addr.parse().ok());
        let permid = listening["permid"].as_str().and_then(|text| Permid::from_base64(text).ok());
        let mut unread = Some(stdout);
        if !setup.unread {
            let stdout = unread.take().expect("it is there");
            thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(drop));
        }
        let before = usage(child.id()).expect("it lives");
        let (address, permid) = (address.expect("an address"), permid.expect("a permid"));
        let unread = (unread, child.stderr.take());
        Self { child, home, address, permid, _unread: unread, before }
    }

    /// `swarmscope limits --json`, of this process.
    pub fn limits(&self) -> HashMap<String, Value> {
        let output = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
            .args(["limits", "--json"])
            .env_clear()
            .env("HOME", self.home.path())
            .output()
            .expect("it runs");
        let lines = String::from_utf8(output.stdout).expect("text");
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .filter(|line| line["pid"] == self.child.id())
            .map(|line| (line["limit"].as_str().expect("a name").to_owned(), line))
            .collect()
    }

    /// How often a limit was reached.
    pub fn refused(&self, limit: &str) -> u64 {
        self.limits()[limit]["refused"].as_u64().expect("a number")
    }

    /// What it takes stays below the ceilings.
    pub fn check(&mut self, attack: &str, ceilings: Ceilings) {
        assert_eq!(self.child.try_wait().expect("it can be waited for"), None, "it lives");
        let now = usage(self.child.id()).expect("it lives");
        let grown = now.memory.saturating_sub(self.before.memory) >> 10;
        now.is_below(attack, &format!("+{grown}"), grown, ceilings);
    }

    /// Asks it to end, and gives how long that took and its exit code.
    pub fn end(&mut self) -> (Duration, Option<i32>) {
        self.terminate();
        self.ended()
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// How long it takes until it has ended, and its exit code.
    pub fn ended(&mut self) -> (Duration, Option<i32>) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return (began.elapsed(), status.code());
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it does not end");
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// None where it has ended.
pub fn usage(process: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let of = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok()
    };
    let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count() as u64;
    Some(Usage { memory: of("VmHWM")?, files, threads: of("Threads")? })
}

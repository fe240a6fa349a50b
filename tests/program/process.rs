//! Processes of the program under test, each with a home directory of its own.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes, short enough to see that it hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A user of the program: a home directory with default identities in it.
pub struct Home {
    directory: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: TempDir::new().expect("a directory") }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program, as this user calls it.
    pub fn swarmscope<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_swarmscope")), args)
    }

    /// Any program, with nothing of the environment that could change what it does.
    pub fn program<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(self.path());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        let mut command = self.swarmscope(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Outcome::of_its_end(command.spawn().expect("the program runs"))
    }

    /// The permid of this user's default identity, of the old kind or not.
    pub fn permid(&self, legacy: bool) -> String {
        let shown =
            self.run(if legacy { &["key", "show", "--legacy"][..] } else { &["key", "show"] });
        assert_eq!(shown.code, 0, "{shown:?}");
        shown.stdout.lines().next().expect("a line").to_owned()
    }
}

/// What a process left.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        stdout.lines().for_each(crate::schema::check_line);
        Self { code: output.status.code().unwrap_or(-1), stdout, stderr }
    }

    /// What a process leaves that runs now; fails where it hangs.
    pub fn of_its_end(mut child: Child) -> Self {
        let read = |mut stream: Box<dyn Read + Send>| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).map(|_| bytes)
            })
        };
        let stdout = read(Box::new(child.stdout.take().expect("piped")));
        let stderr = read(Box::new(child.stderr.take().expect("piped")));
        let status = wait(&mut child);
        let whole = |reader: JoinHandle<io::Result<Vec<u8>>>| {
            reader.join().expect("no panic").expect("readable")
        };
        Self::of(Output { status, stdout: whole(stdout), stderr: whole(stderr) })
    }

    /// Its JSON events: standard output has one object a line and nothing else.
    pub fn events(&self) -> Vec<Value> {
        self.stdout.lines().map(parsed).collect()
    }

    /// The last event, which must be of this kind.
    pub fn last(&self, kind: &str) -> Value {
        let last = self.events().pop().unwrap_or_else(|| panic!("no events: {self:?}"));
        assert_eq!(last["event"], kind, "{self:?}");
        last
    }
}

/// An event, as docs/events.schema.json describes it.
fn parsed(line: &str) -> Value {
    let event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    crate::schema::check(&event);
    event
}

/// The path of an example of this crate.
pub fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("this test");
    let program =
        tests.parent().and_then(Path::parent).expect("target/debug").join("examples").join(name);
    assert!(
        program.exists(),
        "built by `cargo test`, or `cargo build --examples`: {}",
        program.display()
    );
    program
}

/// A process that runs until it is told to stop. Dropping it kills it.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    pub fn line(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("another line");
        crate::schema::check_line(&line);
        line
    }

    /// The next JSON event, which must be of this kind.
    pub fn event(&self, kind: &str) -> Value {
        let event = parsed(&self.line());
        assert_eq!(event["event"], kind, "{event}");
        event
    }

    pub fn signal(&self, signal: libc::c_int) {
        let id = self.child.id().to_string();
        let sent =
            Command::new("kill").args([format!("-{signal}"), id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end, and gives its exit code.
    pub fn code(mut self) -> i32 {
        wait(&mut self.child).code().unwrap_or(-1)
    }
}

/// Waits for the end of a process; fails where it hangs.
fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().expect("it can be waited for") {
            Some(status) => return status,
            None if Instant::now() < end => {}
            None => {
                let _ = child.kill();
                panic!("it does not end");
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `swarmscope peer` on a free port of loopback.
pub struct Peer {
    pub running: Running,
    pub addr: String,
    pub permid: String,
}

impl Peer {
    /// `version` 17 or 18; whoever stands in `allow` may ask.
    pub fn start(home: &Home, version: u16, allow: &[&str]) -> Self {
        Self::start_with(home, version, allow, &[])
    }

    /// The same, with further arguments.
    pub fn start_with(home: &Home, version: u16, allow: &[&str], more: &[&str]) -> Self {
        let version = version.to_string();
        let mut args =
            vec!["peer", "--listen", "127.0.0.1:0", "--json", "--overlay-version", &version];
        args.extend(allow.iter().flat_map(|permid| ["--allow", permid]));
        args.extend(more);
        let running = Running::start(home.swarmscope(&args));
        let listening = running.event("listening");
        let text = |key: &str| listening[key].as_str().map(str::to_owned);
        let permid = text("permid").or_else(|| text("legacy_permid")).expect("a permid");
        Self { running, addr: text("addr").expect("an address"), permid }
    }

    /// Waits until it is asked this id: then the request is there, and not answered before it.
    pub fn is_asked(&self, id: u64) {
        loop {
            let event = parsed(&self.running.line());
            if event["event"] == "asked" && event["message_id"] == id {
                return;
            }
        }
    }

    /// `permid@host:port`.
    pub fn pinned(&self) -> String {
        format!("{}@{}", self.permid, self.addr)
    }
}

//! A program in a terminal of its own: what it shows, what one types, and how the terminal is left.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long something may take that should happen at once. Much longer than it takes anywhere.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Synchronized updates: what is between these two is one picture.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
pub const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
const ENTER: &str = "\r";

/// What has been printed, as a terminal understands it.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// When what was printed came: up to which byte, and when.
    came: Vec<(usize, Instant)>,
    /// A frame has begun and not ended: what the rows are is no whole picture.
    within_frame: bool,
    /// What the program prints is not read.
    stuck: bool,
    closed: bool,
}

/// A terminal with the program in it.
pub struct Terminal {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// How the terminal was before.
    modes: String,
    home: TempDir,
}

impl Terminal {
    /// Starts `swarmscope` with these arguments in a terminal of this size, with a home directory
    /// of its own.
    pub fn start(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Self::run(columns, rows, env!("CARGO_BIN_EXE_swarmscope"), arguments, environment)
    }

    /// Starts a shell with job control, in which `$PROGRAM` is swarmscope.
    pub fn shell(columns: u16, rows: u16) -> Self {
        let program = ("PROGRAM", env!("CARGO_BIN_EXE_swarmscope"));
        Self::run(
            columns,
            rows,
            "bash",
            &["--norc", "--noprofile", "--noediting", "-i"],
            &[program, ("PS1", "shell: ")],
        )
    }

    /// Starts `swarmscope` where the leader of its session and of its group are in another PID
    /// namespace and so have the number 0, as in some containers. `None` if this machine gives
    /// nobody namespaces.
    pub fn below_an_unseen_leader(columns: u16, rows: u16, arguments: &[&str]) -> Option<Self> {
        const NAMESPACE: [&str; 2] = ["--pid", "--fork"];
        let possible = Command::new("unshare")
            .args(NAMESPACE)
            .arg("true")
            .status()
            .is_ok_and(|status| status.success());
        let program = ["sh", "-c", "\"$0\" \"$@\"; exit $?", env!("CARGO_BIN_EXE_swarmscope")];
        possible.then(|| {
            Self::run(
                columns,
                rows,
                "unshare",
                &[&NAMESPACE, &program[..], arguments].concat(),
                &[],
            )
        })
    }

    /// Starts any program.
    pub fn run(
        columns: u16,
        rows: u16,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let home = TempDir::new().expect("a directory");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        for (name, value) in environment {
            command.env(name, value);
        }
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);

        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen = Arc::new((
            Mutex::new(Seen {
                parser,
                raw: Vec::new(),
                came: Vec::new(),
                within_frame: false,
                stuck: false,
                closed: false,
            }),
            Condvar::new(),
        ));
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let (written, keys) = (Arc::clone(&seen), pair.master.take_writer().expect("a writer"));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let seen = written.0.lock().expect("no panic while reading");
                drop(
                    written.1.wait_while(seen, |seen| seen.stuck).expect("no panic while reading"),
                );
                let count = output.read(&mut buffer).unwrap_or(0);
                let now = Instant::now();
                let mut seen = written.0.lock().expect("no panic while reading");
                seen.parser.process(&buffer[..count]);
                let new = seen.raw.len().saturating_sub(FRAME_BEGINS.len());
                seen.raw.extend_from_slice(&buffer[..count]);
                let printed = seen.raw.len();
                seen.came.push((printed, now));
                seen.within_frame = within_frame(&seen.raw[new..]).unwrap_or(seen.within_frame);
                seen.closed = count == 0;
                written.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { seen, keys, master: pair.master, child, modes, home }
    }

    /// Types keys: characters as they are.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    pub fn enter(&mut self) {
        self.keys(ENTER);
    }

    /// Stops reading what the program prints, or goes on with it.
    pub fn stick(&self, stuck: bool) {
        self.seen.0.lock().expect("no panic").stuck = stuck;
        self.seen.1.notify_all();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.seen
            .0
            .lock()
            .expect("no panic")
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal resizes");
    }

    /// The rows of the screen as it is.
    pub fn rows(&self) -> Vec<String> {
        rows(&self.seen.0.lock().expect("no panic"))
    }

    /// Waits until the screen is as it should be; fails with the screen where that takes too long.
    pub fn wait(&self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        self.wait_longer(what, PATIENCE, is_so)
    }

    /// The same, for what takes its time.
    pub fn wait_longer(
        &self,
        what: &str,
        patience: Duration,
        is_so: impl Fn(&[String]) -> bool,
    ) -> Vec<String> {
        let end = Instant::now() + patience;
        let mut seen = self.seen.0.lock().expect("no panic");
        loop {
            let rows = rows(&seen);
            if !seen.within_frame && is_so(&rows) {
                return rows;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.closed,
                "waited for {what}; the screen was\n{}",
                rows.join("\n")
            );
            seen = self.seen.1.wait_timeout(seen, left).expect("no panic").0;
        }
    }

    /// Waits until some row has this text.
    pub fn wait_for(&self, text: &str) -> Vec<String> {
        self.wait(text, |rows| rows.iter().any(|row| row.contains(text)))
    }

    /// Waits until the program has asked for what is done with the mouse.
    pub fn wait_for_mouse(&self) {
        let end = Instant::now() + PATIENCE;
        while !self.state().3 {
            assert!(
                Instant::now() < end,
                "the mouse is not reported; the screen was\n{}",
                self.rows().join("\n")
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal by its name: `TERM`.
    pub fn signal(&self, name: &str) {
        send(name, &self.id().to_string());
    }

    /// Sends a signal to the process whose id stands in a file of the home directory.
    pub fn signal_to(&self, file: &str, name: &str) {
        let id =
            std::fs::read_to_string(self.home.path().join(file)).expect("the file with its id");
        send(name, id.trim());
    }

    /// Waits until the process whose id is in a file of the home directory is stopped: all of its
    /// threads, for only then its shell is told.
    pub fn wait_until_stopped(&self, file: &str) {
        let id =
            std::fs::read_to_string(self.home.path().join(file)).expect("the file with its id");
        let is_stopped = |thread: std::io::Result<std::fs::DirEntry>| {
            let stat = std::fs::read_to_string(thread.expect("a thread").path().join("stat"));
            // the state stands behind the name, which is in brackets and may hold anything; a
            // thread may have ended by now
            stat.is_ok_and(|stat| {
                stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
            })
        };
        let end = Instant::now() + PATIENCE;
        loop {
            let mut threads =
                std::fs::read_dir(format!("/proc/{}/task", id.trim())).expect("it is there");
            if threads.all(is_stopped) {
                return;
            }
            assert!(Instant::now() < end, "it runs on; the screen was\n{}", self.rows().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The process in it.
    pub fn id(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// All that was printed so far, and when it came: up to which byte, and when.
    pub fn printed(&self) -> (Vec<u8>, Vec<(usize, Instant)>) {
        let seen = self.seen.0.lock().expect("no panic");
        (seen.raw.clone(), seen.came.clone())
    }

    /// The sockets of the program that reach other machines, or this one by an address: their
    /// numbers.
    pub fn sockets(&self) -> Vec<String> {
        let process = format!("/proc/{}", self.id());
        let tables = ["tcp", "tcp6", "udp", "udp6"]
            .map(|table| std::fs::read_to_string(format!("{process}/net/{table}")));
        let listed: Vec<String> = tables.into_iter().flatten().collect();
        let inode = |line: &str| line.split_whitespace().nth(9).map(str::to_owned);
        let all: Vec<String> =
            listed.iter().flat_map(|table| table.lines().skip(1)).filter_map(inode).collect();
        let own =
            std::fs::read_dir(format!("{process}/fd")).expect("its files").filter_map(|entry| {
                let target = std::fs::read_link(entry.ok()?.path()).ok()?;
                Some(target.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
            });
        own.filter(|number| all.contains(number)).collect()
    }

    /// The home directory.
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// What the terminal is told to be: alternate screen, cursor hidden, bracketed paste, mouse
    /// reported.
    pub fn state(&self) -> (bool, bool, bool, bool) {
        let seen = self.seen.0.lock().expect("no panic");
        let screen = seen.parser.screen();
        let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        (screen.alternate_screen(), screen.hide_cursor(), screen.bracketed_paste(), mouse)
    }

    /// Waits for the end of a program that was killed, which leaves the terminal as it is.
    pub fn wait_until_closed(mut self) {
        let status = self.child.wait().expect("the child can be waited for");
        assert!(!status.success(), "it was killed");
    }

    /// Waits for the program's end: its exit code, and what it printed in all.
    pub fn end(mut self) -> (u32, String) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                break status;
            }
            assert!(
                Instant::now() < end,
                "it did not end; the screen was\n{}",
                self.rows().join("\n")
            );
            thread::sleep(Duration::from_millis(10));
        };
        let mut seen = self.seen.0.lock().expect("no panic");
        while !seen.closed {
            let (next, timeout) = self.seen.1.wait_timeout(seen, PATIENCE).expect("no panic");
            assert!(!timeout.timed_out(), "the terminal stays open");
            seen = next;
        }
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is the terminal's"
        );
        assert_eq!(modes(&*self.master), self.modes, "echo and lines are as before");
        (status.exit_code(), String::from_utf8_lossy(&seen.raw).into_owned())
    }
}

/// Whether a frame has begun after the last one ended, as far as these bytes tell.
fn within_frame(bytes: &[u8]) -> Option<bool> {
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
    match (last(FRAME_BEGINS), last(FRAME_ENDS)) {
        (None, None) => None,
        (begins, ends) => Some(begins > ends),
    }
}

fn send(signal: &str, id: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{signal}"), id]).status();
    assert!(sent.expect("kill is there").success());
}

fn rows(seen: &Seen) -> Vec<String> {
    let screen = seen.parser.screen();
    screen.rows(0, screen.size().1.into()).collect()
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has cells")
}

/// The modes that raw mode changes.
fn modes(master: &dyn MasterPty) -> String {
    let modes = master.get_termios().expect("a terminal has modes");
    format!("{:?} {:?} {:?}", modes.input_flags, modes.output_flags, modes.local_flags)
}

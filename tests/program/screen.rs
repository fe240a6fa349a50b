//! `swarmscope tui` in a real terminal: what a key does is seen at once.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::process::{Home, PATIENCE};

const ROWS: NonZeroU16 = NonZeroU16::new(30).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(100).unwrap();

/// The program in a terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(home: &Home, args: &[&str]) -> Self {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), ..PtySize::default() };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.args(args);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program runs");
        let mut output = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                shown.lock().expect("no panic").process(&bytes[..read]);
            }
        });
        Self { child, keys, screen, _master: pair.master }
    }

    fn text(&self) -> String {
        self.screen.lock().expect("no panic").screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("written");
        self.keys.flush().expect("written");
    }

    /// How long it takes until the screen is as wanted.
    fn until(&self, wanted: impl Fn(&str) -> bool) -> Duration {
        let start = Instant::now();
        while !wanted(&self.text()) {
            assert!(start.elapsed() < PATIENCE, "{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
        start.elapsed()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_key_is_answered_at_once_and_not_by_the_next_tick_of_the_clock() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["tui"]);
    terminal.until(|text| text.contains("PEERS"));
    terminal.press("?"); // the second key is what a lost wake-up delays
    terminal.press("\x1b");
    let quickest = (0..3)
        .map(|_| {
            // Right after the clock has moved the next tick is a second away.
            let clock = terminal.text().lines().next().map(str::to_owned);
            terminal.until(|text| text.lines().next() != clock.as_deref());
            terminal.press("L");
            let taken = terminal.until(|text| text.contains("LOG"));
            terminal.press("\x1b");
            terminal.until(|text| text.contains("PEERS"));
            taken
        })
        .min()
        .expect("three times");
    assert!(quickest < Duration::from_millis(300), "{quickest:?}");
    terminal.press("q");
    assert!(terminal.child.wait().expect("it ends").success());
}

//! Very much typed in very little time: a key that repeats, a paste of a mebibyte.

use std::thread;
use std::time::{Duration, Instant};

use super::terminal::Terminal;
use super::{ESC, ctrl, selected};

/// Between two bunches of repeated keys: a thousand keys a second.
const BUNCH: (usize, Duration) = (10, Duration::from_millis(10));
/// What may pass until everything that was typed is seen. Much longer than it takes anywhere.
const BOUND: Duration = Duration::from_secs(20);
const PASTE: (&str, &str) = ("\u{1b}[200~", "\u{1b}[201~");

/// Presses a key so many times, a thousand times a second.
fn repeat(terminal: &mut Terminal, key: &str, times: usize) {
    let start = Instant::now();
    for bunch in 0..times / BUNCH.0 {
        terminal.keys(&key.repeat(BUNCH.0));
        let next = start + BUNCH.1 * u32::try_from(bunch + 1).expect("few");
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn paste(terminal: &mut Terminal, text: &str) {
    terminal.keys(&[PASTE.0, text, PASTE.1].concat());
}

/// The payload editor of a screen without peers.
fn editor(terminal: &mut Terminal) {
    terminal.wait_for("No peers yet.");
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.keys(&ctrl('k'));
}

/// How the bytes of a request begin whose payload is so long: with its length and that of what
/// stands before it.
fn to_send(payload: usize) -> String {
    format!("to send    {:08x}", payload + 5)
}

#[test]
fn a_thousand_keys_a_second_are_all_typed() {
    let mut terminal = Terminal::start(120, 40, &["tui"], &[]);
    editor(&mut terminal);
    repeat(&mut terminal, "j", 5000);
    let typed = Instant::now();
    terminal.wait_for(&to_send(5000));
    assert!(typed.elapsed() < BOUND, "{:?}", typed.elapsed());
    terminal.keys(&ctrl('c'));
    assert_eq!(terminal.end().0, 130);
}

/// As a terminal sends them that was held up, or an unbracketed paste: more than anybody reads at
/// once, and then nothing more.
#[test]
fn thousands_of_keys_at_once_are_all_typed() {
    let mut terminal = Terminal::start(120, 40, &["tui"], &[]);
    editor(&mut terminal);
    terminal.keys(&"j".repeat(3000));
    let typed = Instant::now();
    terminal.wait_for(&to_send(3000));
    assert!(typed.elapsed() < BOUND, "{:?}", typed.elapsed());
    terminal.keys(&ctrl('c'));
    assert_eq!(terminal.end().0, 130);
}

/// From the first row of a list to the last one, one by one.
#[test]
fn a_thousand_steps_a_second_are_all_gone() {
    const PEERS: usize = 2001;
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("many.jsonl");
    std::fs::write(&file, recording(PEERS)).expect("written");
    let mut terminal =
        Terminal::start(120, 40, &["tui", "--replay", file.to_str().expect("a path")], &[]);
    // by then the list has its order for good
    let rows = terminal.wait_for("replay ended");
    assert!(rows.iter().any(|row| row.contains("PEERS  2 001 of 2 001")), "{}", rows.join("\n"));
    terminal.keys("g");
    terminal
        .wait("the first row", |rows| rows.iter().position(|row| row.starts_with('▌')) == Some(4));
    terminal.keys("G");
    let last = terminal
        .wait("the last row", |rows| rows.iter().position(|row| row.starts_with('▌')) > Some(4));
    let last = selected(&last).expect("selected").to_owned();
    terminal.keys("g");
    terminal.wait("the first row", |rows| selected(rows).is_some_and(|row| row != last));
    repeat(&mut terminal, "j", PEERS - 1);
    let pressed = Instant::now();
    terminal.wait("the last row again", |rows| selected(rows) == Some(&last));
    assert!(pressed.elapsed() < BOUND, "{:?}", pressed.elapsed());
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_mebibyte_is_pasted_wherever_text_goes_and_nowhere_it_does_not() {
    let huge = "0123456789abcdef".repeat(1 << 16);
    let mut terminal = Terminal::start(120, 40, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    let start = Instant::now();
    paste(&mut terminal, &huge);
    terminal.wait_for("paste needs a text field");
    // one line takes the beginning
    terminal.keys("/");
    paste(&mut terminal, &huge);
    terminal.wait("the filter", |rows| rows.iter().any(|row| row.contains("0123456789abcdef0123")));
    terminal.keys(ESC);
    terminal.wait("the filter to go", |rows| {
        !rows.iter().any(|row| row.contains("0123456789abcdef0123"))
    });
    // the editor takes it whole, or nothing of it
    editor(&mut terminal);
    paste(&mut terminal, &huge);
    terminal.wait_for("not pasted: the payload editor takes 256 KiB");
    paste(&mut terminal, &huge[..200 << 10]);
    terminal.wait_for(&to_send(200 << 10));
    terminal.keys("jjj");
    terminal.wait_for(&to_send((200 << 10) + 3));
    let lines = "SELECT 1;\n".repeat(1000);
    paste(&mut terminal, &lines);
    terminal.wait_for(&to_send((200 << 10) + 3 + lines.len()));
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    terminal.keys(&ctrl('c'));
    assert_eq!(terminal.end().0, 130);
}

/// A recording that begins with so many peers.
fn recording(peers: usize) -> String {
    use swarmscope::screen::Msg;
    use swarmscope::screen::session::recording::{FORMAT, Header, Line, MAGIC, What};
    use swarmscope_peer::node::{Event, PeerKey};
    use swarmscope_wire::Permid;
    use swarmscope_wire::failure::{By, Cause, Failure};
    let header = Header {
        magic: MAGIC.to_owned(),
        format: FORMAT,
        program: String::new(),
        started: 1_700_000_000_000_000,
        size: (120, 40),
        privacy: false,
        title: String::new(),
        ids: Vec::new(),
        keys: Vec::new(),
        kept: Vec::new(),
    };
    let line = |n: usize| {
        let n = u32::try_from(n).expect("few").wrapping_mul(2_654_435_761);
        let mut key = [0x5a; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        let event = Event::ConnectFailed {
            peer: PeerKey::Permid(Permid::Ed25519(key)),
            failure: Failure::new(Cause::TcpRefused, By::Network, ""),
            attempt: 1,
            gives_up_at: 28,
            again_in: None,
        };
        serde_json::to_string(&Line(0, What::Msg(Msg::Node(event)))).expect("JSON")
    };
    let header = serde_json::to_string(&header).expect("JSON");
    let end = serde_json::to_string(&Line(1_000_000, What::End)).expect("JSON");
    [header].into_iter().chain((0..peers).map(line)).chain([end]).map(|line| line + "\n").collect()
}

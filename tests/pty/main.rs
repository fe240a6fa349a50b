//! The program in a terminal, as somebody uses it.
#![allow(clippy::disallowed_methods)] // real time, in a real terminal

mod cases;
mod faults;
mod flood;
mod jobs;
mod keys;
mod many;
mod networks;
mod one_peer;
mod pager;
mod paste;
mod replay;
mod stored;
mod stuck;
mod swarm;
mod terminal;
mod worm;

use terminal::Terminal;

const ESC: &str = "\u{1b}";
const SHIFT_TAB: &str = "\u{1b}[Z";

fn ctrl(c: char) -> String {
    char::from(c as u8 & 0x1f).to_string()
}

/// The row of the list that is selected.
fn selected(rows: &[String]) -> Option<&str> {
    rows.iter().map(|row| row.split('│').next().unwrap_or(row)).find(|row| row.starts_with('▌'))
}

fn connected(rows: &[String]) -> Option<u32> {
    let after = rows.first()?.split_once("● ")?.1;
    after.split_whitespace().next()?.parse().ok()
}

/// The demo, settled, its tour skipped.
fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::start(columns, rows, &["demo", "--seed", "7"], &[]);
    terminal.wait("most peers to be connected", |rows| connected(rows).is_some_and(|n| n >= 20));
    terminal.keys("T");
    terminal.wait("the tour to end", |rows| !rows.iter().any(|row| row.contains("skip tour")));
    terminal
}

/// The short permid of the peer that is selected.
fn selected_peer(rows: &[String]) -> Option<String> {
    selected(rows)?.split_whitespace().nth(2).map(str::to_owned)
}

/// How the permids begin of the peers that the tour plays with, by the seed 7. Their labels come a
/// moment after their connections.
const PLAYED_WITH: [&str; 10] =
    ["413c", "7444", "4512", "4b60", "85c5", "f6b4", "8b2c", "9166", "6d38", "27bc"];

/// Moves to a connected peer that the tour does not play with.
fn select_a_plain_peer(terminal: &mut Terminal) -> String {
    let is_plain = |row: &str| {
        row.contains('●')
            && row.trim_end().trim_end_matches('?').ends_with("now")
            && !PLAYED_WITH.iter().any(|permid| row.contains(permid))
    };
    terminal.keys("g");
    let mut rows = terminal.wait("the first peer to be selected", |rows| {
        rows.windows(2).any(|two| two[0].contains("VERSION") && two[1].starts_with('▌'))
    });
    for _ in 0..24 {
        let peer = selected_peer(&rows);
        if selected(&rows).is_some_and(is_plain) {
            return peer.expect("a permid");
        }
        terminal.keys("j");
        rows = terminal
            .wait("the next peer", |rows| selected(rows).is_some() && selected_peer(rows) != peer);
    }
    panic!("no plain peer in\n{}", rows.join("\n"));
}

/// Opens the composer on DATABASE; its default payload is there when this returns.
fn compose_a_query(terminal: &mut Terminal) {
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.wait_for("SELECT 'peer_count'");
}

/// Opens the composer on DATABASE, with a query that some peers answer otherwise than others.
fn compose_a_query_of_two_answers(terminal: &mut Terminal) {
    compose_a_query(terminal);
    terminal.keys(&ctrl('k'));
    terminal.keys("SELECT count(*) % 2 FROM Torrent");
}

/// Picks NATCHECK by its name, and sends it to the peer that is selected.
fn ask_for_a_nat_test(terminal: &mut Terminal) {
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("natch");
    terminal.wait_for("3  NATCHECK");
    terminal.enter();
    terminal.wait_for("none; NATCHECK takes no payload");
    terminal.enter();
}

#[test]
fn a_nat_test_its_reply_and_the_254_after_it() {
    let mut terminal = demo(120, 40);
    let peer = select_a_plain_peer(&mut terminal);
    ask_for_a_nat_test(&mut terminal);
    let rows = terminal.wait("the decoded reply", |rows| {
        ["REPLY  #1 NATCHECK", "error 0, success", "udp timeout", "internal ip"]
            .iter()
            .all(|text| rows.iter().any(|row| row.contains(text)))
    });
    let row = selected(&rows).expect("selected");
    assert!(row.contains(&peer) && row.contains("in 59:"), "it accepts again in an hour: {row}");
    // the same again is certain to meet 254: said first
    terminal.enter();
    terminal.wait_for("press again to send anyway");
    terminal.enter();
    let rows = terminal.wait("254 and its countdown", |rows| {
        selected(rows).is_some_and(|row| row.contains(" 254 "))
    });
    let row = selected(&rows).expect("selected");
    assert!(row.contains("254   59:"), "exact, because ours was the last: {row}");
    terminal.wait_for("our own request was the last");
    terminal.keys("q");
    let (code, _) = terminal.end();
    assert_eq!(code, 0);
}

#[test]
fn parts_grow_and_every_size_has_its_layout() {
    let mut terminal = demo(120, 40);
    terminal.keys("/slow");
    terminal.wait("the slow peer alone", |rows| rows.iter().any(|row| row.contains("PEERS  1 of")));
    terminal.enter();
    // a long query; asked with frequency 1 it is accepted whatever the tour asked before
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.keys(&ctrl('k'));
    terminal.keys("SELECT * FROM Torrent");
    terminal.wait_for("1 line, 21 B");
    terminal.keys(SHIFT_TAB);
    terminal.keys(&ctrl('u'));
    terminal.keys("1");
    terminal.keys(&ctrl('s'));
    let parts = |rows: &[String]| {
        let row = rows.iter().find(|row| row.contains("DATABASE") && row.contains(" in, "))?;
        row.split_once(" in, ")?.0.split_whitespace().next_back()?.parse::<u32>().ok()
    };
    let first = parts(&terminal.wait("a part", |rows| parts(rows).is_some())).expect("parts");
    terminal.wait("more parts", |rows| parts(rows).is_some_and(|now| now > first));

    terminal.resize(80, 24);
    terminal.wait("two panes at 80×24", |rows| {
        rows.len() == 24 && rows[1].contains("PEERS  1") && rows[20].contains("REQUEST  1 DATABASE")
    });
    terminal.resize(60, 20);
    terminal.wait("one pane at 60×20", |rows| {
        rows[1].contains("PEERS") && !rows.iter().any(|row| row.contains('│'))
    });
    terminal.resize(39, 9);
    terminal.wait_for("needs 40×10");
    terminal.resize(200, 60);
    terminal.wait("the large layout", |rows| rows.len() == 60 && rows[59].contains("quit"));
    terminal.wait_for("rows");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn help_and_prompts_open_and_close() {
    let mut terminal = Terminal::start(100, 30, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    terminal.keys("?");
    terminal.wait("the help", |rows| {
        ["HELP", "MOVE", "quit"].iter().all(|t| rows.iter().any(|r| r.contains(t)))
    });
    terminal.keys(ESC);
    terminal.wait("the help to close", |rows| !rows.iter().any(|row| row.contains("HELP")));
    terminal.keys("c");
    terminal.wait_for("connect to");
    // nothing listens there: phase, cause and hint
    terminal.keys("127.0.0.1:1\r");
    terminal.wait("the failure", |rows| {
        rows.iter().any(|row| row.contains("tcp.refused"))
            && rows.iter().any(|row| row.contains("nothing listens on that port"))
    });
    terminal.keys(&ctrl('c'));
    assert_eq!(terminal.end().0, 130, "interrupted");
}

#[test]
fn privacy_hides_addresses_from_the_start() {
    let mut terminal =
        Terminal::start(100, 30, &["tui", "--privacy", "--connect", "127.0.0.1:1"], &[]);
    terminal.wait_for("tcp.refused");
    terminal.keys("L");
    let log = terminal.wait_for("LOG");
    assert!(!log.iter().any(|row| row.contains("127.0.0.1")), "{}", log.join("\n"));
}

#[test]
fn a_key_is_answered_at_once_and_not_by_the_next_tick_of_the_clock() {
    let mut terminal = Terminal::start(100, 30, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    terminal.keys("L"); // the second key is what a lost wake-up delays
    terminal.wait_for("LOG");
    terminal.keys("L");
    let mut answered_in_the_same_second = || {
        // Right after the clock has moved, its next tick is a second away: a frame that waited for
        // it shows another time.
        let before = terminal.wait_for("No peers yet.").first().cloned();
        let moved = terminal
            .wait("the clock to move", |rows| rows.first() != before.as_ref())
            .first()
            .cloned();
        terminal.keys("L");
        let answered = terminal.wait_for("LOG").first().cloned();
        terminal.keys("L");
        answered == moved
    };
    // on a busy machine a second may pass all the same, but not every time
    assert!((0..20).any(|_| answered_in_the_same_second()), "every answer waited for the clock");
}

/// What is asked of a peer is recorded, held still, and replayed to the same screen.
#[test]
fn a_recording_is_replayed_to_the_same_final_screen() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let path = directory.path().join("session.jsonl");
    let file = path.to_str().expect("a path").to_owned();
    let home = [("HOME", directory.path().to_str().expect("a path"))]; // commands name key files
    let mut terminal = Terminal::start(120, 40, &["demo", "--seed", "7", "--record", &file], &home);
    // whoever is heard of while the screen is frozen is not on it, and is in the recording
    terminal.wait("all peers to be connected", |rows| connected(rows) == Some(24));
    terminal.wait_for("rec  ");
    terminal.keys("T");
    // the order by news settles within a second: a frozen one may be caught on its way
    terminal.keys(":sort peer\r");
    terminal.wait_for("sort: peer");
    select_a_plain_peer(&mut terminal);
    ask_for_a_nat_test(&mut terminal);
    terminal.wait_for("udp timeout");
    terminal.keys("z");
    terminal.wait_for("frozen");
    let mut last = terminal.rows();
    for _ in 0..2 {
        // the size of the recording in the status bar changes without it
        let before = selected_peer(&last);
        terminal.keys("j");
        last = terminal.wait("the cursor to move", |rows| {
            selected(rows).is_some() && selected_peer(rows) != before
        });
    }
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);

    let mut terminal = Terminal::start(120, 40, &["tui", "--replay", &file], &home);
    terminal.wait_for("replay 1×");
    terminal.keys("]]]]]");
    let again = terminal.wait("the end of it", |rows| rows[0].contains("replay ended"));
    // but for the status bar, the keys that are shown, and those of the replay
    assert_eq!(again[1..37].join("\n"), last[1..37].join("\n"));
    assert_eq!(again[38], last[38]);
    // it sends nothing, and goes back
    terminal.enter();
    terminal.wait_for("a replay sends nothing");
    terminal.keys("0");
    terminal.wait_for("PEERS  0 of 0");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);

    let terminal = Terminal::start(120, 40, &["demo", "--record", &file], &[]);
    terminal.wait_for("exists");
    assert_eq!(terminal.end().0, 1, "nothing is overwritten");
}

#[test]
fn a_script_presses_keys_and_says_what_it_waits_for_in_vain() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let script = |text: &str| {
        let path = directory.path().join("keys.txt");
        std::fs::write(&path, text).expect("written");
        Terminal::start(100, 30, &["tui", "--script", path.to_str().expect("a path")], &[])
    };
    let terminal = script(
        "until No peers yet.\n?\nuntil HELP\nesc\nc\ntype nowhere\nuntil nowhere\nesc\nquit\n",
    );
    assert_eq!(terminal.end().0, 0);
    let terminal = script("limit 200 ms\nuntil something else\n");
    let (code, printed) = terminal.end();
    assert_eq!(code, 1);
    assert!(
        printed.contains("line 2: \"something else\" was not on the screen in 200ms"),
        "{printed}"
    );
    let (code, printed) = script("j\nnonsense\n").end();
    assert_eq!(code, 2);
    assert!(printed.contains("line 2: \"nonsense\" is not a key"), "{printed}");
}

#[test]
fn signals_end_it_and_give_the_terminal_back() {
    for signal in ["TERM", "INT", "HUP"] {
        let terminal = Terminal::start(80, 24, &["tui"], &[]);
        terminal.wait_for("No peers yet.");
        terminal.signal(signal);
        assert_eq!(terminal.end().0, 130, "SIG{signal}");
    }
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let terminal = Terminal::start(80, 24, &["tui"], &[("SWARMSCOPE_PANIC_AFTER", "300")]);
    let (code, printed) = terminal.end();
    assert_eq!(code, 101);
    let (screen, told) =
        printed.rsplit_once("\u{1b}[?1049l").expect("the alternate screen is left");
    assert!(screen.contains("swarmscope"), "it was up");
    assert!(told.contains("asked to by SWARMSCOPE_PANIC_AFTER"), "{told}");
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_in_the_middle_of_drawing_leaves_the_terminal_usable() {
    let mut terminal = Terminal::start(80, 24, &["tui"], &[("SWARMSCOPE_PANIC_DRAWING", "1500")]);
    terminal.wait_for("No peers yet.");
    terminal.keys("tm"); // with the mouse reported, too
    let (code, printed) = terminal.end();
    assert_eq!(code, 101);
    let (screen, told) =
        printed.rsplit_once("\u{1b}[?1049l").expect("the alternate screen is left");
    assert!(screen.contains("\u{1b}[?1000h"), "the mouse was reported");
    assert!(told.contains("asked to by SWARMSCOPE_PANIC_DRAWING"), "{told}");
    assert!(!told.contains("No peers yet."), "nothing is drawn behind it");
}

#[test]
fn a_theme_of_ones_own_is_seen_while_it_is_written() {
    let mut terminal = Terminal::start(100, 30, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    let folder = terminal.home().join(".config/swarmscope/themes");
    std::fs::create_dir_all(&folder).expect("a directory");
    std::fs::write(folder.join("mine.toml"), "inherits = \"mono\"\n").expect("a file");
    for name in ["light", "high-contrast", "sixteen", "mono", "mine"] {
        terminal.keys("tt");
        terminal.wait_for(&format!("theme: {name}"));
    }
    std::fs::write(folder.join("mine.toml"), "inherits = \"mono\"\nascii = true\n")
        .expect("a file");
    terminal.wait("plain characters", |rows| {
        rows.iter().any(|row| row.contains("reloaded")) && rows.concat().is_ascii()
    });
    std::fs::write(folder.join("mine.toml"), "inherits = \"mono\"\nascii = 1\n").expect("a file");
    terminal.wait_for("mine.toml, line 2: ");
    assert!(terminal.rows().concat().is_ascii(), "the last good one stays");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn without_colour_nothing_is_coloured() {
    let mut terminal = Terminal::start(80, 24, &["tui"], &[("NO_COLOR", "1")]);
    terminal.wait_for("No peers yet.");
    terminal.keys("q");
    let (code, printed) = terminal.end();
    assert_eq!(code, 0);
    let colours = ["\u{1b}[38;", "\u{1b}[48;", "\u{1b}[3", "\u{1b}[9"];
    let coloured = printed.split('\u{1b}').filter(|part| {
        part.ends_with('m')
            && colours.iter().any(|colour| format!("\u{1b}{part}").starts_with(colour))
    });
    let other = ["[39m", "[49m"];
    assert_eq!(coloured.filter(|part| !other.contains(part)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .arg("demo")
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}

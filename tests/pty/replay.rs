//! What was recorded is replayed: to the same groups of answers, also where nobody may be named in
//! it; and nothing leaves a replay, neither over the network nor to the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::swarm::Swarm;
use super::terminal::Terminal;
use super::{connected, ctrl};

const PEERS: u32 = 12;

/// A request to a small swarm, recorded until its answers are in groups; the screen as it was then.
fn recorded(file: &str, more: &[&str]) -> Vec<String> {
    let swarm = Swarm::start(PEERS as usize);
    let mut terminal = swarm.screen_with(120, 40, &[&["--record", file], more].concat());
    terminal.wait("everybody", |rows| connected(rows) == Some(PEERS));
    terminal.keys("a");
    terminal.wait_for("12 marked");
    super::compose_a_query_of_two_answers(&mut terminal);
    terminal.wait_for("1 line, 32 B");
    terminal.keys(&ctrl('s'));
    terminal.wait_for("nothing sent yet");
    terminal.enter();
    terminal.wait("all answers", |rows| {
        let answered = |row: &String| {
            row.contains("answered")
                && row.split('│').next().is_some_and(|it| it.trim_end().ends_with(" 12"))
        };
        rows[0].contains("done")
            && rows.iter().any(answered)
            && rows.iter().any(|row| row.contains("ANSWERS"))
    });
    terminal.keys("z");
    terminal.wait_for("frozen");
    let last = terminal.wait("a whole frame", |rows| rows[0].contains("frozen"));
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
    last
}

/// The last screen of a recording.
fn replayed(file: &str) -> Vec<String> {
    let mut terminal = Terminal::start(120, 40, &["tui", "--replay", file], &[]);
    terminal.wait_for("replay ");
    terminal.keys("$");
    let last = terminal.wait("its end", |rows| rows[0].contains("replay ended"));
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
    last
}

#[test]
fn a_request_to_many_is_replayed_to_the_same_groups_and_final_screen() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("many.jsonl");
    let file = path.to_str().expect("a path");
    let last = recorded(file, &[]);
    assert_eq!(replayed(file)[1..37].join("\n"), last[1..37].join("\n"));
}

#[test]
fn so_is_one_that_names_nobody() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("many.jsonl");
    let file = path.to_str().expect("a path");
    let last = recorded(file, &["--privacy"]);
    let text = fs::read_to_string(&path).expect("the recording");
    assert!(!text.contains("127.0.0.1"), "no address is in it");
    // the pane of outcomes and groups; who is who is another there
    let left = |rows: &[String]| -> Vec<String> {
        rows[1..37].iter().map(|row| row.split('│').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(left(&replayed(file)).join("\n"), left(&last).join("\n"));
}

/// Every file of a directory, with what is in it.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn the_theme_that_was_chosen_is_there_at_the_next_start_and_a_replay_changes_nothing() {
    let home = TempDir::new().expect("a directory");
    let own = home.path().join(".config/swarmscope/themes/mine.toml");
    fs::create_dir_all(own.parent().expect("a directory")).expect("a directory");
    fs::write(&own, "inherits = \"mono\"\nascii = true\n").expect("written");
    let path = home.path().join("empty.jsonl");
    let file = path.to_str().expect("a path");
    let environment = [("HOME", home.path().to_str().expect("a path"))];
    let start = |arguments: &[&str]| Terminal::start(100, 30, arguments, &environment);
    let quit = |mut terminal: Terminal| {
        terminal.keys("q");
        assert_eq!(terminal.end().0, 0);
    };

    let mut terminal = start(&["tui", "--record", file]);
    terminal.wait_for("No peers yet.");
    assert!(!terminal.rows().concat().is_ascii());
    terminal.keys(":theme mine\r");
    terminal.wait("the theme", |rows| {
        rows.concat().contains("theme: mine") && rows.concat().is_ascii()
    });
    quit(terminal);
    let terminal = start(&["tui"]);
    terminal.wait_for("No peers yet.");
    assert!(terminal.rows().concat().is_ascii(), "it is remembered");
    quit(terminal);
    let terminal = start(&["tui", "--theme", "dark"]);
    terminal.wait_for("No peers yet.");
    assert!(!terminal.rows().concat().is_ascii(), "what is asked for goes before it");
    quit(terminal);

    // a replay begins with it, too, sees it change, and leaves everything as it is
    let before = files(home.path());
    let mut terminal = start(&["tui", "--replay", file]);
    // past the recorded `:theme mine`, which would take what is written below without a word
    terminal.wait("the replay", |rows| {
        let all = rows.concat();
        rows[0].contains("replay ") && all.contains("theme: mine") && all.is_ascii()
    });
    fs::write(&own, "inherits = \"mono\"\nascii = false\n").expect("written");
    terminal.wait("signs", |rows| rows.concat().contains("reloaded") && !rows.concat().is_ascii());
    fs::write(&own, "inherits = \"mono\"\nascii = true\n").expect("written");
    terminal.wait("plain characters", |rows| rows.concat().is_ascii());
    terminal.keys("tt");
    terminal.wait_for("theme: dark");
    terminal.keys("C h");
    terminal.wait_for("COLUMNS");
    terminal.keys("\u{1b}");
    terminal.wait("the list", |rows| !rows.iter().any(|row| row.contains("COLUMNS")));
    terminal.keys("L");
    terminal.wait_for("applies here only");
    terminal.keys("L");
    terminal.keys("c");
    terminal.wait_for("a replay sends nothing");
    for keys in ["D", "T", "R", "\u{12}", "z", "x", "S", "N", "\r", "\u{13}"] {
        terminal.keys(keys);
    }
    terminal.keys("\u{1b}\u{1b}");
    terminal.keys("L"); // after all of them
    terminal.wait_for("newest last");
    terminal.keys("L");
    assert_eq!(terminal.sockets(), [""; 0], "it has no socket");
    quit(terminal);
    assert_eq!(files(home.path()), before);
    let terminal = start(&["tui", "--listen", "127.0.0.1:0"]);
    terminal.wait_for("No peers yet.");
    assert!(!terminal.sockets().is_empty(), "where there is one, it is seen");
    quit(terminal);

    // a theme that is gone is told of, and the usual one is shown
    fs::remove_file(&own).expect("removed");
    let terminal = start(&["tui"]);
    terminal.wait_for("the last theme used: ");
    quit(terminal);
}

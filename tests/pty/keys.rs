//! Keys of one's own, what may follow a first key, and commands with arguments, in a terminal.

use std::fs;

use crate::terminal::Terminal;
use crate::{ESC, ctrl};

#[test]
fn a_key_map_with_mistakes_and_what_follows_a_first_key() {
    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path().join("swarmscope");
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("keymap.toml"), "filter = \"f7\"\nfliter = \"x\"\nquit = []\n")
        .expect("a file");
    let config = home.path().display().to_string();
    let mut terminal = Terminal::start(100, 30, &["tui"], &[("XDG_CONFIG_HOME", &config)]);
    terminal.wait_for("f7 filter");
    terminal.keys("L");
    terminal.wait_for("keymap.toml:2: no command \"fliter\": did you mean \"filter\"?");
    terminal.wait_for("keymap.toml:3: \"quit\" needs a key");
    terminal.keys(ESC);
    terminal.wait_for("No peers yet.");

    terminal.keys("y");
    terminal.wait_for("─ y …");
    terminal.keys(ESC);
    terminal.wait("it is gone", |rows| !rows.iter().any(|row| row.contains("─ y …")));

    terminal.keys(":connect nowhere\r");
    terminal.wait_for("the port is missing");
    terminal.keys(&ctrl('u'));
    terminal.keys("theme li\t\r");
    terminal.wait_for("theme: light");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

//! A reply in another program: that has the terminal and the keys, and the screen has both again
//! when it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::terminal::Terminal;

/// Shows the file, says its name, and keeps the line that is typed.
const PAGER: &str = r#"#!/bin/sh
cat "$1"
echo "file $1 is $(stat -c %a "$1")"
read line
echo "$line" > "$0.got"
"#;

/// The demo with a request of DATABASE in the composer.
fn with_query(environment: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::start(120, 40, &["demo", "--seed", "7"], environment);
    terminal
        .wait("most peers to be connected", |rows| super::connected(rows).is_some_and(|n| n >= 20));
    terminal.keys("T");
    super::select_a_plain_peer(&mut terminal);
    super::compose_a_query(&mut terminal);
    terminal
}

/// The demo with a reply to DATABASE on the screen.
fn with_reply(environment: &[(&str, &str)]) -> Terminal {
    let mut terminal = with_query(environment);
    terminal.keys(&super::ctrl('s'));
    terminal.wait_for("error 0, success");
    terminal
}

#[test]
fn a_pager_has_the_terminal_and_all_keys_until_it_ends() {
    let directory = tempfile::tempdir().expect("a directory");
    let pager = directory.path().join("pager-of-the-test");
    fs::write(&pager, PAGER).expect("a program");
    fs::set_permissions(&pager, fs::Permissions::from_mode(0o700)).expect("a program");
    // found by its name: in $PAGER the blanks of a directory's name would begin arguments
    let path = std::env::var("PATH").expect("where programs are");
    let path = format!("{}:{path}", directory.path().display());
    let mut terminal = with_reply(&[("PAGER", "pager-of-the-test"), ("PATH", &path)]);
    terminal.keys("W");
    terminal.keys("p");
    let rows = terminal.wait("the pager", |rows| rows.iter().any(|row| row.contains("is 600")));
    assert!(rows.iter().any(|row| row.contains("# DATABASE #1 from")), "{}", rows.join("\n"));
    let file = rows
        .iter()
        .find_map(|row| row.strip_prefix("file ")?.split_whitespace().next())
        .expect("its name")
        .to_owned();
    terminal.keys("qjk and more\r");
    terminal.wait_for("REPLY  #1 DATABASE");
    let got = fs::read_to_string(pager.with_extension("got")).expect("the pager has ended");
    assert_eq!(got, "qjk and more\n", "no key was eaten");
    assert!(!fs::exists(&file).expect("can be asked"), "{file} is gone");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_pager_that_is_not_there_is_said_and_the_screen_goes_on() {
    let mut terminal = with_reply(&[("PAGER", "/no/such/pager")]);
    terminal.keys("W");
    terminal.keys("p");
    terminal.wait_for("/no/such/pager not found: set $PAGER");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

/// Changes a word of the file, where it stands.
const EDITOR: &str = "#!/bin/sh\nsed -i s/peer_count/counted_peers/ \"$1\"\n";

#[test]
fn an_editor_gets_the_payload_and_what_it_leaves_is_sent() {
    let directory = tempfile::tempdir().expect("a directory");
    let editor = directory.path().join("editor");
    fs::write(&editor, EDITOR).expect("a program");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).expect("a program");
    let editor = editor.to_str().expect("a path");
    let mut terminal = with_query(&[("EDITOR", editor), ("VISUAL", editor)]);
    terminal.keys(&super::ctrl('o'));
    terminal.wait_for("SELECT 'counted_peers'");
    terminal.wait_for("undoes it");
    terminal.keys(&super::ctrl('s'));
    terminal.wait_for("error 0, success");
    terminal.wait_for("counted_peers,");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

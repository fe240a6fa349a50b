//! Text that is pasted, as terminals send it.

use super::ctrl;
use super::terminal::Terminal;

/// What xterm, VTE, kitty and tmux send for a paste of four lines: bracketed, its line ends CR.
const PASTE: &str = "\u{1b}[200~SELECT 1 -- first\rFROM x\r-- second\rSELECT 2\u{1b}[201~";

#[test]
fn lines_that_end_in_cr_are_lines_in_the_editor_and_blanks_in_a_prompt() {
    let mut terminal = Terminal::start(120, 40, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    terminal.keys("r");
    terminal.wait_for("name or number");
    terminal.keys("database\r");
    terminal.wait_for("the default");
    terminal.keys(&ctrl('k'));
    terminal.wait_for("empty");
    terminal.keys(PASTE);
    let rows = terminal.wait_for("4 lines, 43 B");
    // the editor is few rows high: the last lines, each with its number
    for line in ["3 -- second", "4 SELECT 2"] {
        let is_line =
            |row: &String| row.split('│').next().is_some_and(|row| row.trim_end().ends_with(line));
        assert!(rows.iter().any(is_line), "{line}:\n{}", rows.join("\n"));
    }
    terminal.keys("\u{1b}");
    terminal.wait("the list", |rows| !rows.iter().any(|row| row.contains("esc close")));
    terminal.keys("c");
    terminal.wait_for("permid@host:port");
    terminal.keys(PASTE);
    terminal.wait_for("SELECT 1 -- first FROM x -- second SELECT 2");
    terminal.keys(&ctrl('c'));
    assert_eq!(terminal.end().0, 130);
}

/// A key that writes every cell again, whatever the terminal has made of the last frames.
#[test]
fn a_key_draws_the_whole_screen_again() {
    let mut terminal = Terminal::start(100, 30, &["tui"], &[]);
    terminal.wait_for("No peers yet.");
    let before = terminal.printed().0.len();
    terminal.keys(&ctrl('l'));
    let whole = |printed: &[u8]| {
        let text = String::from_utf8_lossy(printed);
        text.contains("\u{1b}[2J") && text.contains("No peers yet.")
    };
    let end = std::time::Instant::now() + super::terminal::PATIENCE;
    while !whole(&terminal.printed().0[before..]) {
        assert!(std::time::Instant::now() < end, "nothing is drawn again");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

//! The program as a job of a shell: stopped and continued by Ctrl-Z, by signals, in a terminal
//! whose size changes meanwhile.

use crate::terminal::Terminal;

const CTRL_Z: &str = "\u{1a}";
/// A terminal that is the shell's: no alternate screen, a cursor, no bracketed paste, its own
/// mouse.
const SHELLS: (bool, bool, bool, bool) = (false, false, false, false);

/// A shell in which the program runs, its process id in the file `id`.
fn running() -> Terminal {
    let mut terminal = Terminal::shell(100, 30);
    terminal.wait_for("shell:");
    terminal.keys("sh -c 'echo $$ > $HOME/id; exec $PROGRAM tui'\r");
    terminal.wait_for("No peers yet.");
    terminal
}

/// The shell waits for a command.
fn at_prompt(rows: &[String]) -> bool {
    rows.iter().rev().find(|row| !row.trim().is_empty()).is_some_and(|row| row.trim() == "shell:")
}

/// Leaves the program and the shell, and checks that the terminal is as it was.
fn leave(mut terminal: Terminal) {
    terminal.keys("q");
    terminal.wait("the shell", at_prompt);
    terminal.keys("exit 7\r");
    assert_eq!(terminal.end().0, 7);
}

/// Has the shell say something. What is typed stands there at once; that it is said shows that the
/// shell takes commands.
fn say(terminal: &mut Terminal, words: &str) {
    terminal.keys(&format!("echo {words}\r"));
    terminal
        .wait(words, |rows| rows.iter().any(|row| row.contains(words) && !row.contains("echo")));
}

fn continues(terminal: &mut Terminal, mouse: bool) {
    terminal.wait("the shell", at_prompt);
    assert_eq!(terminal.state(), SHELLS, "the shell has its terminal");
    say(terminal, "typed in vain");
    terminal.resize(80, 24);
    terminal.keys("fg\r");
    terminal.wait("the screen in its new size", |rows| {
        rows.len() == 24 && rows[1].contains("PEERS") && rows[23].contains("q quit")
    });
    assert_eq!(terminal.state().3, mouse, "the mouse as before");
    assert!(terminal.state().0 && terminal.state().2, "taken again");
    assert!(
        !terminal.rows().iter().any(|row| row.contains("in vain")),
        "nothing of the shell is left on it"
    );
    terminal.keys("L");
    terminal.wait_for("LOG");
    terminal.keys("L");
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let mut terminal = running();
    terminal.keys("tm");
    terminal.wait_for_mouse(); // the word alone is shown by the first key already, as what may follow it
    terminal.keys(CTRL_Z);
    continues(&mut terminal, true);
    // and once more, from within a prompt
    terminal.keys("/abc");
    terminal.wait_for("abc");
    terminal.keys(CTRL_Z);
    terminal.wait("the shell again", at_prompt);
    terminal.keys("fg\r");
    terminal.wait_for("abc");
    terminal.keys("\u{1b}");
    terminal.wait("the filter to close", |rows| !rows.iter().any(|row| row.contains("abc")));
    leave(terminal);
}

#[test]
fn stopped_from_outside_it_gives_the_terminal_back_too() {
    let mut terminal = running();
    terminal.signal_to("id", "TSTP");
    continues(&mut terminal, false);
    leave(terminal);
}

#[test]
fn after_sigstop_the_screen_is_drawn_anew() {
    let mut terminal = running();
    // nobody can give a terminal back on SIGSTOP; the shell writes over the screen
    terminal.signal_to("id", "STOP");
    terminal.wait("the shell", |rows| rows.iter().any(|row| row.contains("Stopped")));
    say(&mut terminal, "typed in vain");
    // continued in the background it must not touch the terminal
    terminal.signal_to("id", "CONT");
    say(&mut terminal, "still the shell");
    terminal.wait_until_stopped("id"); // by its first look at a terminal that is the shell's
    terminal.keys("jobs\r"); // a shell that does not know it yet would not let it go on; some tell by themselves
    terminal.wait("the shell to know", |rows| {
        rows.iter().filter(|row| row.contains("Stopped")).count() >= 2
    });
    terminal.keys("fg\r");
    terminal.wait("the screen", |rows| {
        rows.last().is_some_and(|row| row.contains("q quit"))
            && !rows.iter().any(|row| row.contains("the shell"))
    });
    terminal.keys("L");
    terminal.wait_for("LOG");
    terminal.keys("L");
    leave(terminal);
}

#[test]
fn where_no_shell_could_continue_it_ctrl_z_says_so() {
    refuses_to_stop(Terminal::start(100, 30, &["tui"], &[]));
}

#[test]
fn a_session_whose_leader_cannot_be_seen_has_no_shell_to_continue_it() {
    let Some(terminal) = Terminal::below_an_unseen_leader(100, 30, &["tui"]) else {
        return eprintln!("SKIPPED: unshare --pid is not permitted here");
    };
    refuses_to_stop(terminal);
}

fn refuses_to_stop(mut terminal: Terminal) {
    terminal.wait_for("No peers yet.");
    terminal.keys(CTRL_Z);
    terminal.wait_for("no shell could resume the program");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

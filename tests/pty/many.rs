//! A request to 400 peers: marked by a filter, looked at before it is sent, stopped with one key,
//! sent to the rest, and its answers in groups.

use std::time::Duration;

use super::swarm::Swarm;
use super::{connected, ctrl};

const PEERS: usize = 410;
/// Four hundred handshakes, and four hundred requests at 20 a second, on a machine that does other
/// things too.
const PATIENCE: Duration = Duration::from_secs(300);

/// The number before a word, in the first row that has one there.
fn before(rows: &[String], word: &str) -> Option<usize> {
    rows.iter().find_map(|row| row.split_once(word)?.0.split_whitespace().next_back()?.parse().ok())
}

/// The number at the end of the left pane's row that has this word.
fn count(rows: &[String], word: &str) -> Option<usize> {
    let row =
        rows.iter().find(|row| row.split('│').next().is_some_and(|left| left.contains(word)))?;
    row.split('│').next()?.split_whitespace().next_back()?.parse().ok()
}

/// The whole preview has been drawn: its first row and its last words.
fn previewed(rows: &[String]) -> bool {
    rows[0].contains("nothing sent yet") && rows.iter().any(|row| row.contains("recalled"))
}

#[test]
fn four_hundred_are_marked_by_a_filter_looked_at_asked_stopped_and_grouped() {
    let swarm = Swarm::start(PEERS);
    let mut terminal = swarm.screen(120, 40);
    terminal.wait_longer("400 connections", PATIENCE, |rows| connected(rows) >= Some(400));

    // mark what a filter shows
    terminal.keys("/state:up");
    terminal.enter();
    terminal.keys("a");
    terminal.wait("400 marks", |rows| before(rows, " marked") >= Some(400));

    // a request, looked at before it goes: nothing has been sent when the preview is left again
    super::compose_a_query_of_two_answers(&mut terminal);
    terminal.keys(&ctrl('s'));
    terminal.wait_for("nothing sent yet");
    terminal.keys("\u{1b}");
    terminal.wait_for("REQUEST  to");
    terminal.keys(&ctrl('s'));
    let rows = terminal.wait("the preview", previewed);
    let to = before(&rows, " peers   nothing sent yet").expect("how many it goes to");
    assert!(to >= 400, "those who were asked for nothing are not left out: {}", rows.join("\n"));

    // one key stops all
    terminal.enter();
    terminal.wait_longer("some answers", PATIENCE, |rows| count(rows, "answered") >= Some(20));
    terminal.keys("S");
    let rows = terminal.wait("the stop", |rows| {
        rows[0].contains("stopped")
            && rows.iter().any(|row| row.contains("were sent,") && row.contains("never"))
    });
    let sent = before(&rows, " sent").expect("how many were sent");
    let (left, answered) =
        (count(&rows, "not sent yet"), count(&rows, "answered").expect("a count"));
    assert!((20..to).contains(&sent) && answered <= sent, "{}", rows.join("\n"));
    assert_eq!(left, Some(to - sent), "what was not sent is counted: {}", rows.join("\n"));

    // the rest: who answered would answer 254 now, and is left out
    terminal.keys("\u{1b}");
    terminal.wait_for("REQUEST  to");
    terminal.keys(&ctrl('s'));
    let rows = terminal.wait("the preview without those who answered", |rows| {
        previewed(rows)
            && rows.iter().any(|row| row.contains("254") && row.contains("would refuse"))
    });
    let rest = before(&rows, " peers   nothing sent yet").expect("how many it goes to");
    assert!(rest <= to - answered, "{rest} of {to}, {answered} have answered: {}", rows.join("\n"));
    terminal.enter();
    terminal.wait_longer("an answer of everybody", PATIENCE, |rows| {
        count(rows, "answered").is_some_and(|answered| answered + 10 >= rest)
            && count(rows, "not sent yet") == Some(0)
    });

    // the answers in groups, and into one of them
    let rows = terminal.wait("the groups", |rows| {
        rows.iter().any(|row| row.contains("ANSWERS") && row.contains("kind"))
    });
    assert!(rows.iter().any(|row| row.contains("PEERS IN ")), "{}", rows.join("\n"));
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

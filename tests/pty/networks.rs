//! The demo of BitTorrent and the DHT, in a real terminal: its tour asks, and the answers come.

use std::io::Write as _;

use super::terminal::Terminal;

#[test]
fn the_tour_shows_clients_and_nodes_that_say_they_are_simulated() {
    let args = ["demo", "--scenario", "bittorrent", "--simulated", "--peers", "2", "--seed", "7"];
    let mut terminal = Terminal::start(120, 40, &args, &[]);
    terminal.wait_for("simulated");
    terminal.wait_for("tour 3/9");
    terminal.wait("what the client with forced encryption is", |rows| {
        rows.concat().contains("encryption forced")
    });
    for step in ["tour 5/9", "tour 7/9", "tour 8/9"] {
        terminal.wait_for(step);
    }
    terminal.wait_for("tour 9/9");
    terminal.wait("the node that falls silent", |rows| {
        rows.iter().any(|row| row.contains("PING") && row.contains("timeout"))
    });
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

/// The same with real clients, where the demo can start them.
#[test]
fn the_tour_shows_real_clients_where_there_can_be_some() {
    let args = ["demo", "--scenario", "bittorrent", "--peers", "2", "--seed", "7"];
    let mut terminal = Terminal::start(120, 40, &args, &[]);
    let real = |rows: &[String]| rows.concat().contains("the clients are real, in a network");
    let rows = terminal
        .wait("which they are", |rows| real(rows) || rows.concat().contains("all simulated: "));
    if !real(&rows) {
        let wish = std::env::var("NETWORK_LAB").unwrap_or_default();
        assert_ne!(wish, "require", "no real clients in the demo");
        let _ = writeln!(std::io::stderr(), "SKIPPED: the demo has no real clients here");
        terminal.keys("q");
        return drop(terminal.end());
    }
    terminal.wait_for("real client");
    terminal.wait("what the client with forced encryption is", |rows| {
        rows.concat().contains("encryption forced")
    });
    terminal.wait("its name", |rows| rows.concat().contains("qBittorrent/4.5.2"));
    terminal.wait_for("tour 9/9");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

//! The demo of BitTorrent and the DHT, in a real terminal: its tour asks, and the answers come.

use super::terminal::Terminal;

#[test]
fn the_tour_shows_clients_and_nodes_that_say_they_are_simulated() {
    let args = ["demo", "--scenario", "bittorrent", "--peers", "2", "--seed", "7"];
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

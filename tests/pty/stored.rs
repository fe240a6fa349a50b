//! The screen on what a crawl has stored: it shows who was met and what they said, says what is not
//! kept, and sends nothing.

use std::time::{Duration, Instant};

use swarmscope_crawl::Settings;
use swarmscope_crawl::sim::{NatCheck, Rehearsal, World, rehearsal::beginning};
use swarmscope_peer::crawler::Registry;
use swarmscope_store::store::Selection;
use swarmscope_store::{Place, Store, StoreKey};
use swarmscope_wire::MessageId;
use tempfile::TempDir;

use super::terminal::Terminal;

const PEERS: u32 = 40;

/// A store, and a crawl into it whose rounds pass when they are told to.
struct Stored {
    place: Place,
    crawl: Rehearsal,
    _directory: TempDir,
}

impl Stored {
    fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let place = Place::Sqlite(directory.path().join("c.sqlite"));
        let key = StoreKey::new([7; 32]);
        let world = World::mixed(3, PEERS, 7760);
        let settings = Settings {
            targets: vec![world.address(0).to_string().parse().expect("a target")],
            questions: vec![MessageId::NATCHECK],
            every: Duration::from_secs(3600),
            ..Settings::new(Registry::default().with_question(NatCheck))
        };
        let store = Store::crawl(&place, &key).expect("a store");
        let crawl = Rehearsal::new(store, key, settings, world, beginning(Instant::now()));
        Self { place, crawl: crawl.expect("a crawl"), _directory: directory }
    }

    fn screen(&self, more: &[&str]) -> Terminal {
        let place = self.place.to_string();
        let arguments = [&["tui", "--store", &place][..], more].concat();
        Terminal::start(160, 40, &arguments, &[])
    }

    /// The first digits of a peer that was reached.
    fn reached(&self) -> String {
        let (mut store, mut found) = (Store::read(&self.place).expect("a store"), String::new());
        let all = Selection::default();
        store
            .visits(all, &mut |visit| {
                found.clone_from(&visit.peer);
                visit.outcome != "reached"
            })
            .expect("its visits");
        found[..5].to_owned()
    }
}

#[test]
fn a_store_is_shown_and_nothing_can_be_sent() {
    let mut stored = Stored::new();
    let figures = stored.crawl.round().expect("a round").figures;
    let mut terminal = stored.screen(&[]);
    terminal.wait_for("store, last write");
    terminal.wait_for(&format!("{} peers", figures.known));
    terminal.wait_for(&format!("p-{}", stored.reached()));
    let refused = figures.outcomes["tcp.refused"];
    assert!(refused > 0);
    terminal.wait("as many failures", |rows| rows[0].contains(&format!("× {refused}")));
    assert!(terminal.sockets().is_empty(), "{:?}", terminal.sockets());
    terminal.keys("c");
    terminal.wait_for("a store is only read");
    terminal.keys("P");
    terminal.wait_for("a store has no addresses");
    terminal.keys("4");
    terminal.wait_for("a store keeps no addresses");
    terminal.keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_crawl_is_followed_from_the_overview() {
    let mut stored = Stored::new();
    let terminal = stored.screen(&["--crawl"]);
    terminal.wait_for("store, last write");
    stored.crawl.round().expect("a round");
    terminal.wait_for(&format!("{PEERS} peers"));
    let rows = terminal.rows();
    assert!(!rows.iter().any(|row| row.contains("127.1.")), "no address: {rows:?}");
}

#[test]
fn what_needs_a_node_is_refused() {
    let terminal =
        Terminal::start(80, 24, &["tui", "--store", "a.sqlite", "--listen", "127.0.0.1:0"], &[]);
    let (code, said) = terminal.end();
    assert_eq!(code, 2, "{said}");
}

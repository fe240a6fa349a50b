//! The page about a store, in a real browser: light and dark, wide and narrow, its pictures in
//! `screenshots/` (renewed with `UPDATE_SCREENSHOTS=1`; not compared, as fonts differ).
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "a browser lives in the world")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use swarmscope_store::outcome::{ANSWERED, REACHED};
use swarmscope_store::records::State;
use swarmscope_store::store::Opening;
use swarmscope_store::{
    Heard, Leased, Network, Question, QuestionId, Replied, RoundId, Store, StoreKey, Time, Visited,
    report,
};
use swarmscope_wire::rows::{Cell, Column, ColumnKind, Rows};

const HOUR: Duration = Duration::from_secs(3600);
/// 2025-11-28.
const START: Time = Time(1_764_369_667_123);
const PEERS: u32 = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A draw that is always the same.
fn drawn(peer: u32, round: u64, what: u64) -> u64 {
    let mixed = ((u64::from(peer) << 32) | (round << 8) | what).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

fn visited(
    leased: &Leased,
    round: RoundId,
    number: u64,
    at: Time,
    question: QuestionId,
) -> Visited {
    let peer = u32::try_from(leased.peer.0).unwrap();
    let outcome = match (drawn(peer, 0, 1) % 10, drawn(peer, number, 2) % 20) {
        (0 | 1, _) => "tcp.refused",
        (_, 0) => "tcp.timeout",
        _ => REACHED,
    };
    let is_reached = outcome == REACHED;
    let kinds = ["Open Internet", "Full Cone NAT", "Port Restricted Cone NAT", "Symmetric NAT"];
    let kind = kinds[usize::try_from(drawn(peer, 0, 3) % 4).unwrap()];
    let reply = Replied {
        question,
        message: 3,
        at,
        outcome: ANSWERED.into(),
        bytes: 64,
        parts: 1,
        took: Duration::from_millis(40),
        content: Some([1; 16]),
        rows: vec![vec![Cell::Text(kind.into())]],
        raw: None,
        not_before: at.after(Duration::from_secs(3590)),
    };
    Visited {
        round,
        peer: leased.peer,
        at,
        took: Duration::from_millis(120),
        outcome: outcome.into(),
        version: is_reached.then_some(if drawn(peer, 0, 4).is_multiple_of(5) { 17 } else { 18 }),
        rtt: is_reached.then(|| Duration::from_millis(31)),
        listed: 20,
        failures: u32::from(!is_reached),
        online_since: is_reached.then_some(at),
        due: at.after(HOUR.saturating_sub(Duration::from_secs(300))),
        replies: if is_reached { vec![reply] } else { Vec::new() },
    }
}

/// Twelve rounds of a swarm of which some peers are away at times.
fn page() -> String {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("store.sqlite").display().to_string().parse().unwrap();
    let key = StoreKey::new([7; 32]);
    let mut store = Store::crawl(&place, &key).unwrap();
    let rows = Rows::of(vec![Column::new("kind", ColumnKind::Text)]);
    let question = Question { message: 3, name: "NATCHECK".into(), rows };
    let question = store.declare(Network::Overlay, &question).unwrap();
    let heard = |number: u32| Heard {
        peer: key.peer(Network::Overlay, &number.to_be_bytes()),
        address: None,
        version: None,
        at: START,
    };
    store.hear(Network::Overlay, &(0..PEERS).map(heard).collect::<Vec<_>>()).unwrap();
    for number in 0..12_u64 {
        let began = START.after(HOUR * u32::try_from(number).unwrap());
        let opening = Opening {
            network: Network::Overlay,
            every: HOUR,
            program: "swarmscope".into(),
            settings: "{}".into(),
        };
        let (round, _) = store.open_round(&opening, began).unwrap();
        let held = began.after(HOUR);
        let leased = store.lease(Network::Overlay, PEERS as usize, "one", began, held).unwrap();
        let at = began.after(Duration::from_secs(60));
        let visits: Vec<Visited> =
            leased.iter().map(|peer| visited(peer, round.id, number, at, question)).collect();
        store.visited(&visits).unwrap();
        store.end_round(round.id, State::Complete, began.after(Duration::from_secs(95))).unwrap();
    }
    report::page(&mut store, START.after(HOUR * 12)).unwrap()
}

/// There is a browser, and what drives it.
fn can_look() -> bool {
    let python = Command::new("python3").arg("--version").output();
    Path::new("/usr/bin/chromium").exists() && python.is_ok_and(|said| said.status.success())
}

#[test]
fn a_browser_finds_no_fault_with_the_page() {
    let page = page();
    assert_eq!(page, self::page(), "the same store makes the same page");
    let required =
        std::env::var_os("SWARMSCOPE_TEST_OPERATIONS").is_some_and(|value| value == "required");
    if !can_look() {
        assert!(!required, "chromium and python3 are required and not installed");
        eprintln!("skipped: what a browser says of the report; it needs chromium and python3");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    std::fs::write(&file, page).unwrap();
    let pictures = root().join("screenshots");
    let names = ["report-light.png", "report-dark.png"];
    let mut looked = Command::new("python3");
    looked.arg(root().join("tests/browser/report.py")).arg(file);
    if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
        looked.arg("--pictures").arg(&pictures);
    }
    let said = looked.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    for name in names {
        assert!(pictures.join(name).exists(), "{name}: UPDATE_SCREENSHOTS=1 draws it");
    }
}

#[test]
fn the_browser_s_check_finds_what_is_wrong() {
    if !can_look() {
        return; // the other test says so
    }
    let mut looked = Command::new("python3");
    let said =
        looked.arg(root().join("tests/browser/report.py")).arg("--self-test").output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}

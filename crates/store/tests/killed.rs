//! A writer is killed at random moments, in both databases: every store opens, holds everything
//! that was acknowledged, and counts nothing twice. `SWARMSCOPE_TEST_KILLS` says how often (10
//! unless said). And writers that start together make one store.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "processes live in the world")]

mod server;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use swarmscope_store::error::StoreError;
use swarmscope_store::records::{PeerId, QuestionId, Round, State};
use swarmscope_store::store::Opening;
use swarmscope_store::{
    Heard, Network, PeerHash, Permit, Place, Question, Replied, Store, StoreKey, Time, Visited,
    outcome,
};
use swarmscope_wire::rows::{Cell, Column, ColumnKind, Rows};

/// Says to a process of this test that it is the writer, and where.
const WRITER: &str = "SWARMSCOPE_TEST_WRITER";
/// Says to it how many peers it leases at once.
const BATCH: &str = "SWARMSCOPE_TEST_BATCH";
/// Peers for each life of a writer: several times what the fastest one visits in it.
const PEERS_A_LIFE: u64 = 400;

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn question() -> Question {
    let columns = vec![Column::new("kind", ColumnKind::Text)];
    Question { message: 3, name: "NATCHECK".into(), rows: Rows::of(columns) }
}

fn opening() -> Opening {
    Opening {
        network: Network::Overlay,
        every: Duration::from_secs(3600),
        program: "t".into(),
        settings: "{}".into(),
    }
}

/// A visit of a peer that was reached and not asked.
fn reached(round: &Round, peer: PeerId, now: Time) -> Visited {
    Visited {
        round: round.id,
        peer,
        at: now,
        took: Duration::from_millis(1),
        outcome: outcome::REACHED.into(),
        version: Some(18),
        rtt: None,
        listed: 0,
        failures: 0,
        online_since: Some(now),
        due: round.began.after(round.every),
        replies: Vec::new(),
    }
}

/// The process that is killed: leases, permits, visits, and says on standard output what was
/// acknowledged.
#[test]
fn writer() {
    let Ok(place) = std::env::var(WRITER) else { return };
    let place: Place = place.parse().unwrap();
    let mut store = Store::crawl(&place, &key()).unwrap();
    let question = store.declare(Network::Overlay, &question()).unwrap();
    let opening = opening();
    let holder = format!("writer {}", std::process::id());
    let batch = std::env::var(BATCH).ok().and_then(|batch| batch.parse().ok()).unwrap_or(40);
    let mut out = std::io::stdout();
    loop {
        let now = Time::now();
        let (round, _) = store.open_round(&opening, now).unwrap();
        let leased = store
            .lease(Network::Overlay, batch, &holder, now, now.after(Duration::from_millis(200)))
            .unwrap();
        if leased.is_empty() {
            let left = store.left(&round).unwrap();
            if left.due == 0 && left.held == 0 {
                store.end_round(round.id, State::Complete, Time::now()).unwrap();
                writeln!(out, "end").unwrap();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        let permits: Vec<Permit> = leased
            .iter()
            .map(|peer| Permit {
                peer: peer.peer,
                message: 3,
                at: now,
                until: now.after(Duration::from_secs(3600)),
            })
            .collect();
        let granted = store.permit(&permits).unwrap();
        let visits: Vec<Visited> = leased
            .iter()
            .zip(&granted)
            .map(|(peer, granted)| Visited {
                replies: if *granted { vec![reply(question, now)] } else { Vec::new() },
                ..reached(&round, peer.peer, now)
            })
            .collect();
        let written = store.visited(&visits).unwrap();
        let asked = granted.iter().filter(|granted| **granted).count();
        writeln!(out, "ack {} {asked}", written.visits).unwrap();
        out.flush().unwrap();
    }
}

fn reply(question: QuestionId, now: Time) -> Replied {
    Replied {
        question,
        message: 3,
        at: now,
        outcome: outcome::ANSWERED.into(),
        bytes: 64,
        parts: 1,
        took: Duration::from_millis(1),
        content: Some([1; 16]),
        rows: vec![vec![Cell::Text("Open Internet".into())]],
        raw: None,
        not_before: now.after(Duration::from_secs(3600)),
    }
}

fn kills() -> u64 {
    std::env::var("SWARMSCOPE_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

fn peers() -> u32 {
    u32::try_from(PEERS_A_LIFE * kills().max(10)).unwrap()
}

/// A pseudo-random time up to 12 ms, some four batches, for the n-th life of a writer.
fn life(n: u64) -> Duration {
    let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_micros((mixed ^ (mixed >> 29)) % 12_000)
}

fn is_killed_and_loses_nothing(place: &Place, url: &str) {
    let mut store = Store::crawl(place, &key()).unwrap();
    let all: Vec<Heard> = (0..peers())
        .map(|number| Heard {
            peer: key().peer(Network::Overlay, &number.to_be_bytes()),
            address: Some("198.51.100.1:1".into()),
            version: None,
            at: Time::now(),
        })
        .collect();
    store.hear(Network::Overlay, &all).unwrap();
    drop(store);
    let (mut acknowledged, mut ended, mut killed) = (0, false, 0);
    for n in 0..kills() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--nocapture"])
            .env(WRITER, url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Its life begins with the first word of it: a process that is still starting would die
        // idle.
        let mut said: Vec<String> = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            let first = line.starts_with("ack") || line == "end";
            said.push(line);
            if first {
                break;
            }
        }
        std::thread::sleep(life(n));
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        said.extend(lines.map_while(Result::ok));
        for line in &said {
            if let Some(rest) = line.strip_prefix("ack ") {
                acknowledged += rest.split(' ').next().unwrap().parse::<u64>().unwrap();
            }
            ended |= line == "end";
        }
        let mut store = Store::read(place).unwrap();
        assert_eq!(store.faults().unwrap(), Vec::<String>::new(), "after kill {n}");
        let visits = store.info().unwrap().visits;
        // The batch whose acknowledgement was cut off may be there.
        assert!(visits >= acknowledged, "after kill {n}: {visits} of {acknowledged} acknowledged");
        acknowledged = acknowledged.max(visits);
        if ended {
            break;
        }
    }
    eprintln!("killed {killed} times: {acknowledged} visits acknowledged by then");
    assert!(killed >= kills().min(5), "the round was over before anybody was killed");
    if !ended {
        let mut child = Command::new(std::env::current_exe().unwrap());
        // The rest in large batches: what the kills left over takes minutes in small ones.
        let last = child
            .args(["writer", "--exact", "--nocapture"])
            .env(WRITER, url)
            .env(BATCH, "4000")
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&last.stdout).contains("end"), "{last:?}");
    }
    let mut store = Store::read(place).unwrap();
    let round = store.rounds().unwrap().remove(0);
    assert_eq!(round.figures.unwrap().reached(), u64::from(peers()), "everybody was visited, once");
    assert_eq!(store.faults().unwrap(), Vec::<String>::new());
}

#[test]
fn a_killed_writer_loses_nothing_of_an_sqlite_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    is_killed_and_loses_nothing(&Place::Sqlite(path.clone()), &path.display().to_string());
}

#[test]
fn a_killed_writer_loses_nothing_of_a_postgresql_store() {
    let Some(server) = server::Server::shared() else { return };
    let url = server.database();
    is_killed_and_loses_nothing(&Place::Postgres(url.clone()), &url);
}

#[test]
fn a_crashed_server_loses_nothing_and_the_writer_comes_back() {
    let Some(server) = server::Server::start() else { return };
    let url = server.database();
    let place = Place::Postgres(url);
    let mut store = Store::crawl(&place, &key()).unwrap();
    let word = |number: u32| Heard {
        peer: key().peer(Network::Overlay, &number.to_be_bytes()),
        address: None,
        version: None,
        at: Time::now(),
    };
    store.hear(Network::Overlay, &[word(1)]).unwrap();
    server.crash();
    let lost = store.hear(Network::Overlay, &[word(2)]).unwrap_err();
    assert!(lost.is_passing(), "{lost:?}");
    let mut tries = 0;
    while let Err(error) = store.hear(Network::Overlay, &[word(2)]) {
        assert!(error.is_passing() && tries < 50, "{error:?}");
        tries += 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(store.info().unwrap().peers, 2);
}

/// Crawlers on several machines are often started together, by the same hand.
#[test]
fn crawlers_that_start_together_make_one_store() {
    let Some(server) = server::Server::shared() else { return };
    for _ in 0..5 {
        let place = Place::Postgres(server.database());
        let begin = std::sync::Barrier::new(6);
        let start = || {
            begin.wait();
            let mut store = Store::crawl(&place, &key())?;
            let rows = Rows::of(vec![Column::new("kind", ColumnKind::Text)]);
            let question = Question { message: 3, name: "NATCHECK".into(), rows };
            store.declare(Network::Overlay, &question)
        };
        let ids: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for id in &ids {
            assert_eq!(id.as_ref().ok(), ids[0].as_ref().ok(), "{ids:?}");
        }
        assert!(ids[0].is_ok(), "{ids:?}");
    }
}

/// Every Crawler hears of all peers, in an order of its own, while the others visit them and renew
/// their leases.
#[test]
fn crawlers_that_hear_of_the_same_peers_do_not_wait_for_each_other() {
    const CRAWLERS: u8 = 4;
    const PEERS: u8 = 200;
    let Some(server) = server::Server::shared() else { return };
    let place = Place::Postgres(server.database());
    drop(Store::crawl(&place, &key()).unwrap());
    let at = |ms: i64| Time(1_764_000_000_000 + ms);
    let crawl = |number: u8| -> Result<(), StoreError> {
        let mut store = Store::crawl(&place, &key())?;
        let (round, _) = store.open_round(&opening(), at(0))?;
        let holder = number.to_string();
        for step in 0..30_i64 {
            let heard = |n: u8| Heard {
                peer: PeerHash([n; 16]),
                address: Some(format!("192.0.2.{n}:7760")),
                version: Some(18),
                at: at(step),
            };
            // one of them in the order of hashes, the next in the order in which they are numbered
            let all: Vec<Heard> =
                (0..PEERS).map(|n| heard(n.wrapping_mul(2 * number + 1))).collect();
            store.hear(Network::Overlay, &all)?;
            let leased = store.lease(Network::Overlay, 20, &holder, at(step), at(step + 60_000))?;
            store.renew(&holder, at(step + 60_000))?;
            let visits: Vec<Visited> =
                leased.iter().map(|leased| reached(&round, leased.peer, at(step))).collect();
            store.visited(&visits)?;
        }
        store.release(&holder, at(31))?;
        Ok(())
    };
    let ends: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..CRAWLERS).map(|number| scope.spawn(move || crawl(number))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
}

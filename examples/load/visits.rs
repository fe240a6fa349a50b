//! Visits: a Crawler dials a peer, both prove who they are, and it closes.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swarmscope_peer::{
    Event, Identities, Limits, Node, NodeConfig, OverlayVersion, Permid, Target,
};
use swarmscope_wire::identity::{Ed25519Identity, LegacyIdentity, verify_legacy};
use tokio::sync::Notify;

use crate::Outcome;
use crate::process::{Core, Process, said, until_told};
use crate::report::{Goal, Report, Row, pairs};
use crate::usage::processor;

/// Before it counts, and while it does.
pub const SETTLING: Duration = Duration::from_millis(500);
pub const MEASURED: Duration = Duration::from_secs(2);
const PAIRS: usize = 5;
/// More than are visited at the same time.
const PEERS: &str = "512";

pub fn measure(report: &Report) -> Outcome {
    let targets = tempfile::NamedTempFile::new()?;
    let path = targets.path().to_str().ok_or("a path that is no text")?;
    // as many as ours: a machine has less of each in its caches than of one
    let bare_targets = tempfile::NamedTempFile::new()?;
    let bare_path = bare_targets.path().to_str().ok_or("a path that is no text")?;
    let mut bare = Process::start(Core::Other, &["bare-peers", PEERS])?;
    std::fs::write(bare_path, text(&bare.line()?, "targets")?)?;
    for version in ["18", "17"] {
        let mut peers = Process::start(Core::Other, &["peers", version, PEERS])?;
        std::fs::write(path, text(&peers.line()?, "targets")?)?;
        for at_once in ["1", "32", "256"] {
            let ours = || rate(&["visit", version, at_once, path]);
            let what = format!("v{version} visits, {at_once} in flight");
            if version == "18" {
                for suites in ["usual", "ours"] {
                    let floor = || rate(&["bare-visit", suites, at_once, bare_path]);
                    let (value, floor) = pairs(PAIRS, ours, floor)?;
                    let (is, goal) = match (suites, at_once) {
                        ("usual", "1") => ("bare TLS", Goal::None),
                        ("usual", _) => ("bare TLS", Goal::OfFloor(0.8)),
                        _ => ("bare TLS with our suite", Goal::None),
                    };
                    let unit = "per Crawler CPU-second";
                    report.row(&Row { what: &what, unit, value, floor: (is, floor), goal });
                }
            } else {
                // one visit alone waits for its peer before each of the two
                let both =
                    [("at-once", "its two signatures"), ("waits", "both, each after a wait")];
                for (how, is) in both.into_iter().take(if at_once == "1" { 2 } else { 1 }) {
                    let (value, floor) = pairs(PAIRS, ours, || rate(&["signatures", how]))?;
                    let (unit, floor) = ("CPU-ms a visit", (is, 1e3 / floor));
                    let goal = Goal::TimesFloor(1.3);
                    report.row(&Row { what: &what, unit, value: 1e3 / value, floor, goal });
                }
            }
        }
    }
    Ok(())
}

/// Visits a processor-second, as a process says them.
fn rate(arguments: &[&str]) -> Result<f64, Box<dyn Error>> {
    let said = said(arguments)?;
    let number = |name: &str| said[name].as_f64().ok_or("no number");
    Ok(number("visits")? / number("cpu_s")?)
}

pub fn text(line: &Value, name: &str) -> Result<String, Box<dyn Error>> {
    Ok(line[name].as_str().ok_or("it did not start")?.to_owned())
}

fn identities(version: u16, number: u32) -> Identities {
    let mut seed = [0x33; 64];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let mut short = [0; 32];
    short.copy_from_slice(&seed[..32]);
    if version >= 18 {
        Identities { current: Some(Arc::new(Ed25519Identity::from_seed(short))), legacy: None }
    } else {
        Identities { current: None, legacy: Some(Arc::new(LegacyIdentity::from_seed(seed))) }
    }
}

fn config(version: u16, number: u32) -> NodeConfig {
    NodeConfig {
        identities: identities(version, number),
        version: OverlayVersion(version),
        limits: Limits {
            attempts: 100_000,
            attempts_per_source: 100_000,
            dials: 1000,
            ..Limits::default()
        },
        ..NodeConfig::default()
    }
}

/// So many peers, until it is told to end.
#[tokio::main]
pub async fn peers(version: u16, count: u32) -> Outcome {
    let (mut nodes, mut targets) = (Vec::new(), String::new());
    for number in 0..count {
        let listen = Some(([127, 0, 0, 1], 0).into());
        let config = NodeConfig { listen, ..config(version, number) };
        let identities = &config.identities;
        let current = identities.current.as_ref().map(|it| it.permid());
        let permid = current.or(identities.legacy.as_ref().map(|it| it.permid()));
        let (node, events) = Node::start(config).await?;
        drop(events);
        let address = node.listening().ok_or("it does not listen")?;
        let permid = permid.ok_or("it has no permid")?;
        writeln!(targets, "{permid}@{address}")?;
        nodes.push(node);
    }
    println!("{}", json!({"targets": targets}));
    until_told().await;
    Ok(())
}

/// Who waits for the end of a connection.
type Ends = Arc<Mutex<HashMap<Permid, Arc<Notify>>>>;

/// Visits those peers, so many at once.
#[tokio::main]
pub async fn visit(version: u16, at_once: usize, targets: &str) -> Outcome {
    let targets = std::fs::read_to_string(targets)?;
    let targets: Vec<Target> = targets.lines().map(str::parse).collect::<Result<_, _>>()?;
    let (node, mut events) = Node::start(config(version, u32::MAX)).await?;
    let ends = Ends::default();
    let told = Arc::clone(&ends);
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Event::Disconnected { permid, .. } = event {
                let waits = told.lock().unwrap_or_else(PoisonError::into_inner).remove(&permid);
                if let Some(end) = waits {
                    end.notify_one();
                }
            }
        }
    });
    let begins = Instant::now() + SETTLING;
    let until = begins + MEASURED;
    let mut tasks = Vec::new();
    for first in 0..at_once {
        let theirs: Vec<Target> = targets.iter().skip(first).step_by(at_once).cloned().collect();
        let (node, ends) = (node.clone(), Arc::clone(&ends));
        tasks.push(tokio::spawn(async move {
            let mut visits = 0_u64;
            for target in theirs.iter().cycle() {
                if Instant::now() >= until {
                    break;
                }
                let permid = node.connect(target.clone()).await?;
                let end = Arc::new(Notify::new());
                let waiting = Arc::clone(&end);
                ends.lock().unwrap_or_else(PoisonError::into_inner).insert(permid, waiting);
                node.disconnect(permid);
                end.notified().await;
                visits += u64::from((begins..until).contains(&Instant::now()));
            }
            Ok::<u64, swarmscope_peer::Failure>(visits)
        }));
    }
    tokio::time::sleep_until(begins.into()).await;
    let before = processor();
    tokio::time::sleep_until(until.into()).await;
    let took = processor() - before;
    let mut visits = 0;
    for task in tasks {
        visits += task.await??;
    }
    println!("{}", json!({"visits": visits, "cpu_s": took}));
    Ok(())
}

/// As long as a peer takes to sign or to verify: a processor that has rested takes longer.
const WAIT: Duration = Duration::from_micros(400);

/// What a dialler of version 17 signs and verifies in a visit, and nothing else.
pub fn signatures(waits: bool) -> Outcome {
    let wait = || {
        if waits {
            std::thread::sleep(WAIT);
        }
    };
    let message = [0x5a; 2085]; // two nonces of 1 024 bytes, a peer id and the bencoding around them
    let identity = LegacyIdentity::from_seed([7; 64]);
    let (began, before, mut visits) = (Instant::now(), processor(), 0_u64);
    while began.elapsed() < MEASURED {
        wait();
        let signature = identity.sign(&message);
        wait();
        verify_legacy(&identity.permid(), &message, &signature).map_err(|_| "it is valid")?;
        visits += 1;
    }
    let took = processor() - before;
    println!("{}", json!({"visits": visits, "cpu_s": took}));
    Ok(())
}

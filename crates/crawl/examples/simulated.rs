//! A simulated swarm, and a Crawler of it, as two processes: how the figures in docs/crawling.md
//! were measured.
//!
//! `simulated swarm 50000 plain` prints where to begin, and on SIGINT or after `SECONDS` (fourth
//! argument) what it served; `simulated crawl TARGET STORE ROUNDS CONCURRENCY` crawls it and prints
//! the figures.
#![allow(clippy::disallowed_methods, reason = "a program may look at the clock")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use swarmscope_crawl::sim::{Simulator, World};
use swarmscope_crawl::{Crawl, Settings};
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::{Ed25519Identity, Identities, NodeConfig, Question};
use swarmscope_store::{Store, StoreKey};
use swarmscope_wire::MessageId;
use swarmscope_wire::rows::{Column, ColumnKind, Rows};

/// NATCHECK, with the type it answers.
struct Nat;

impl Question for Nat {
    fn id(&self) -> MessageId {
        MessageId::NATCHECK
    }
    fn name(&self) -> &'static str {
        "NATCHECK"
    }
    fn doc(&self) -> &'static str {
        "the NAT type"
    }
    fn decode(
        &self,
        payload: &[u8],
    ) -> Result<swarmscope_wire::Decoded, swarmscope_peer::ReplyDecodeError> {
        let mut decoded = swarmscope_wire::formats::decode(payload);
        decoded.json = serde_json::json!({"kind": decoded.json[0], "code": decoded.json[1]});
        Ok(decoded)
    }
    fn rows(&self) -> Rows {
        Rows::of(vec![Column::new("kind", ColumnKind::Text), Column::new("code", ColumnKind::Int)])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["swarm", peers, kind, seconds] => swarm(peers.parse()?, kind, seconds.parse()?),
        ["crawl", target, store, rounds, concurrency, every] => {
            crawl(target, store, rounds.parse()?, concurrency.parse()?, every.parse()?)
        }
        _ => Err("write: swarm PEERS plain|mixed SECONDS, or: crawl TARGET STORE ROUNDS CONCURRENCY EVERY".into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn swarm(peers: u32, kind: &str, seconds: u64) -> Result<(), Box<dyn Error>> {
    let world = if kind == "plain" { World::plain(1, peers, 0) } else { World::mixed(1, peers, 0) };
    let swarm = Simulator::start(world).await?;
    let began = Instant::now();
    println!("{}", swarm.world().address(0));
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    let served = swarm.served();
    let world = swarm.world();
    let reachable =
        (0..world.peers).filter(|peer| world.is_reachable(*peer, began.elapsed())).count();
    println!(
        "served {} connections, {} authenticated, {} peers accepted a question, most often {} times, {} answered 254; \
         {reachable} of {} peers reachable at the end; {}",
        served.connections,
        served.authenticated,
        served.accepted.len(),
        served.accepted.values().max().unwrap_or(&0),
        served.too_soon,
        world.peers,
        usage()
    );
    Ok(())
}

fn crawl(
    target: &str,
    store: &str,
    rounds: u64,
    concurrency: usize,
    every: u64,
) -> Result<(), Box<dyn Error>> {
    let key = StoreKey::new([7; 32]);
    let place = store.parse()?;
    let store = Store::crawl(&place, &key)?;
    let settings = Settings {
        targets: vec![target.parse()?],
        questions: vec![MessageId::NATCHECK],
        rounds: Some(rounds),
        concurrency,
        every: Duration::from_secs(every),
        frequency: Some(u16::try_from(every)?),
        lease: Duration::from_secs(10),
        ..Settings::new(Registry::default().with_question(Nat))
    };
    let identities = Identities {
        current: Some(Arc::new(Ed25519Identity::from_seed(
            [u8::try_from(std::process::id() % 251)?; 32],
        ))),
        legacy: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = NodeConfig { identities, ..NodeConfig::default() };
        let (crawl, progress) = Crawl::start(store, key, config, settings).await?;
        let stop = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        let ended = crawl
            .run(stop, |report| {
                let figures = &report.figures;
                println!(
                    "round {}: known {} dialled {} reached {} answered {:?} in {:.1} s; coverage \
                     {:?} distortion {:?} estimate {:?}; {:?}; {}",
                    report.round,
                    figures.known,
                    figures.dialled,
                    figures.reached(),
                    figures.answered,
                    figures.seconds,
                    figures.coverage(),
                    figures.distortion(),
                    figures.estimate(),
                    figures.outcomes,
                    usage()
                );
            })
            .await?;
        let last = progress.borrow().clone();
        println!(
            "{ended:?}: {} written, {} counted elsewhere, {} bytes of store; {}",
            last.written,
            last.again,
            last.store_bytes,
            usage()
        );
        Ok::<(), Box<dyn Error>>(())
    })
}

/// Memory and processor time of this process, as Linux counts them.
fn usage() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned()
    };
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| {
        fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0) / 100.0
    };
    format!(
        "memory {} (peak {}), CPU {:.1} s user {:.1} s system",
        value("VmRSS:"),
        value("VmHWM:"),
        ticks(11),
        ticks(12)
    )
}

//! A Crawler in a process of its own.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use swarmscope_crawl::sim::NatCheck;
use swarmscope_crawl::{Crawl, Settings};
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::{Ed25519Identity, Identities, NodeConfig};
use swarmscope_store::{Store, StoreKey};
use swarmscope_wire::MessageId;

use crate::usage::usage;

/// The key of all stores here.
pub fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

/// `numbers` are rounds, concurrency, seconds between rounds, visits a second, and for how many
/// seconds visits are kept; 0 is no limit.
pub fn run(target: &str, store: &str, numbers: &[&str]) -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u32> = numbers.iter().map(|it| it.parse()).collect::<Result<_, _>>()?;
    let [rounds, concurrency, every, rate, keep] = numbers[..] else {
        return Err("five numbers are needed: see the source".into());
    };
    let store = Store::crawl(&store.parse()?, &key())?;
    let settings = Settings {
        targets: vec![target.parse()?],
        questions: vec![MessageId::NATCHECK],
        rounds: Some(rounds.into()),
        concurrency: usize::try_from(concurrency)?,
        rate: (rate > 0).then_some(rate),
        every: Duration::from_secs(every.into()),
        keep: (keep > 0).then_some(Duration::from_secs(keep.into())),
        frequency: Some(u16::try_from(every)?),
        lease: Duration::from_secs(10),
        ..Settings::new(Registry::default().with_question(NatCheck))
    };
    let secret = [u8::try_from(std::process::id() % 251)?; 32];
    let current = Some(Arc::new(Ed25519Identity::from_seed(secret)));
    let identities = Identities { current, legacy: None };
    let config = NodeConfig { identities, limits: settings.limits(), ..NodeConfig::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let (crawl, progress) = Crawl::start(store, key(), config, settings).await?;
        let stop = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        let stored = progress.clone();
        let round = |report: &swarmscope_crawl::RoundReport| {
            let figures = &report.figures;
            let line = json!({
                "round": report.round, "known": figures.known, "dialled": figures.dialled,
                "reached": figures.reached(), "answered": figures.answered,
                "seconds": figures.seconds, "coverage": figures.coverage().map(|it| it.mid),
                "distortion": figures.distortion(), "outcomes": figures.outcomes,
                "store_bytes": stored.borrow().store_bytes, "usage": usage(),
            });
            println!("{line}");
        };
        let mut told = progress.clone();
        let watch = async move {
            let mut tenth = 0;
            while told.changed().await.is_ok() {
                let written = told.borrow().written;
                if written / 100 > tenth {
                    tenth = written / 100;
                    println!("{}", json!({"written": written}));
                }
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = crawl.run(stop, round) => ended?,
            () = watch => unreachable!("it never ends"),
        };
        let last = progress.borrow().clone();
        let line = json!({
            "ended": format!("{ended:?}"), "written": last.written, "again": last.again,
            "store_bytes": last.store_bytes, "seconds": began.elapsed().as_secs_f64(),
            "usage": usage(),
        });
        println!("{line}");
        Ok::<(), Box<dyn Error>>(())
    })
}

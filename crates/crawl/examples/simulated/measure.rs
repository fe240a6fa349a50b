//! What is measured: processes are started, and one line says what came of it.

use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swarmscope_crawl::Settings;
use swarmscope_crawl::sim::{NatCheck, Rehearsal, World, rehearsal::beginning};
use swarmscope_peer::crawler::Registry;
use swarmscope_store::Store;
use swarmscope_wire::MessageId;

use crate::crawl::key;
use crate::process::{Process, cpu, swarm};
use crate::usage::usage;

/// Two rounds, so that distortion can be told: the second begins when a peer may be asked again.
pub fn round(peers: &str, kind: &str, concurrency: &str) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = directory.path().join("round.sqlite").display().to_string();
    let (mut swarm, target) = swarm(Some(1), peers, kind)?;
    let mut crawler =
        Process::start(Some(0), &["crawl", &target, &store, "2", concurrency, "60", "0", "0"])?;
    let said = crawler.rest()?;
    let rounds: Vec<&Value> = said.iter().filter(|line| line["round"].is_number()).collect();
    let [first, second] = rounds[..] else { return Err("not two rounds".into()) };
    let (ended, truth) = (said.last().cloned().unwrap_or_default(), swarm.end()?);
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let visits = number(&first["dialled"]) + number(&second["dialled"]);
    let line = json!({
        "seconds": [first["seconds"], second["seconds"]],
        "visits_per_crawler_cpu_s": visits / cpu(&ended),
        "visits_per_swarm_cpu_s": visits / cpu(&truth),
        "reached_of_reachable": number(&first["reached"]) / number(&truth["reachable"]),
        "distortion": second["distortion"],
        "bytes_per_peer": number(&first["store_bytes"]) / number(&first["dialled"]),
        "crawler": {"cpu_s": cpu(&ended), "usage": ended["usage"], "rounds": rounds},
        "swarm": {"cpu_s": cpu(&truth), "said": truth},
    });
    println!("{line}");
    Ok(())
}

/// A round a minute while peers come and go; visits are kept for ten minutes. A line a round, and in
/// the end by how much memory, files and store have grown in a round of the second half: the
/// slopes of least squares.
pub fn churn(peers: &str, rounds: &str) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = directory.path().join("churn.sqlite").display().to_string();
    let (mut swarm, target) = swarm(Some(1), peers, "churn")?;
    let mut crawler =
        Process::start(Some(0), &["crawl", &target, &store, rounds, "64", "60", "0", "600"])?;
    let mut told = Vec::new();
    while let Some(line) = crawler.line()? {
        if line["round"].is_number() {
            println!("{line}");
            told.push(line);
        }
    }
    let settled = &told[told.len() / 2..];
    let slope = |of: fn(&Value) -> &Value| {
        slope(settled.iter().map(|line| of(line).as_f64().unwrap_or(f64::NAN)))
    };
    let line = json!({
        "rounds": told.len(), "of_them_settled": settled.len(),
        "memory_kib_per_round": slope(|line| &line["usage"]["memory_kib"]),
        "open_files_per_round": slope(|line| &line["usage"]["open_files"]),
        "store_bytes_per_round": slope(|line| &line["store_bytes"]),
        "swarm": swarm.end()?,
    });
    println!("{line}");
    Ok(())
}

/// By how much values that follow one another grow, from one to the next: least squares.
fn slope(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, values.clone().sum::<f64>() / count);
    let off = values.enumerate().map(|(at, value)| (at as f64 - middle, value - mean));
    let both = off.clone().map(|(x, y)| x * y).sum::<f64>();
    both / off.map(|(x, _)| x * x).sum::<f64>()
}

/// A line a day: what it takes, and how near the truth it is.
pub fn week(peers: u32) -> Result<(), Box<dyn Error>> {
    const HOUR: Duration = Duration::from_secs(3600);
    let directory = tempfile::tempdir()?;
    let place = directory.path().join("week.sqlite").display().to_string().parse()?;
    let world = World { away: 10, period: HOUR * 29, ..World::mixed(3, peers, 7760) };
    let settings = Settings {
        targets: vec![world.address(0).to_string().parse()?],
        questions: vec![MessageId::NATCHECK],
        keep: Some(HOUR * 24),
        ..Settings::new(Registry::default().with_question(NatCheck))
    };
    let store = Store::crawl(&place, &key())?;
    let mut crawl = Rehearsal::new(store, key(), settings, world, beginning(Instant::now()))?;
    for day in 1..=7 {
        let rounds = (0..24).map(|_| crawl.round()).collect::<Result<Vec<_>, _>>()?;
        let shares: Vec<f64> = rounds
            .iter()
            .map(|rest| rest.figures.reached() as f64 / rest.reachable as f64)
            .collect();
        let last = &rounds[rounds.len() - 1];
        let line = json!({
            "day": day, "store_bytes": last.store_bytes, "remembered": last.remembered,
            "reached_of_reachable": shares.iter().sum::<f64>() / shares.len() as f64,
            "coverage": last.figures.coverage().map(|share| share.mid),
            "distortion": last.figures.distortion(), "too_soon": crawl.too_soon,
            "usage": usage(),
        });
        println!("{line}");
    }
    Ok(())
}

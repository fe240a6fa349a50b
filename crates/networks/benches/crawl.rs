//! The must-show of the crawl: 100 000 simulated nodes, 10 % liars, 20 % silent, 5 % rate-limited,
//! 50 seeds. Prints how often the true size lies in the printed interval, how many questions the
//! machines answer for in a CPU-second, and what a known node takes.
#![allow(clippy::disallowed_methods)] // a bench measures

use std::time::Instant;

use swarmscope_networks::simulated::{Swarm, SwarmConfig, crawl};

const NODES: usize = 100_000;
/// A zone of some 2 000 nodes.
const BITS: u8 = 5;
/// Asked of each node in a pass.
const QUESTIONS: u8 = 3;

fn main() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(50);
    let (mut held, mut queries, mut widths) = (0, 0, Vec::new());
    let start = Instant::now();
    for seed in 0..seeds {
        let config = SwarmConfig { nodes: NODES, liars: 10, silent: 20, limited: 5, loss: 1, seed };
        let crawled = crawl(Swarm::new(config), BITS, QUESTIONS, 250, start);
        let truth = crawled.swarm.truth().count() as f64;
        let figures = crawled.crawl.figures();
        let estimate = figures.catches.estimate(BITS).expect("two passes that agree");
        let holds = (estimate.low..=estimate.high).contains(&truth);
        held += u64::from(holds);
        queries += figures.queries;
        widths.push((estimate.high - estimate.low) / 2.0 / estimate.mid);
        println!(
            "seed {seed}: true {truth:.0}, estimate {:.0} – {:.0} – {:.0}{}; zone: found {} of {}; {} queries, {:.0} min at 250/s, most {} to one node in a second",
            estimate.low,
            estimate.mid,
            estimate.high,
            if holds { "" } else { " (outside)" },
            figures.confirmed,
            crawled.truth,
            figures.queries,
            crawled.took.as_secs_f64() / 60.0,
            crawled.swarm.busiest_second(),
        );
    }
    widths.sort_by(f64::total_cmp);
    println!(
        "{held} of {seeds} intervals hold the true size; half width: median {:.1} %; {queries} queries in {:.1} s, swarm and all",
        widths[widths.len() / 2] * 100.0,
        start.elapsed().as_secs_f64()
    );
}

//! A simulated swarm and Crawlers of it, as processes of their own: how the figures in
//! docs/crawling.md were measured. Every line it prints is JSON.
//!
//! ```text
//! simulated round PEERS plain|mixed CONCURRENCY      a round on one core, the swarm on another
//! simulated crawlers PEERS COUNT RATE POSTGRES_URL   COUNT Crawlers on a database, one is killed
//! simulated week PEERS                               168 hourly rounds on paper
//! simulated swarm PEERS plain|mixed                  the swarm alone, until its input ends
//! simulated crawl TARGET STORE ROUNDS CONCURRENCY EVERY RATE   one Crawler; RATE 0 for no limit
//! ```
#![allow(clippy::disallowed_methods, reason = "a program may look at the clock")]

mod crawl;
mod measure;
mod swarm;
mod usage;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["round", peers, kind, concurrency] => measure::round(peers, kind, concurrency),
        ["crawlers", peers, count, rate, url] => {
            measure::crawlers(peers, count.parse()?, rate, url)
        }
        ["week", peers] => measure::week(peers.parse()?),
        ["swarm", peers, kind] => swarm::run(peers.parse()?, kind),
        ["crawl", target, store, rounds, concurrency, every, rate] => {
            let numbers = (rounds.parse()?, concurrency.parse()?, every.parse()?, rate.parse()?);
            crawl::run(target, store, numbers)
        }
        _ => {
            Err("write round, crawlers, week, swarm or crawl: the source says what follows".into())
        }
    }
}

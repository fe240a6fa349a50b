//! A simulated swarm and Crawlers of it, as processes of their own: how the figures in
//! docs/crawling.md were measured. Every line it prints is JSON.
//!
//! ```text
//! simulated round PEERS plain|mixed CONCURRENCY      two rounds on one core, the swarm on another
//! simulated crawlers PEERS COUNT RATE POSTGRES_URL   COUNT Crawlers on a database, one is killed
//! simulated unkilled PEERS COUNT RATE POSTGRES_URL   the same, and none is killed
//! simulated week PEERS                               168 hourly rounds on paper
//! simulated churn PEERS ROUNDS                       rounds of a minute; a tenth is always away
//! simulated swarm PEERS plain|mixed|churn            the swarm alone, until its input ends
//! simulated crawl TARGET STORE ROUNDS CONCURRENCY EVERY RATE KEEP   one Crawler; RATE 0: no limit
//! ```
#![allow(clippy::disallowed_methods, reason = "a program may look at the clock")]

mod crawl;
mod measure;
mod process;
mod several;
mod swarm;
mod usage;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["round", peers, kind, concurrency] => measure::round(peers, kind, concurrency),
        ["crawlers", peers, count, rate, url] => {
            several::crawlers(peers, count.parse()?, rate, url, count != "1")
        }
        ["unkilled", peers, count, rate, url] => {
            several::crawlers(peers, count.parse()?, rate, url, false)
        }
        ["week", peers] => measure::week(peers.parse()?),
        ["churn", peers, rounds] => measure::churn(peers, rounds),
        ["swarm", peers, kind] => swarm::run(peers.parse()?, kind),
        ["crawl", target, store, ref numbers @ ..] => crawl::run(target, store, numbers),
        _ => Err("write round, crawlers, week, churn, swarm or crawl: see the source".into()),
    }
}

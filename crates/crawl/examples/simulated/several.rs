//! Several Crawlers on one database.

use std::error::Error;
use std::time::Instant;

use serde_json::json;
use swarmscope_store::database::Value as Cell;
use swarmscope_store::{Network, Store};

use crate::process::{Process, cpu, swarm};
use crate::usage::{machine, processors};

/// As many Crawlers at a rate each. `killed`: when a third of the peers are visited the first is
/// killed and replaced. Whether the cores were the limit is what `cores` says.
pub fn crawlers(
    peers: &str,
    count: usize,
    rate: &str,
    url: &str,
    kill: bool,
) -> Result<(), Box<dyn Error>> {
    let (mut swarm, target) = swarm(None, peers, "plain")?;
    let total: u64 = peers.parse()?;
    let args = ["crawl", &target, url, "1", "256", "3600", rate, "0"];
    let start = || Process::start(None, &args);
    let (began, busy, database) = (Instant::now(), machine(), processors("postgres"));
    let mut running = (0..count).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
    let (mut killed, mut took) = (None, 0.0);
    if kill {
        let third = total / 3 / count as u64;
        while let Some(line) = running[0].line()? {
            if line["written"].as_u64().is_some_and(|written| written >= third) {
                break;
            }
        }
        killed = Some(began.elapsed().as_secs_f64());
        took = running.remove(0).kill();
        running.push(start()?);
    }
    let mut ended = Vec::new();
    for crawler in &mut running {
        ended.push(crawler.rest()?.pop().unwrap_or_default());
    }
    let seconds = began.elapsed().as_secs_f64();
    let (busy, database) =
        ((machine().0 - busy.0, machine().1 - busy.1), processors("postgres") - database);
    let truth = swarm.end()?;
    let rates = Rates::of(url, total)?;
    let linear = count as f64 * rate.parse::<f64>()?;
    let crawlers = took + ended.iter().map(cpu).sum::<f64>();
    let line = json!({
        "crawlers": count, "rate_each": rate, "killed_after_s": killed, "seconds": seconds,
        "claims_per_s": total as f64 / seconds, "of_linear": total as f64 / seconds / linear,
        "middle": {"claims_per_s": rates.middle, "of_linear": rates.middle / linear},
        "first_visit_after_s": rates.first, "last_visit_after_s": rates.last,
        "known": rates.known, "visits": rates.visits, "replies": rates.replies,
        "counted_again": ended.iter().filter_map(|it| it["again"].as_u64()).sum::<u64>(),
        "cpu_s": {"crawlers": crawlers, "peers": cpu(&truth), "database": database},
        "cores": {"busy": busy.0 / busy.1, "others_s": busy.0 - crawlers - cpu(&truth) - database},
        "crawler_s": ended.iter().map(|it| &it["seconds"]).collect::<Vec<_>>(), "swarm": truth,
    });
    println!("{line}");
    Ok(())
}

/// What the database says.
struct Rates {
    known: u64,
    visits: u64,
    replies: u64,
    /// Visits a second that began after a tenth of all of them and before the last tenth.
    middle: f64,
    /// After the round's beginning, in seconds.
    first: f64,
    last: f64,
}

impl Rates {
    fn of(url: &str, total: u64) -> Result<Self, Box<dyn Error>> {
        let mut store = Store::read(&url.parse()?)?;
        let (info, known) = (store.info()?, store.known(Network::Overlay)?);
        let mut began = Vec::new();
        store.query(
            "SELECT v.at - r.began FROM visit v JOIN round r ON r.id = v.round ORDER BY 1",
            &mut |row| began.extend(row.first().and_then(Cell::as_int)),
        )?;
        let after = |tenths: usize| {
            began
                .get(began.len().saturating_sub(1) * tenths / 10)
                .map_or(0.0, |at| *at as f64 / 1e3)
        };
        Ok(Self {
            known,
            visits: info.visits,
            replies: info.replies,
            middle: total as f64 * 0.8 / (after(9) - after(1)),
            first: after(0),
            last: after(10),
        })
    }
}

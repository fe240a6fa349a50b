//! The peers' side: one process, which prints where to begin, and in the end what it served.

use std::error::Error;
use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::json;
use swarmscope_crawl::sim::{Simulator, World};

use crate::usage::usage;

/// In how long everybody leaves and comes back once, where they do.
const CHURN: Duration = Duration::from_secs(600);

#[tokio::main(flavor = "current_thread")]
pub async fn run(peers: u32, kind: &str) -> Result<(), Box<dyn Error>> {
    let world = match kind {
        "plain" => World::plain(1, peers, 0),
        "churn" => World { away: 10, period: CHURN, ..World::mixed(1, peers, 0) },
        _ => World::mixed(1, peers, 0),
    };
    let swarm = Simulator::start(world).await?;
    let began = Instant::now();
    println!("{}", json!({"target": swarm.world().address(0).to_string()}));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    let served = swarm.served();
    let world = swarm.world();
    let after = began.elapsed();
    let reachable = (0..world.peers).filter(|peer| world.is_reachable(*peer, after)).count();
    println!(
        "{}",
        json!({
            "peers": world.peers, "reachable": reachable, "connections": served.connections,
            "authenticated": served.authenticated, "asked": served.accepted.len(),
            "asked_most_often": served.accepted.values().max().copied().unwrap_or(0),
            "too_soon": served.too_soon, "usage": usage(),
        })
    );
    Ok(())
}

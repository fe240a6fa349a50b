//! `demo --headless` with more peers than a process has sockets for: one listening socket serves
//! them all, each at an address of its own in 127.0.0.0/8.

use std::net::SocketAddr;

use swarmscope_crawl::sim::{Kind, Simulator, World};
use swarmscope_peer::node::Event;

use crate::cli::{CliError, journal, open_files, output, stop};

/// Runs the peers until a signal asks to stop.
///
/// # Errors
/// There is no port, or standard output can't be written.
pub async fn run(peers: u32, seed: u64, json: bool) -> Result<u8, CliError> {
    let mut stop = stop::Stop::listen()?;
    open_files::raise();
    let simulator = Simulator::start(World::mixed(seed, peers, 0))
        .await
        .map_err(|error| CliError::io(format!("no port for the peers: {error}")))?;
    let world = simulator.world();
    tracing::info!(
        "{peers} simulated peers on port {}, from {} on: they answer NATCHECK for any Crawler; some are behind NATs, slow, \
         silent, old or away",
        world.port,
        world.ip(0)
    );
    for peer in (0..peers).filter(|peer| world.kind(*peer) != Kind::BehindNat) {
        announce(world, peer, json)?;
    }
    Ok(stop.wait().await.exit_code())
}

fn announce(world: &World, peer: u32, json: bool) -> Result<(), CliError> {
    let (address, permid) =
        (SocketAddr::new(world.ip(peer).into(), world.port), world.permid(peer));
    if json {
        let (permid, legacy_permid) = (Some(permid), None);
        journal::announce(&Event::Listening { address, permid, legacy_permid })?;
    } else {
        output::write_words(&format!("{permid}@{address}\n"))?;
    }
    Ok(())
}

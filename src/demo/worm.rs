//! Peers that are tampered with, a few first and more in each wave. Who is, and when, is written down
//! here; the peers are real: each restarts, and answers everything from then on.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::cast::Role;
use super::peer::DemoPeer;
use swarmscope_facts::format::counted;

/// After those who are tampered with from the start.
pub const WAVES: [u8; 2] = [1, 2];
/// Three, then three more, then six more: twice as many after each wave.
pub const CAST: [Role; 12] = [
    Role::Changed,
    Role::Changed,
    Role::Changed,
    Role::Changes(1),
    Role::Changes(1),
    Role::Changes(1),
    Role::Changes(2),
    Role::Changes(2),
    Role::Changes(2),
    Role::Changes(2),
    Role::Changes(2),
    Role::Changes(2),
];

/// Before the first wave where nobody watches a tour, and between two: a crawl with `--every 20` has
/// rounds before, between and after.
const REST: Duration = Duration::from_secs(60);

/// The peers of this wave are tampered with; who they are.
pub fn change<'a>(peers: impl IntoIterator<Item = &'a DemoPeer>, wave: u8) -> Vec<&'a DemoPeer> {
    let changing = peers.into_iter().filter(|peer| peer.role == Role::Changes(wave));
    changing.inspect(|peer| peer.handle.change()).collect()
}

/// All waves, by the clock.
pub async fn by_the_clock(peers: Vec<DemoPeer>, stop: CancellationToken) {
    for wave in WAVES {
        if stop.run_until_cancelled(tokio::time::sleep(REST)).await.is_none() {
            return;
        }
        let changed = counted(change(&peers, wave).len(), "peer");
        tracing::info!("wave {wave} of {}: {changed} tampered with (simulated)", WAVES.len());
    }
}

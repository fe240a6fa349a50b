//! An overload that spreads through the peers of one version: where some of them fall, the others
//! get their load, and fall next. Who falls when is written down here; the peers are real, and so
//! are their closed ports.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::cast::Role;
use super::peer::DemoPeer;
use swarmscope_facts::format::counted;

/// The first fall in the first wave, and twice as many in each that follows.
pub const WAVES: [u8; 3] = [1, 2, 3];
/// Peers that fall in each wave, of those that fall at all.
const OF_WAVE: [usize; 3] = [1, 2, 4];

/// Before the first wave where nobody watches a tour: a crawl sees the swarm whole first.
const QUIET: Duration = Duration::from_secs(60);
/// Between two waves: a crawl with `--every 20` has at least one round in between.
const BETWEEN: Duration = Duration::from_secs(40);

/// What the `nth` peer of the overloaded version plays.
#[must_use]
pub const fn role(nth: usize) -> Role {
    let place = nth % (OF_WAVE[0] + OF_WAVE[1] + OF_WAVE[2]);
    Role::Falls(if place < OF_WAVE[0] {
        WAVES[0]
    } else if place < OF_WAVE[0] + OF_WAVE[1] {
        WAVES[1]
    } else {
        WAVES[2]
    })
}

/// The peers of this wave fall; how many those are.
pub fn fall<'a>(peers: impl IntoIterator<Item = &'a DemoPeer>, wave: u8) -> usize {
    let falling = peers.into_iter().filter(|peer| peer.role == Role::Falls(wave));
    falling.map(|peer| peer.handle.fall()).count()
}

/// All waves, by the clock.
pub async fn by_the_clock(peers: Vec<DemoPeer>, stop: CancellationToken) {
    let mut rest = QUIET;
    for wave in WAVES {
        if stop.run_until_cancelled(tokio::time::sleep(rest)).await.is_none() {
            return;
        }
        let fallen = counted(fall(&peers, wave), "peer");
        tracing::info!("wave {wave} of {}: {fallen} of version 17 fall (simulated)", WAVES.len());
        rest = BETWEEN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wave_is_about_twice_the_one_before() {
        let sizes = |peers: usize| {
            WAVES.map(|wave| (0..peers).filter(|nth| role(*nth) == Role::Falls(wave)).count())
        };
        assert_eq!(sizes(5), [1, 2, 2], "in a swarm of 24");
        assert_eq!(sizes(98), [14, 28, 56]);
    }
}

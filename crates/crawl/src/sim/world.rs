//! What the peers of a simulated swarm are. Pure: it follows from the seed, the number of a peer
//! and the time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use swarmscope_peer::Ed25519Identity;
use swarmscope_wire::Permid;

/// A port on which nobody listens. It is above those of the system, which hearsay makes nobody
/// dial.
const CLOSED: u16 = 1025;

/// A peer's behaviour when it is dialled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Answers.
    Plain,
    /// Answers after [`SLOW`].
    Slow,
    /// Others list it at a port where nothing listens, as behind a NAT.
    BehindNat,
    /// Takes the connection and says nothing.
    Silent,
    /// Speaks only version 17, and so is no more than a handshake to a Crawler without a legacy
    /// identity.
    Old,
}

/// How long a slow peer takes for an answer.
pub const SLOW: Duration = Duration::from_millis(800);

/// Peers listed in one BuddyCast (protocol.md §7: 10 and 10).
pub const LISTED: u64 = 20;

/// A swarm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct World {
    /// The same seed makes the same swarm.
    pub seed: u64,
    /// How many peers.
    pub peers: u32,
    /// The port of all of them.
    pub port: u16,
    /// Of a hundred: behind NATs.
    pub behind_nat: u8,
    /// Of a hundred: slow.
    pub slow: u8,
    /// Of a thousand: silent.
    pub silent: u16,
    /// Of a hundred: old.
    pub old: u8,
    /// Of a hundred: away at any time. Who that is changes: each peer goes and comes once a
    /// `period`.
    pub away: u8,
    /// How often a peer goes and comes.
    pub period: Duration,
}

impl World {
    /// Everybody answers and stays.
    #[must_use]
    pub const fn plain(seed: u64, peers: u32, port: u16) -> Self {
        let period = Duration::from_secs(3600);
        Self { seed, peers, port, behind_nat: 0, slow: 0, silent: 0, old: 0, away: 0, period }
    }

    /// A mixture as networks have it: a fifth behind NATs, a few slow, silent, old and away.
    #[must_use]
    pub const fn mixed(seed: u64, peers: u32, port: u16) -> Self {
        Self {
            behind_nat: 20,
            slow: 2,
            silent: 2,
            old: 5,
            away: 5,
            ..Self::plain(seed, peers, port)
        }
    }

    /// What a peer is.
    #[must_use]
    pub fn kind(&self, peer: u32) -> Kind {
        let drawn = self.draw(peer, 1) % 1000;
        let mut below = u64::from(self.behind_nat) * 10;
        for (kind, share) in [
            (Kind::BehindNat, 0),
            (Kind::Slow, u64::from(self.slow) * 10),
            (Kind::Silent, u64::from(self.silent)),
            (Kind::Old, u64::from(self.old) * 10),
        ] {
            below += share;
            // Where a crawl begins is there.
            if peer > 0 && drawn < below {
                return kind;
            }
        }
        Kind::Plain
    }

    /// Whether a peer is there after so long.
    #[must_use]
    pub fn is_online(&self, peer: u32, after: Duration) -> bool {
        if peer == 0 || self.away == 0 {
            return true;
        }
        let period = self.period.as_millis().max(1);
        let phase = u128::from(self.draw(peer, 2)) % period;
        (after.as_millis() + phase) % period >= period * u128::from(self.away) / 100
    }

    /// Whether a dial after so long ends at an authenticated peer.
    #[must_use]
    pub fn is_reachable(&self, peer: u32, after: Duration) -> bool {
        matches!(self.kind(peer), Kind::Plain | Kind::Slow) && self.is_online(peer, after)
    }

    /// Where a peer listens.
    #[must_use]
    pub fn ip(&self, peer: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 0)) + peer)
    }

    /// The peer that listens there.
    #[must_use]
    pub fn peer(&self, ip: IpAddr) -> Option<u32> {
        let IpAddr::V4(ip) = ip.to_canonical() else { return None };
        u32::from(ip)
            .checked_sub(u32::from(Ipv4Addr::new(127, 1, 0, 0)))
            .filter(|peer| *peer < self.peers)
    }

    /// Where others say that it listens.
    #[must_use]
    pub fn address(&self, peer: u32) -> SocketAddr {
        let port = if self.kind(peer) == Kind::BehindNat { CLOSED } else { self.port };
        SocketAddr::new(self.ip(peer).into(), port)
    }

    /// Its key.
    #[must_use]
    pub fn identity(&self, peer: u32) -> Ed25519Identity {
        let mut secret = [0; 32];
        for (place, chunk) in secret.chunks_mut(8).enumerate() {
            chunk.copy_from_slice(&self.draw(peer, 100 + place as u64).to_le_bytes());
        }
        Ed25519Identity::from_seed(secret)
    }

    /// Its permid.
    #[must_use]
    pub fn permid(&self, peer: u32) -> Permid {
        self.identity(peer).permid()
    }

    /// The peers that it lists: the next one, so that everybody is listed, and others at random.
    #[must_use]
    pub fn neighbours(&self, peer: u32) -> Vec<u32> {
        let count = u64::from(self.peers.max(1));
        let random = (1..LISTED).map(|place| self.draw(peer, 200 + place) % count);
        let next = (u64::from(peer) + 1) % count;
        let all =
            std::iter::once(next).chain(random).map(|other| u32::try_from(other).unwrap_or(0));
        let mut all: Vec<u32> = all.filter(|other| *other != peer).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// SplitMix64 of the seed, the peer and what is drawn.
    fn draw(&self, peer: u32, what: u64) -> u64 {
        let mut z = self.seed
            ^ u64::from(peer).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ what.wrapping_mul(0xa076_1d64_78bd_642f);
        for _ in 0..2 {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
        }
        z
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_is_as_it_says_and_addresses_name_peers() {
        let world = World::mixed(7, 20_000, 7760);
        let share = |kind| {
            (0..world.peers).filter(|peer| world.kind(*peer) == kind).count() as f64 / 20_000.0
        };
        assert!(
            (share(Kind::BehindNat) - 0.20).abs() < 0.01 && (share(Kind::Old) - 0.05).abs() < 0.006
        );
        assert!((share(Kind::Silent) - 0.002).abs() < 0.0015);
        let online = (0..world.peers)
            .filter(|peer| world.is_online(*peer, Duration::from_secs(100)))
            .count();
        assert!((online as f64 / 20_000.0 - 0.95).abs() < 0.01, "{online}");
        assert_eq!(
            (0..300).map(|peer| world.peer(world.ip(peer).into())).collect::<Vec<_>>(),
            (0..300).map(Some).collect::<Vec<_>>()
        );
        assert_eq!(world.peer(IpAddr::from([127, 0, 0, 1])), None);
        let mut listed: Vec<u32> =
            (0..1000).flat_map(|peer| world.neighbours(peer)).filter(|peer| *peer < 1000).collect();
        listed.sort_unstable();
        listed.dedup();
        assert!(listed.len() >= 1000, "everybody is listed by somebody: {}", listed.len());
    }
}

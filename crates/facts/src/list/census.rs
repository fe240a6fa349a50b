//! How every peer stands, counted: what the overview and the map show. Kept up to date as peers
//! change, so that drawing never looks at all of them.

use std::collections::BTreeMap;

use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::Cause;

use crate::many::outcome::{Counts, Outcome};
use crate::nat::NatType;
use crate::peer::{Peer, State};
use crate::peers::Peers;

/// What is known of the way to a peer, without its particulars.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// A connection to it stands.
    Connected,
    /// Heard of, or being connected to.
    Waiting,
    /// Its connection has ended.
    Gone,
    /// It would not have us.
    Refused,
    /// It is of another network, and answered.
    Answered,
    /// It was not reached.
    Failed,
}

impl Way {
    /// As they are listed.
    pub const ALL: [Self; 6] =
        [Self::Connected, Self::Answered, Self::Waiting, Self::Gone, Self::Refused, Self::Failed];

    /// The way to this peer.
    #[must_use]
    pub const fn of(state: &State) -> Self {
        match state {
            State::Connected { .. } => Self::Connected,
            State::Answered { .. } => Self::Answered,
            State::Heard | State::Connecting { .. } => Self::Waiting,
            State::Gone { .. } => Self::Gone,
            State::Refused { .. } => Self::Refused,
            State::Failed { .. } => Self::Failed,
        }
    }

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Answered => "answered",
            Self::Waiting => "not connected yet",
            Self::Gone => "gone",
            Self::Refused => "refused us",
            Self::Failed => "not reached",
        }
    }
}

/// How one peer stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The way to it.
    pub way: Way,
    /// What became of the last question it was asked; `None` where it was never asked.
    pub outcome: Option<Outcome>,
    /// Something about it was odd or hostile.
    pub odd: bool,
    /// Its NAT, as its newest NATCHECK reply says.
    pub nat: Option<NatType>,
    version: Option<OverlayVersion>,
    cause: Option<Cause>,
}

impl Standing {
    fn of(peer: &Peer) -> Self {
        let cause = match &peer.state {
            State::Refused { failure, .. } | State::Failed { failure, .. } => Some(failure.cause),
            _ => None,
        };
        Self {
            way: Way::of(&peer.state),
            outcome: peer.last().map(Outcome::of_request),
            odd: peer.signals > 0,
            nat: peer.nat.as_deref().map(NatType::of_short),
            version: peer.version,
            cause,
        }
    }
}

/// Everybody's standing, and the counts of them.
#[derive(Clone, Default, Debug)]
pub struct Census {
    places: Vec<Option<Standing>>,
    ways: [usize; Way::ALL.len()],
    outcomes: Counts,
    odd: usize,
    nats: BTreeMap<NatType, usize>,
    versions: BTreeMap<Option<OverlayVersion>, usize>,
    causes: BTreeMap<&'static str, usize>,
}

impl Census {
    /// Takes in what has changed at these places of the table.
    pub fn update(&mut self, peers: &Peers, changed: &[usize]) {
        for &index in changed {
            if self.places.len() <= index {
                self.places.resize(index + 1, None);
            }
            let before = self.places[index];
            let now = peers.at(index).map(Standing::of);
            if now != before {
                self.moved(before.as_ref(), now.as_ref());
                self.places[index] = now;
            }
        }
    }

    /// A peer that stood so stands so; what is the same is not counted again.
    fn moved(&mut self, before: Option<&Standing>, now: Option<&Standing>) {
        if let Some(before) = before {
            step(&mut self.ways[before.way as usize], false);
            before.outcome.inspect(|outcome| self.outcomes.step(*outcome, false));
            self.odd -= usize::from(before.odd);
        }
        if let Some(now) = now {
            step(&mut self.ways[now.way as usize], true);
            now.outcome.inspect(|outcome| self.outcomes.step(*outcome, true));
            self.odd += usize::from(now.odd);
        }
        let both = [before, now];
        shift(&mut self.nats, both.map(|standing| standing?.nat));
        shift(&mut self.versions, both.map(|standing| Some(standing?.version)));
        shift(&mut self.causes, both.map(|standing| Some(standing?.cause?.code())));
    }

    /// One more than the last place that was taken.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// How the peer at a place of the table stands.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Standing> {
        self.places.get(index)?.as_ref()
    }

    /// How many peers there are.
    #[must_use]
    pub fn known(&self) -> usize {
        self.ways.iter().sum()
    }

    /// How many there are with this way to them: they add up to [`Self::known`].
    #[must_use]
    pub const fn way(&self, way: Way) -> usize {
        self.ways[way as usize]
    }

    /// What became of the last question of each peer that was asked.
    #[must_use]
    pub const fn outcomes(&self) -> &Counts {
        &self.outcomes
    }

    /// Peers that were asked something.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.outcomes.total()
    }

    /// Peers about whom something was odd.
    #[must_use]
    pub const fn odd(&self) -> usize {
        self.odd
    }

    /// What peers said of their NAT, most first.
    #[must_use]
    pub fn nats(&self) -> Vec<(NatType, usize)> {
        most_first(&self.nats)
    }

    /// Versions, most first; `None` where it is not known.
    #[must_use]
    pub fn versions(&self) -> Vec<(Option<OverlayVersion>, usize)> {
        most_first(&self.versions)
    }

    /// Why peers were not reached, or would not have us, most first: they add up to both.
    #[must_use]
    pub fn causes(&self) -> Vec<(&'static str, usize)> {
        most_first(&self.causes)
    }
}

const fn step(count: &mut usize, more: bool) {
    *count = if more { *count + 1 } else { count.saturating_sub(1) };
}

/// One fewer of the first, one more of the second.
fn shift<K: Ord + Copy>(counts: &mut BTreeMap<K, usize>, [before, now]: [Option<K>; 2]) {
    if before == now {
        return;
    }
    if let Some(now) = now {
        *counts.entry(now).or_default() += 1;
    }
    // as many versions as peers can invent, and no more than there are
    if let Some(count) = before.as_ref().and_then(|before| counts.get_mut(before)) {
        *count -= 1;
        if *count == 0 {
            before.map(|before| counts.remove(&before));
        }
    }
}

fn most_first<K: Ord + Copy>(counts: &BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut list: Vec<(K, usize)> = counts.iter().map(|(key, n)| (*key, *n)).collect();
    list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_peer::node::PeerKey;
    use swarmscope_wire::failure::{By, Failure};

    fn peers(many: u8) -> Peers {
        let mut peers = Peers::default();
        for n in 0..many {
            peers.entry(&PeerKey::Address(n.to_string()));
        }
        peers
    }

    fn lend(peers: &mut Peers, n: u8) -> &mut Peer {
        peers.get_mut(&PeerKey::Address(n.to_string())).unwrap()
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // an origin for times
    fn the_counts_add_up_whatever_becomes_of_peers() {
        let (mut peers, mut census) = (peers(4), Census::default());
        let changed = peers.take_changed();
        census.update(&peers, &changed);
        assert_eq!((census.known(), census.way(Way::Waiting), census.asked()), (4, 4, 0));

        let failure = Failure::new(Cause::TcpRefused, By::Network, "");
        let at = crate::Now { instant: std::time::Instant::now(), wall: std::time::UNIX_EPOCH };
        lend(&mut peers, 1).state = State::Refused { failure, at };
        lend(&mut peers, 2).signals = 3;
        lend(&mut peers, 2).nat = Some("Port restr".into());
        let changed = peers.take_changed();
        census.update(&peers, &changed);
        assert_eq!((census.known(), census.way(Way::Refused), census.odd()), (4, 1, 1));
        assert_eq!(census.causes(), [(Cause::TcpRefused.code(), 1)]);
        assert_eq!(census.nats(), [(NatType::PortRestricted, 1)]);
        assert_eq!(census.versions(), [(None, 4)], "not known of any");

        peers.rename(&PeerKey::Address("1".into()), &PeerKey::Address("2".into()));
        let changed = peers.take_changed();
        census.update(&peers, &changed);
        assert_eq!((census.known(), census.way(Way::Refused)), (3, 0), "two were one");
        assert_eq!(census.causes(), []);
        assert!(census.at(1).is_none(), "its place is nobody's");
    }
}

//! Whose frames the node tells: those of the peers that the operator looks at, and everybody's
//! while they are recorded.

use std::collections::VecDeque;

use swarmscope_peer::node::Node;
use swarmscope_wire::Permid;

/// Peers whose frames are told: the one that is looked at and those before it, to which one comes
/// back.
const MOST: usize = 64;

/// A change of what the node tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tell {
    /// Everybody's frames, or only those of the peers that were named.
    All(bool),
    /// This peer's frames, or no longer.
    Peer(Permid, bool),
}

impl Tell {
    fn to(self, node: &Node) {
        match self {
            Self::All(all) => node.trace_all(all),
            Self::Peer(permid, told) => node.trace(permid, told),
        }
    }
}

/// What the node was told to tell.
#[derive(Default)]
pub(super) struct Watched {
    /// Oldest first.
    peers: VecDeque<Permid>,
    /// Everybody's; `None` before the node was told anything.
    all: Option<bool>,
}

impl Watched {
    /// The operator looks at this peer now, and all is recorded or not: the node is told what
    /// changes by that.
    pub(super) fn watch(&mut self, node: &Node, looked_at: Option<Permid>, recorded: bool) {
        for tell in self.follow(looked_at, recorded) {
            tell.to(node);
        }
    }

    fn follow(&mut self, looked_at: Option<Permid>, recorded: bool) -> Vec<Tell> {
        let mut tell = Vec::new();
        if self.all.replace(recorded) != Some(recorded) {
            tell.push(Tell::All(recorded));
        }
        let Some(permid) = looked_at.filter(|permid| !self.peers.contains(permid)) else {
            return tell;
        };
        if self.peers.len() == MOST {
            tell.extend(self.peers.pop_front().map(|oldest| Tell::Peer(oldest, false)));
        }
        self.peers.push_back(permid);
        tell.push(Tell::Peer(permid, true));
        tell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permid(n: usize) -> Permid {
        Permid::Ed25519([u8::try_from(n).unwrap(); 32])
    }

    #[test]
    fn frames_are_told_of_whom_one_looks_at_and_of_all_while_recording() {
        let mut watched = Watched::default();
        assert_eq!(watched.follow(None, false), [Tell::All(false)], "nobody's to begin with");
        assert_eq!(watched.follow(Some(permid(1)), false), [Tell::Peer(permid(1), true)]);
        assert_eq!(watched.follow(Some(permid(1)), false), [], "said once");
        assert_eq!(watched.follow(Some(permid(1)), true), [Tell::All(true)]);
        assert_eq!(watched.follow(None, false), [Tell::All(false)], "the recording has ended");
    }

    #[test]
    fn whoever_looks_at_many_is_told_of_the_last_ones() {
        let mut watched = Watched::default();
        for n in 0..MOST {
            watched.follow(Some(permid(n)), false);
        }
        let tell = watched.follow(Some(permid(MOST)), false);
        assert_eq!(tell, [Tell::Peer(permid(0), false), Tell::Peer(permid(MOST), true)]);
    }
}

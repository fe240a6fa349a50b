//! Dials that wait for the end of a connection to the same peer.
//!
//! Until a peer has heard of the end of the connection that it has, it takes a second one for a
//! duplicate and refuses it (protocol.md §1). So a peer that was disconnected, and is named again at
//! once, is dialled once the old connection is over.

use std::collections::BTreeMap;

use super::directory::Place;
use super::event::PeerKey;
use swarmscope_wire::Permid;

/// All of them, by whom they wait for.
#[derive(Debug, Default)]
pub(super) struct AfterEnd(BTreeMap<Permid, Vec<Waiting>>);

/// One of them.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Waiting {
    pub(super) peer: PeerKey,
    pub(super) place: Place,
    pub(super) keep: bool,
}

impl AfterEnd {
    /// Lets a dial wait; `false` if one to this peer waits already.
    pub(super) fn wait(&mut self, permid: Permid, dial: Waiting) -> bool {
        let waiting = self.0.entry(permid).or_default();
        if let Some(before) = waiting.iter_mut().find(|before| before.peer == dial.peer) {
            before.keep |= dial.keep;
            return false;
        }
        waiting.push(dial);
        true
    }

    /// The last connection of this peer has ended: what waited for that.
    pub(super) fn take(&mut self, permid: Permid) -> Vec<Waiting> {
        self.0.remove(&permid).unwrap_or_default()
    }
}

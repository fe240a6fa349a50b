//! The watched peers. Steps up to the authentication are few and tell why a
//! connection fails, so they are told of everybody where tracing is on; frames only of the peers
//! that were chosen, or of all while everything is recorded.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use swarmscope_wire::Permid;

/// What is traced, and for which peers.
pub(super) struct Watches {
    steps: bool,
    /// The frames of everybody.
    all: AtomicBool,
    /// Whether anybody was chosen: most of the time nobody is, and nobody has to be looked up.
    any: AtomicBool,
    chosen: Mutex<HashSet<Permid>>,
}

impl Watches {
    /// Everything, or nothing.
    pub(super) fn new(everything: bool) -> Self {
        Self {
            steps: everything,
            all: AtomicBool::new(everything),
            any: AtomicBool::new(false),
            chosen: Mutex::default(),
        }
    }

    /// Chooses a peer, or no longer.
    pub(super) fn choose(&self, permid: Permid, watched: bool) {
        let mut chosen = self.chosen();
        if watched {
            chosen.insert(permid)
        } else {
            chosen.remove(&permid)
        };
        self.any.store(!chosen.is_empty(), Ordering::Relaxed);
    }

    /// The frames of everybody, or only of those who were chosen.
    pub(super) fn all(&self, all: bool) {
        self.all.store(all, Ordering::Relaxed);
    }

    /// Whether the steps of a connection may be told that is for this peer, or for nobody knows
    /// whom.
    pub(super) fn wants_steps(&self, permid: Option<Permid>) -> bool {
        self.steps || permid.map_or_else(|| self.wants_any(), |permid| self.wants_frames(permid))
    }

    /// Whether the steps of this peer's connection are told.
    pub(super) fn tells_steps(&self, permid: Permid) -> bool {
        self.steps || self.wants_frames(permid)
    }

    /// Whether its frames are told.
    pub(super) fn wants_frames(&self, permid: Permid) -> bool {
        self.all.load(Ordering::Relaxed)
            || self.any.load(Ordering::Relaxed) && self.chosen().contains(&permid)
    }

    fn wants_any(&self) -> bool {
        self.all.load(Ordering::Relaxed) || self.any.load(Ordering::Relaxed)
    }

    fn chosen(&self) -> MutexGuard<'_, HashSet<Permid>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

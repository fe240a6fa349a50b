//! Attempts to reach the peers that are known: begun, failed, and when the next one is due.

use super::super::conn::AttemptId;
use super::super::event::PeerKey;
use super::super::random::Random;
use super::{Attempt, Directory, GIVES_UP_AT, Known, Place};
use std::time::{Duration, Instant};
use swarmscope_wire::Permid;

/// A connection that ends sooner than this counts as a failure where the time of the next attempt
/// is set.
const SHORT_LIVED: Duration = Duration::from_secs(60);

impl Directory {
    /// Enters a dial; `None` if one to this peer is under way.
    pub(in crate::crawler) fn begin(
        &mut self,
        peer: PeerKey,
        place: Place,
        keep: bool,
    ) -> Option<AttemptId> {
        let under_way = self.dialled.get(&peer).and_then(|id| self.attempts.get_mut(id));
        if let Some(attempt) = under_way {
            attempt.keep |= keep;
            return None;
        }
        let id = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        self.dialled.insert(peer.clone(), id);
        self.attempts.insert(id, Attempt { peer, place, keep });
        Some(id)
    }

    pub(in crate::crawler) fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(&id)
    }

    /// A dial has ended, one way or the other.
    pub(in crate::crawler) fn end(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.attempts.remove(&id)?;
        self.dialled.remove(&attempt.peer);
        Some(attempt)
    }

    /// Dials under way.
    pub(in crate::crawler) fn dialling(&self) -> usize {
        self.attempts.len()
    }

    pub(in crate::crawler) fn is_dialling(&self, permid: Permid) -> bool {
        self.dialled.contains_key(&PeerKey::Permid(permid))
    }

    /// An attempt failed: how many in a row.
    pub(in crate::crawler) fn failed(
        &mut self,
        attempt: &Attempt,
        random: &mut Random,
        now: Instant,
    ) -> u32 {
        if matches!(attempt.peer, PeerKey::Address(_)) {
            self.stays_below(&attempt.place);
        }
        let retry = match &attempt.peer {
            PeerKey::Permid(permid) => self.known.get_mut(permid).map(|known| &mut known.retry),
            PeerKey::Address(_) => self.unnamed.get_mut(&attempt.place),
        };
        let Some(retry) = retry else { return 1 };
        retry.failures += 1;
        retry.wait(random, now);
        retry.failures
    }

    /// Who is there is not who was said to be: hearsay that is wrong is forgotten, and a target
    /// that is ourselves.
    pub(in crate::crawler) fn disproved(&mut self, attempt: &Attempt) {
        self.unnamed.remove(&attempt.place);
        if let PeerKey::Permid(permid) = attempt.peer
            && self.known.get(&permid).is_some_and(|known| known.seen.is_none())
        {
            self.forget(permid);
        }
    }

    /// The last connection of a peer has ended.
    pub(in crate::crawler) fn lost(
        &mut self,
        permid: Permid,
        since: Instant,
        random: &mut Random,
        now: Instant,
    ) {
        self.change(permid, |known| {
            known.connected = false;
            known.heard = now;
            known.retry.short_lived =
                if now < since + SHORT_LIVED { known.retry.short_lived + 1 } else { 0 };
            known.retry.wait(random, now);
        });
    }

    /// The operator has disconnected it: it is dialled again when the operator says so, and not
    /// before.
    pub(in crate::crawler) fn hold_off(&mut self, permid: Permid) {
        self.change(permid, |known| known.held_off = true);
    }

    /// The operator wants to hear no more of it: it is not dialled, nor the place that it was to be
    /// found at.
    pub(in crate::crawler) fn let_be(&mut self, peer: &PeerKey) {
        match peer {
            PeerKey::Permid(permid) => self.hold_off(*permid),
            PeerKey::Address(address) => {
                self.unnamed.retain(|place, _| place.to_string() != *address);
            }
        }
        self.listed.retain(|(listed, _)| listed != peer);
    }

    /// When a peer may be dialled again by itself; `None` once it is given up or not known any
    /// more.
    pub(in crate::crawler) fn retry_at(&self, permid: Permid, now: Instant) -> Option<Instant> {
        let may = |known: &&Known| known.retry.failures < GIVES_UP_AT && !known.held_off;
        let known = self.known.get(&permid).filter(may)?;
        Some(known.retry.not_before.unwrap_or(now))
    }
}

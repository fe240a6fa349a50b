//! How much memory replies may take: of one channel, of one peer, of the process. Smallness costs,
//! too: every part is charged a floor, so that endless empty parts end like endless big ones.

use std::fmt;

use crate::limits::{Limit, Limits, SMALL};

/// What a part is charged at least. The original cuts parts of 32 768 bytes; with an eighth of that
/// a reply of 64 MiB may have 16 384 parts, and the books kept for a part always cost less than it
/// is charged.
pub const PART_FLOOR: u64 = 4 * 1024;

/// What small replies may take besides: two thousand at the same time.
const BESIDES: u64 = 64 << 20;

/// The budgets for reply payloads, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Budgets {
    /// One reply.
    pub(super) channel: u64,
    /// All unfinished replies of one peer.
    pub(super) peer: u64,
    /// All unfinished replies, and those that are not read yet.
    pub(super) process: u64,
}

impl From<&Limits> for Budgets {
    fn from(limits: &Limits) -> Self {
        Self {
            channel: limits.reply_bytes,
            peer: limits.reply_bytes_per_peer,
            process: limits.reply_bytes_in_all,
        }
    }
}

/// Which budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    Channel,
    Peer,
    Process,
}

impl Scope {
    pub(super) const fn limit(self) -> Limit {
        match self {
            Self::Channel => Limit::ReplyBytes,
            Self::Peer => Limit::ReplyBytesPerPeer,
            Self::Process => Limit::ReplyBytesInAll,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channel => "of one reply",
            Self::Peer => "of one peer's unfinished replies",
            Self::Process => "of all replies that are not whole or not read yet",
        })
    }
}

/// A charge that would not have fitted; nothing was charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{wanted} bytes; the budget {scope} is {allowed}")]
pub(super) struct Exceeded {
    pub(super) scope: Scope,
    pub(super) allowed: u64,
    pub(super) wanted: u64,
}

/// One of them: what is allowed and what is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Budget {
    scope: Scope,
    allowed: u64,
    held: u64,
    /// What replies of this process hold that are small so far.
    small: u64,
    /// What whole replies hold that are not read yet: all, and small ones.
    unread: (u64, u64),
}

impl Budget {
    pub(super) const fn new(scope: Scope, allowed: u64) -> Self {
        Self { scope, allowed, held: 0, small: 0, unread: (0, 0) }
    }

    pub(super) const fn held(&self) -> u64 {
        self.held
    }

    /// Allows so much more than is held, but no more than `most` in all, where so much is not read
    /// yet besides.
    pub(super) fn allow(&mut self, more: u64, most: u64, unread: (u64, u64)) {
        self.unread = unread;
        self.allowed = self.held.saturating_add(unread.0).saturating_add(more).min(most);
    }

    const fn check(&self, cost: u64, is_small: bool) -> Result<(), Exceeded> {
        let wanted = self.held.saturating_add(self.unread.0).saturating_add(cost);
        let besides = self.small.saturating_add(self.unread.1).saturating_add(cost);
        let is_besides = besides <= BESIDES || wanted <= self.allowed.saturating_add(BESIDES);
        let has_room = matches!(self.scope, Scope::Process) && is_small && is_besides;
        if wanted > self.allowed && !has_room {
            return Err(Exceeded { scope: self.scope, allowed: self.allowed, wanted });
        }
        Ok(())
    }

    /// All that a reply was charged.
    pub(super) fn refund(&mut self, cost: u64) {
        debug_assert!(cost <= self.held, "more is given back than was taken");
        self.held = self.held.saturating_sub(cost);
        if cost <= SMALL {
            self.small = self.small.saturating_sub(cost);
        }
    }
}

/// Charges a part of `bytes` payload bytes to all three, those of its channel first, or to none.
pub(super) fn charge(bytes: usize, budgets: [&mut Budget; 3]) -> Result<(), Exceeded> {
    let cost = (bytes as u64).max(PART_FLOOR);
    let before = budgets[0].held;
    let is_small = before + cost <= SMALL;
    for budget in &budgets {
        budget.check(cost, is_small)?;
    }
    for budget in budgets {
        budget.held += cost;
        if is_small {
            budget.small += cost;
        } else if before <= SMALL {
            budget.small -= before; // it was small so far
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_that_does_not_fit_leaves_all_three_as_they_were() {
        let mut channel = Budget::new(Scope::Channel, 100_000);
        let mut peer = Budget::new(Scope::Peer, 100_000);
        let mut process = Budget::new(Scope::Process, 50_000);
        charge(40_000, [&mut channel, &mut peer, &mut process]).unwrap();
        let error = charge(20_000, [&mut channel, &mut peer, &mut process]).unwrap_err();
        assert_eq!(error, Exceeded { scope: Scope::Process, allowed: 50_000, wanted: 60_000 });
        assert_eq!((channel.held(), peer.held(), process.held()), (40_000, 40_000, 40_000));
        charge(0, [&mut channel, &mut peer, &mut process]).unwrap();
        assert_eq!(channel.held(), 40_000 + PART_FLOOR);
        let mut small = Budget::new(Scope::Channel, 100_000);
        charge(32 * 1024, [&mut small, &mut peer, &mut process]).unwrap();
        assert_eq!(process.held(), 40_000 + PART_FLOOR + SMALL);
        charge(1, [&mut small, &mut peer, &mut process]).unwrap_err();
        let (mut besides, mut all) = (process.held() - 50_000, 0);
        while besides <= BESIDES {
            let mut channel = Budget::new(Scope::Channel, 100_000);
            let mut peer = Budget::new(Scope::Peer, 100_000);
            if charge(32 * 1024, [&mut channel, &mut peer, &mut process]).is_err() {
                break;
            }
            (besides, all) = (process.held() - 50_000, all + 1);
        }
        assert_eq!((all, besides <= BESIDES), (2_047, true), "and no more than that");
    }
}

//! What a round says about its network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::outcome::REACHED;
use crate::statistics::{Estimate, Pair};

/// The figures of one round of one network. Shares go from 0 to 1; `None` where a figure cannot be
/// had yet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Peers known at the end of the round: whoever was ever heard of.
    pub known: u64,
    /// Of them, how many were heard of for the first time during the round.
    pub heard: u64,
    /// Of them, how many no visit ever reached: only others say that they exist.
    pub hearsay: u64,
    /// Visits of the round; each is to another peer.
    pub dialled: u64,
    /// Visits by outcome code; they add up to `dialled`.
    pub outcomes: BTreeMap<String, u64>,
    /// Replies with error 0 by question.
    pub answered: BTreeMap<String, u64>,
    /// All questions sent, by question and outcome code.
    pub asked: BTreeMap<String, BTreeMap<String, u64>>,
    /// This round's snapshot against that of the last complete round before it.
    pub before: Option<Before>,
    /// From the round's beginning to its end, in seconds.
    pub seconds: f64,
}

/// The counts of two snapshots in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Before {
    /// The earlier round.
    pub round: i64,
    /// Peers it reached.
    pub reached: u64,
    /// Of them, how many this round reached too.
    pub both: u64,
}

/// All counts together. They may be of a file that somebody else wrote.
pub(crate) fn total(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().fold(0, |all, count| all.saturating_add(*count))
}

impl Figures {
    /// Peers that proved who they are.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.outcomes.get(REACHED).copied().unwrap_or(0)
    }

    /// This snapshot and the one before.
    #[must_use]
    pub fn pair(&self) -> Option<Pair> {
        let before = self.before?;
        Pair::new(before.reached, self.reached(), before.both)
    }

    /// [`Pair::coverage`].
    #[must_use]
    pub fn coverage(&self) -> Option<Estimate> {
        self.pair()?.coverage()
    }

    /// [`Pair::distortion`].
    #[must_use]
    pub fn distortion(&self) -> Option<f64> {
        self.pair()?.distortion()
    }

    /// [`Pair::estimate`].
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        self.pair()?.estimate()
    }

    /// Visits a second.
    #[must_use]
    pub fn visits_per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.dialled as f64 / self.seconds)
    }

    /// The share of the known peers that only others say exist.
    #[must_use]
    pub fn hearsay_share(&self) -> Option<f64> {
        (self.known > 0).then(|| self.hearsay as f64 / self.known as f64)
    }
}

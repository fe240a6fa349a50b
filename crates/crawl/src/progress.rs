//! Counts of a crawl, for people, programs and dashboards. No address or permid is in them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use swarmscope_peer::limits::Reading;
use swarmscope_store::writer::Done;
use swarmscope_store::{Figures, Network};

/// Upper bounds of the dial latency's buckets, in seconds: from a machine next door to the dial's
/// own deadline.
pub const LATENCY_BOUNDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What a crawl did not take, and why: words for programs. All but the last are of the DHT alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// A contact beyond those that are taken from one answer.
    Surplus,
    /// A contact at an address that can't belong to a public node, or that is not allowed.
    Address,
    /// A contact at a port below 1024.
    SystemPort,
    /// A further id at an address that was named by enough of them.
    Claim,
    /// A contact at a host of which enough ports are known.
    Host,
    /// A contact in a /24 or /48 of which enough is known.
    Network,
    /// A contact from a host that has named enough new ones.
    Teller,
    /// A contact beyond all that is remembered in a round.
    Full,
    /// A node known from earlier rounds, at a host that was visited often enough in this one.
    HostVisits,
    /// The same, in a /24 or /48.
    NetworkVisits,
    /// A visit that would have waited behind too many to the same /24 or /48.
    Waiting,
    /// A datagram that answers nothing that was asked.
    Stray,
    /// A peer that was heard of while the store did not keep up.
    StoreBehind,
}

impl Dropped {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Surplus,
        Self::Address,
        Self::SystemPort,
        Self::Claim,
        Self::Host,
        Self::Network,
        Self::Teller,
        Self::Full,
        Self::HostVisits,
        Self::NetworkVisits,
        Self::Waiting,
        Self::Stray,
        Self::StoreBehind,
    ];

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Surplus => "surplus",
            Self::Address => "address",
            Self::SystemPort => "system_port",
            Self::Claim => "claim",
            Self::Host => "host",
            Self::Network => "network",
            Self::Teller => "teller",
            Self::Full => "full",
            Self::HostVisits => "host_visits",
            Self::NetworkVisits => "network_visits",
            Self::Waiting => "waiting",
            Self::Stray => "stray",
            Self::StoreBehind => "store_behind",
        }
    }
}

/// What this process did since it started, and where its round stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Progress {
    /// Of which network all of it is.
    pub network: Network,
    /// The running round, or the last one.
    pub round: i64,
    /// Rounds that ended while this process was at them.
    pub rounds: u64,
    /// Visits of the running round that are on disk, of this process.
    pub dialled: u64,
    /// Of them, how many reached their peer.
    pub reached: u64,
    /// Peers known to the store, as last counted.
    pub known: u64,
    /// Peers that nobody had heard of before.
    pub heard: u64,
    /// Visits in flight.
    pub in_flight: u64,
    /// Peers that are held and not begun with.
    pub queued: u64,
    /// Peers of the round that are still due, in the whole store, as last counted.
    pub due: u64,
    /// Visits not on disk yet.
    pub unwritten: u64,
    /// Visits on disk since the start.
    pub written: u64,
    /// Visits that another Crawler had counted before.
    pub again: u64,
    /// Peers skipped because they opted out.
    pub opted_out: u64,
    /// Questions that were not sent because another Crawler had sent them in time.
    pub not_permitted: u64,
    /// Store failures that were recovered from.
    pub store_troubles: u64,
    /// What was not taken since the start, by why.
    pub dropped: BTreeMap<Dropped, u64>,
    /// Visits since the start by outcome.
    pub visits: BTreeMap<String, u64>,
    /// Questions since the start by name and outcome.
    pub questions: BTreeMap<(String, String), u64>,
    /// Completed dials by the bucket of their duration; the last is beyond all bounds.
    pub latency: [u64; LATENCY_BOUNDS.len() + 1],
    /// The sum of those durations, in seconds.
    pub latency_sum: f64,
    /// The size of the store, as last looked at.
    pub store_bytes: u64,
    /// Its size after it was last pruned within a round.
    #[serde(skip)]
    pub kept_bytes: u64,
    /// Since the running round began.
    pub round_seconds: f64,
    /// Visits a second, over the last seconds.
    pub visits_per_second: f64,
    /// The limits of the node, as they stand: what peers take of this process.
    #[serde(skip)]
    pub limits: Vec<Reading>,
    /// The last ended round.
    #[serde(skip)]
    pub last: Option<Figures>,
}

impl Progress {
    /// Counts the duration of a dial.
    pub fn dialled_in(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = LATENCY_BOUNDS
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(LATENCY_BOUNDS.len());
        self.latency[bucket] += 1;
        self.latency_sum += seconds;
    }

    /// Counts what was not taken.
    pub fn dropped(&mut self, why: Dropped, count: usize) {
        if count > 0 {
            *self.dropped.entry(why).or_default() += count as u64;
        }
    }

    /// What was not taken since there was so much of it.
    #[must_use]
    pub fn dropped_since(&self, before: &BTreeMap<Dropped, u64>) -> BTreeMap<Dropped, u64> {
        let since = self.dropped.iter().map(|(why, count)| {
            (*why, count.saturating_sub(before.get(why).copied().unwrap_or(0)))
        });
        since.filter(|(_, count)| *count > 0).collect()
    }

    /// Counts what the store has done.
    pub(crate) fn done(&mut self, done: &Done) {
        match done {
            Done::Heard(fresh) => {
                self.heard += fresh;
                self.known += fresh;
            }
            Done::Written { visits, again } => {
                self.unwritten = self.unwritten.saturating_sub(visits + again);
                self.written += visits;
                self.again += again;
            }
            Done::Trouble(error) => {
                self.store_troubles += 1;
                tracing::warn!("the store is unreachable, retrying: {error}");
            }
            Done::Leased(_) | Done::Permitted(..) | Done::Failed(_) => {}
        }
    }

    /// Counts a visit that has ended.
    pub fn ended(&mut self, outcome: &str) {
        *self.visits.entry(outcome.to_owned()).or_default() += 1;
        self.unwritten += 1;
        self.dialled += 1;
        self.reached += u64::from(outcome == swarmscope_store::outcome::REACHED);
    }

    /// Counts a question that has ended.
    pub fn asked(&mut self, name: &str, outcome: &str) {
        *self.questions.entry((name.to_owned(), outcome.to_owned())).or_default() += 1;
    }

    /// How long the round will still take at the present speed, as far as is known who is due.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let left = (self.due + self.in_flight + self.queued) as f64;
        (self.visits_per_second > 0.0)
            .then(|| Duration::from_secs_f64((left / self.visits_per_second).min(1e9)))
    }
}

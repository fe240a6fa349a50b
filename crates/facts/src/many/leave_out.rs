//! Marked peers that a request to many leaves out, and why.

use std::time::SystemTime;

use crate::format::clock;
use swarmscope_networks::target::Network;
use swarmscope_wire::OverlayVersion;

/// Why one peer is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It would answer 254 until then.
    NotYet(SystemTime),
    /// It may answer 254, until then at the latest: another Crawler asked, or our last request was
    /// lost.
    MaybeNotYet(SystemTime),
    /// Its connection has ended.
    Gone,
    /// The last attempt to connect failed.
    Unreachable,
    /// No address to dial is known.
    NoAddress,
    /// Its version does not know the message yet.
    TooOld {
        /// What it speaks.
        version: OverlayVersion,
        /// The lowest that knows it.
        needs: OverlayVersion,
    },
    /// Its version no longer knows the message.
    TooNew {
        /// What it speaks.
        version: OverlayVersion,
        /// The highest that knows it.
        last: OverlayVersion,
    },
    /// It speaks only versions for which this program has no identity.
    NeedsLegacy,
    /// An answer to the same message is on its way.
    Asked,
    /// Another request to many asks it the same message, and has not come to it yet.
    Taken,
    /// Its permid is not known.
    NotKnown,
    /// It belongs to another network, and the question is not one of that network's.
    OtherNetwork(Network),
    /// It gives new samples from then on (BEP 51).
    SamplesFrom(SystemTime),
    /// It is this program itself.
    Own,
}

/// Peers that are left out for the same reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// How many there are.
    pub peers: usize,
    /// Why.
    pub reason: Reason,
    /// Where they would answer 254: when the last of them accepts again.
    last: Option<SystemTime>,
}

impl LeftOut {
    /// One peer.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { peers: 1, reason, last: None }
    }

    /// Whether a peer belongs to these.
    #[must_use]
    pub fn is_like(&self, reason: &Reason) -> bool {
        let kind = std::mem::discriminant;
        if self.is_254() { kind(&self.reason) == kind(reason) } else { self.reason == *reason }
    }

    /// One peer more.
    pub fn add(&mut self, reason: &Reason) {
        self.peers += 1;
        if let Reason::NotYet(first) | Reason::MaybeNotYet(first) = &mut self.reason
            && let Reason::NotYet(until) | Reason::MaybeNotYet(until) = reason
        {
            self.last = self.last.max(Some(*until)).max(Some(*first));
            *first = (*first).min(*until);
        }
    }

    /// As they are listed: 254 first, then the most peers.
    #[must_use]
    pub fn order(&self) -> (bool, usize) {
        (!self.is_254(), usize::MAX - self.peers)
    }

    /// Whether they would answer 254.
    #[must_use]
    pub const fn is_254(&self) -> bool {
        matches!(self.reason, Reason::NotYet(_) | Reason::MaybeNotYet(_))
    }

    /// `until 12:10`, `until 12:10 – 13:05`: one time where the minute is the same.
    fn until(&self, first: SystemTime) -> String {
        let first = minute(first);
        match self.last.map(minute).filter(|last| *last != first) {
            Some(last) => format!("until {first} – {last}"),
            None => format!("until {first}"),
        }
    }

    /// The reason in words; behind the pill where it is 254.
    #[must_use]
    pub fn text(&self) -> String {
        match self.reason {
            Reason::NotYet(first) => format!("{}, would refuse", self.until(first)),
            Reason::MaybeNotYet(first) => {
                format!("{} at the latest, may refuse", self.until(first))
            }
            Reason::Gone => "gone since they were marked".to_owned(),
            Reason::Unreachable => "not connected, the last attempt failed".to_owned(),
            Reason::NoAddress => "heard of, without an address to dial".to_owned(),
            Reason::TooOld { version, needs } => format!("version {version}, this needs {needs}"),
            Reason::TooNew { version, last } => {
                format!("version {version}, this is for up to {last}")
            }
            Reason::NeedsLegacy => "version 17, no legacy identity in use".to_owned(),
            Reason::Asked => "already asked, no answer yet".to_owned(),
            Reason::Taken => "in another request to many, not sent yet".to_owned(),
            Reason::NotKnown => "permid not known: connect first".to_owned(),
            Reason::OtherNetwork(network) => {
                format!("on {}, which has other questions", network.name())
            }
            Reason::SamplesFrom(first) => {
                let from = self.until(first).replacen("until", "from", 1);
                format!("new samples {from}, as they said")
            }
            Reason::Own => "our own peer".to_owned(),
        }
    }
}

/// `12:10`.
fn minute(at: SystemTime) -> String {
    clock(at).chars().take(5).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn peers_that_would_answer_254_are_told_with_the_first_and_the_last_time() {
        let at = |minutes: u64| Reason::NotYet(UNIX_EPOCH + Duration::from_secs(60 * minutes));
        let mut left = LeftOut::new(at(20));
        assert_eq!(left.text(), "until 00:20, would refuse");
        for minutes in [10, 65, 20] {
            assert!(left.is_like(&at(minutes)));
            left.add(&at(minutes));
        }
        assert_eq!((left.peers, left.text().as_str()), (4, "until 00:10 – 01:05, would refuse"));
        assert!(left.order() < LeftOut::new(Reason::Gone).order());
    }

    #[test]
    fn times_within_one_minute_are_one_time() {
        let at = |seconds| Reason::NotYet(UNIX_EPOCH + Duration::from_secs(seconds));
        let mut left = LeftOut::new(at(600));
        left.add(&at(630));
        assert_eq!(left.text(), "until 00:10, would refuse");
    }

    #[test]
    fn what_may_refuse_is_not_counted_with_what_would() {
        let at = UNIX_EPOCH + Duration::from_secs(600);
        let mut left = LeftOut::new(Reason::MaybeNotYet(at));
        assert!(!left.is_like(&Reason::NotYet(at)) && left.is_254());
        left.add(&Reason::MaybeNotYet(at + Duration::from_secs(60)));
        assert_eq!(left.text(), "until 00:10 – 00:11 at the latest, may refuse");
    }

    #[test]
    fn different_versions_are_different_reasons() {
        let old =
            |version| Reason::TooOld { version: OverlayVersion(version), needs: OverlayVersion(9) };
        assert!(LeftOut::new(old(7)).is_like(&old(7)) && !LeftOut::new(old(7)).is_like(&old(8)));
    }
}

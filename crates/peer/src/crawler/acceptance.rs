//! What a Crawler knows of when a peer will accept an id again (protocol.md §4). A 254 carries no
//! time, so this is worked out from our own requests: exact where our own accepted one was the
//! last, a bound where another Crawler must have asked, nothing where we never asked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::gate::FLEXIBILITY;
use swarmscope_wire::failure::{Cause, Delivered, Failure};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

/// When will this peer accept this id again, for a request of this frequency?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acceptance {
    /// No request of ours tells: it may accept, or answer 254 because another Crawler asked.
    Unknown,
    /// The time that our own requests tell has passed, and no newer Crawler is known of.
    Now,
    /// Exactly then: our own accepted request was the last.
    In(Duration),
    /// Then at the latest: another Crawler asked.
    AtMost(Duration),
    /// Then, if the peer counted our last request: whether it did is not known.
    IfCounted(Duration),
}

impl Acceptance {
    /// How long a request would meet 254, as far as is known.
    #[must_use]
    pub const fn wait(self) -> Option<Duration> {
        match self {
            Self::Unknown | Self::Now => None,
            Self::In(left) | Self::AtMost(left) | Self::IfCounted(left) => Some(left),
        }
    }

    /// How sure it is, in one word for other programs; stable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Now => "now",
            Self::In(_) => "exact",
            Self::AtMost(_) => "at_most",
            Self::IfCounted(_) => "if_counted",
        }
    }
}

/// The longest possible frequency; anything older no longer matters.
const LONGEST: Duration = Duration::from_secs(u16::MAX as u64);
/// Old entries are looked for when this many are there: some 400 kB.
const MANY: usize = 4096;

/// What our requests have taught, by peer and id.
#[derive(Clone, Debug, Default)]
pub struct AcceptanceLog {
    known: HashMap<(Permid, MessageId), Known>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    accepted: Option<Instant>,
    /// The last 254 that our own acceptance doesn't explain.
    strange: Option<Instant>,
    /// The last request that was lost on the way, or after it was counted.
    unsure: Option<Instant>,
}

/// What the time that is left is told as.
type Told = fn(Duration) -> Acceptance;

impl Known {
    fn newest(self) -> Option<Instant> {
        self.accepted.max(self.strange).max(self.unsure)
    }

    /// From when on a request counts that says so, and what it makes of the time left.
    fn since(self) -> Option<(Instant, Told)> {
        let told = match (self.strange, self.accepted) {
            (Some(strange), _) => Some((strange, Acceptance::AtMost as Told)),
            (None, Some(accepted)) => Some((accepted, Acceptance::In as Told)),
            (None, None) => None,
        };
        let unsure = self.unsure.filter(|at| told.is_none_or(|(told, _)| *at > told));
        unsure.map_or(told, |at| Some((at, Acceptance::IfCounted)))
    }
}

impl AcceptanceLog {
    /// Our request, sent at `at`, was accepted: a reply came that is neither 253 nor 254. What was
    /// known before no longer counts.
    pub fn record_accepted(&mut self, permid: Permid, message: MessageId, at: Instant) {
        self.make_room(at);
        self.known.insert((permid, message), Known { accepted: Some(at), ..Known::default() });
    }

    /// Our request, sent at `at`, was lost, and whether the peer counted it is not known.
    pub fn record_unsure(&mut self, permid: Permid, message: MessageId, at: Instant) {
        self.make_room(at);
        let known = self.known.entry((permid, message)).or_default();
        known.unsure = known.unsure.max(Some(at));
    }

    /// Our request of `frequency` met a 254 at `at`.
    pub fn record_254(
        &mut self,
        permid: Permid,
        message: MessageId,
        at: Instant,
        frequency: Frequency,
    ) {
        self.make_room(at);
        let known = self.known.entry((permid, message)).or_default();
        let explained = known
            .accepted
            .is_some_and(|accepted| accepted + frequency.duration() >= at + FLEXIBILITY);
        if !explained {
            known.strange = Some(at);
        }
    }

    /// What a reply with this error byte teaches, that came at `at` for a request of `frequency`
    /// sent at `sent`: a 253 nothing, because who does not know an id does not count it.
    pub fn record_reply(
        &mut self,
        (permid, message): (Permid, MessageId),
        error: ErrorByte,
        frequency: Frequency,
        (sent, at): (Instant, Instant),
    ) {
        match error {
            ErrorByte::FREQUENCY => self.record_254(permid, message, at, frequency),
            ErrorByte::UNKNOWN_MESSAGE => {}
            _ => self.record_accepted(permid, message, sent),
        }
    }

    /// What the end of a request without a reply teaches: one that was refused is not counted.
    pub fn record_failure(
        &mut self,
        permid: Permid,
        message: MessageId,
        failure: &Failure,
        sent: Instant,
    ) {
        match failure.delivered {
            _ if failure.cause == Cause::ClosedWithoutReply => {}
            Delivered::No => {}
            Delivered::Maybe => self.record_unsure(permid, message, sent),
            Delivered::Yes => self.record_accepted(permid, message, sent),
        }
    }

    /// The answer for a request of `frequency` made at `now`.
    #[must_use]
    pub fn acceptance(
        &self,
        permid: Permid,
        message: MessageId,
        frequency: Frequency,
        now: Instant,
    ) -> Acceptance {
        if frequency.duration() <= FLEXIBILITY {
            return Acceptance::Now; // whoever asked last (§4)
        }
        let Some(known) = self.known.get(&(permid, message)) else { return Acceptance::Unknown };
        let Some((since, told)) = known.since() else { return Acceptance::Unknown };
        let wait = (since + frequency.duration()).saturating_duration_since(now + FLEXIBILITY);
        if !wait.is_zero() {
            told(wait)
        } else if known.accepted.or(known.strange).is_some() {
            Acceptance::Now
        } else {
            Acceptance::Unknown // a request that may never have arrived teaches nothing for ever
        }
    }

    /// From when on a request of `frequency` is accepted, as far as is known: [`Self::acceptance`]
    /// without a present.
    #[must_use]
    pub fn accepted_from(
        &self,
        permid: Permid,
        message: MessageId,
        frequency: Frequency,
    ) -> Option<Instant> {
        let (since, _) = self.known.get(&(permid, message))?.since()?;
        (since + frequency.duration()).checked_sub(FLEXIBILITY)
    }

    fn make_room(&mut self, now: Instant) {
        if self.known.len() < MANY || !self.known.len().is_multiple_of(MANY / 4) {
            return;
        }
        self.known.retain(|_, known| known.newest().is_some_and(|at| now < at + LONGEST));
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    const PEER: Permid = Permid::Ed25519([1; 32]);
    const ID: MessageId = MessageId::DATABASE_QUERY;
    const F: Frequency = Frequency(3600);

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn our_own_acceptance_is_exact() {
        let (mut log, t0) = (AcceptanceLog::default(), Instant::now());
        assert_eq!(log.acceptance(PEER, ID, F, t0), Acceptance::Unknown, "never asked");
        assert_eq!(log.acceptance(PEER, ID, Frequency(5), t0), Acceptance::Now, "always passes");
        log.record_accepted(PEER, ID, t0);
        assert_eq!(log.acceptance(PEER, ID, F, t0 + secs(10)), Acceptance::In(secs(3585)));
        assert_eq!(log.acceptance(PEER, ID, Frequency(5), t0), Acceptance::Now);
        assert_eq!(
            log.accepted_from(PEER, ID, F),
            Some(t0 + secs(3595)),
            "the same without a present"
        );
        log.record_254(PEER, ID, t0 + secs(10), F);
        assert_eq!(
            log.acceptance(PEER, ID, F, t0 + secs(10)),
            Acceptance::In(secs(3585)),
            "explained by our own"
        );
        assert_eq!(log.acceptance(PEER, ID, F, t0 + secs(3600)), Acceptance::Now);
    }

    #[test]
    fn a_254_that_ours_does_not_explain_is_a_bound() {
        let (mut log, t0) = (AcceptanceLog::default(), Instant::now());
        log.record_254(PEER, ID, t0, F);
        assert_eq!(log.acceptance(PEER, ID, F, t0), Acceptance::AtMost(secs(3595)));
        assert_eq!(log.acceptance(PEER, ID, Frequency(60), t0), Acceptance::AtMost(secs(55)));
        log.record_accepted(PEER, ID, t0 + secs(100));
        assert_eq!(log.acceptance(PEER, ID, F, t0 + secs(100)), Acceptance::In(secs(3595)));
        log.record_254(PEER, ID, t0 + secs(200), Frequency(60));
        assert_eq!(
            log.acceptance(PEER, ID, F, t0 + secs(200)),
            Acceptance::AtMost(secs(3595)),
            "100 s are past 60 − 5"
        );
    }

    #[test]
    fn a_request_that_may_have_been_counted_is_neither_an_answer_nor_an_acceptance() {
        let (mut log, t0) = (AcceptanceLog::default(), Instant::now());
        log.record_unsure(PEER, ID, t0);
        assert_eq!(log.acceptance(PEER, ID, F, t0), Acceptance::IfCounted(secs(3595)));
        let later = t0 + secs(4000);
        assert_eq!(log.acceptance(PEER, ID, F, later), Acceptance::Unknown, "never \"now\"");
        log.record_254(PEER, ID, t0 + secs(100), F);
        assert_eq!(log.acceptance(PEER, ID, F, t0 + secs(100)), Acceptance::AtMost(secs(3595)));
        assert_eq!(log.acceptance(PEER, ID, F, later), Acceptance::Now, "a 254 was an answer");
        log.record_unsure(PEER, ID, later);
        assert_eq!(log.acceptance(PEER, ID, F, later), Acceptance::IfCounted(secs(3595)));
    }

    #[test]
    fn what_says_nothing_any_more_is_forgotten() {
        let (mut log, t0) = (AcceptanceLog::default(), Instant::now());
        for n in 0..10_000u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            log.record_accepted(Permid::Ed25519(key), ID, t0 + secs(u64::from(n) * 60));
        }
        assert!(log.known.len() < 2 * MANY, "{}", log.known.len());
    }
}

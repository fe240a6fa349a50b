//! The peer's frequency gate (protocol.md §4): one an id, across all Crawlers and connections.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use swarmscope_wire::{Frequency, MessageId};

/// How much sooner than its frequency a request may come (§4).
pub const FLEXIBILITY: Duration = Duration::from_secs(5);

/// When each id was last accepted.
#[derive(Debug, Default)]
pub(super) struct Gate {
    last: HashMap<MessageId, Instant>,
}

impl Gate {
    /// Accepts if `last + frequency < now + 5 s`, or if the id was never accepted; only then is
    /// `last` moved. Frequencies up to 5 always pass: the original's clock never read the same
    /// twice, ours may within one batch of frames.
    pub(super) fn accept(
        &mut self,
        message: MessageId,
        frequency: Frequency,
        now: Instant,
    ) -> bool {
        let every = frequency.duration();
        let open = every <= FLEXIBILITY
            || self.last.get(&message).is_none_or(|last| *last + every < now + FLEXIBILITY);
        if open {
            self.last.insert(message, now);
        }
        open
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: MessageId = MessageId::NATCHECK;

    #[test]
    fn the_bound_itself_is_refused() {
        let (mut gate, t0) = (Gate::default(), Instant::now());
        let at = |ms: u64| t0 + Duration::from_millis(ms);
        assert!(gate.accept(ID, Frequency(60), t0), "never accepted before");
        assert!(!gate.accept(ID, Frequency(60), at(54_999)));
        assert!(!gate.accept(ID, Frequency(60), at(55_000)), "last + f = now + 5");
        assert!(gate.accept(ID, Frequency(60), at(55_001)));
        assert!(!gate.accept(ID, Frequency(60), at(60_000)), "counted from the one before");
    }

    #[test]
    fn small_frequencies_always_pass() {
        let (mut gate, t0) = (Gate::default(), Instant::now());
        assert!(gate.accept(ID, Frequency(0), t0));
        assert!(gate.accept(ID, Frequency(4), t0));
        assert!(gate.accept(ID, Frequency(5), t0), "the same instant");
        assert!(!gate.accept(ID, Frequency(6), t0));
        assert!(gate.accept(MessageId(99), Frequency(u16::MAX), t0), "each id has its own gate");
    }

    proptest! {
        #[test]
        fn no_two_acceptances_are_closer_than_the_frequency_allows(asks in prop::collection::vec((0u64..40_000, 0u16..60), 1..60)) {
            let (mut gate, t0) = (Gate::default(), Instant::now());
            let (mut now, mut last) = (t0, None::<Instant>);
            for (step, frequency) in asks {
                now += Duration::from_millis(step);
                let f = Frequency(frequency);
                let expected = frequency <= 5 || last.is_none_or(|last| last + f.duration() < now + FLEXIBILITY);
                prop_assert_eq!(gate.accept(ID, f, now), expected);
                if expected { last = Some(now); }
            }
        }
    }
}

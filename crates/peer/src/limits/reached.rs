//! When to say that a limit was reached: the first time, and whenever it was ten times as often.
//! Floods are told of in a few lines.

use super::document::amount;
use super::{Limit, Limits, Reading};

/// What was said so far.
#[derive(Debug)]
pub(crate) struct Told {
    limits: Limits,
    /// How often each was reached when it is said next.
    next: [u64; Limit::ALL.len()],
}

impl Told {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { limits: *limits, next: [1; Limit::ALL.len()] }
    }

    /// What there is to say now.
    pub(crate) fn look(&mut self, readings: &[Reading]) -> Vec<String> {
        let mut said = Vec::new();
        for Reading { limit, refused, .. } in readings {
            let next = &mut self.next[*limit as usize];
            if refused < next {
                continue;
            }
            while refused >= next {
                *next = next.saturating_mul(10);
            }
            let (key, most) = (limit.key(), amount(*limit, &self.limits));
            let (scope, beyond) = (limit.scope().words(), limit.reached());
            let times = if *refused == 1 { "once".into() } else { format!("{refused} times") };
            said.push(format!("limit {key} ({most} {scope}) reached {times}: {beyond}"));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::super::Meter;
    use super::*;

    #[test]
    fn a_flood_is_told_of_in_a_line_for_each_power_of_ten() {
        let limits = Limits::default();
        let (meter, mut told) = (Meter::new(&limits), Told::new(&limits));
        assert!(told.look(&meter.read()).is_empty());
        let mut said = Vec::new();
        for _ in 0..2000 {
            meter.refused(Limit::ConnectionsPerSource);
            said.extend(told.look(&meter.read()));
        }
        assert_eq!(said.len(), 4, "{said:?}");
        let first = "limit connections-per-source (384 connections per source) reached once: the \
                     newcomer is closed";
        assert_eq!(said[0], first);
        assert!(said[3].contains("reached 1000 times"), "{said:?}");
        (0..500).for_each(|_| meter.refused(Limit::FrameBytes));
        assert_eq!(told.look(&meter.read()).len(), 1, "many at once are one line");
    }
}

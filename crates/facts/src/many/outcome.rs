//! What can become of one peer of a campaign, and how many it became of.

use crate::request::{Outcome as Became, Request};
use swarmscope_wire::ErrorByte;
use swarmscope_wire::failure::{Cause, Failure, exit};

/// What has become of one peer. Every peer of a campaign has exactly one of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// The whole reply came with error 0.
    Answered,
    /// A part came, and more are to come.
    Parts,
    /// Asked, or asked for and being dialled; nothing came yet.
    Waiting,
    /// 254.
    NotYet,
    /// It closed without a reply.
    Refused,
    /// A deadline passed.
    TimedOut,
    /// It answered with error 0, and its reply has unexpected content.
    Malformed,
    /// It answered with an error byte other than 254: an answer, not a failure.
    Error,
    /// Another failure.
    Other,
    /// It was in flight when the operator stopped all.
    Stopped,
    /// Its turn has not come.
    NotSent,
}

impl Outcome {
    /// As the screen lists them.
    pub const ALL: [Self; 11] = [
        Self::Answered,
        Self::Parts,
        Self::Waiting,
        Self::NotYet,
        Self::Refused,
        Self::TimedOut,
        Self::Malformed,
        Self::Error,
        Self::Other,
        Self::Stopped,
        Self::NotSent,
    ];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Parts => "parts coming",
            Self::Waiting => "waiting",
            Self::NotYet => "not yet",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Malformed => "malformed",
            Self::Error => "error reply",
            Self::Other => "other failure",
            Self::Stopped => "stopped",
            Self::NotSent => "not sent yet",
        }
    }

    /// The name for other programs: it stays.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Parts => "parts",
            Self::Waiting => "waiting",
            Self::NotYet => "not-yet",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::Malformed => "malformed",
            Self::Error => "error",
            Self::Other => "other",
            Self::Stopped => "stopped",
            Self::NotSent => "not-sent",
        }
    }

    /// What has become of one request.
    #[must_use]
    pub fn of_request(request: &Request) -> Self {
        match &request.outcome {
            Became::Waiting if request.part_count() > 0 => Self::Parts,
            Became::Queued | Became::Waiting | Became::AwaitingDialBack => Self::Waiting,
            Became::Failed { failure, .. } => Self::of_failure(failure),
            Became::Replied(reply) => match reply.error {
                ErrorByte::FREQUENCY => Self::NotYet,
                ErrorByte::SUCCESS if reply.malformed => Self::Malformed,
                ErrorByte::SUCCESS => Self::Answered,
                _ => Self::Error,
            },
        }
    }

    /// Whether it takes one of the places of those that wait.
    #[must_use]
    pub const fn in_flight(self) -> bool {
        matches!(self, Self::Waiting | Self::Parts)
    }

    /// What a failed request is.
    #[must_use]
    pub fn of_failure(failure: &Failure) -> Self {
        match failure.cause {
            Cause::Cancelled | Cause::Stopped => Self::Stopped,
            Cause::ClosedWithoutReply => Self::Refused,
            cause if cause.exit() == exit::TIMEOUT => Self::TimedOut,
            _ => Self::Other,
        }
    }
}

/// How many peers each outcome has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts([usize; Outcome::ALL.len()]);

impl Counts {
    /// So many that nothing was sent to yet.
    #[must_use]
    pub fn new(peers: usize) -> Self {
        let mut counts = Self::default();
        counts.0[Outcome::NotSent as usize] = peers;
        counts
    }

    /// How many have this outcome.
    #[must_use]
    pub const fn of(&self, outcome: Outcome) -> usize {
        self.0[outcome as usize]
    }

    /// One peer changes from one to another.
    pub fn moved(&mut self, from: Outcome, to: Outcome) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }

    /// One peer more or less has this outcome.
    pub(crate) const fn step(&mut self, outcome: Outcome, more: bool) {
        let count = &mut self.0[outcome as usize];
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// Requests that went out.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.total() - self.of(Outcome::NotSent)
    }

    /// Those that may still be answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.in_flight())
            .map(|outcome| self.of(outcome))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::failure::By;

    #[test]
    fn the_list_is_in_the_order_of_the_table() {
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }

    #[test]
    fn failures_are_told_apart_by_what_a_person_would_do_next() {
        let of = |cause| Outcome::of_failure(&Failure::new(cause, By::Peer, ""));
        for (cause, outcome) in [
            (Cause::ClosedWithoutReply, Outcome::Refused),
            (Cause::FirstPartTimeout, Outcome::TimedOut),
            (Cause::BetweenPartsTimeout, Outcome::TimedOut),
            (Cause::WholeTimeout, Outcome::TimedOut),
            (Cause::DialBackTimeout, Outcome::TimedOut),
            (Cause::Cancelled, Outcome::Stopped),
            (Cause::TcpTimeout, Outcome::Other),
            (Cause::TooLarge, Outcome::Other),
        ] {
            assert_eq!(of(cause), outcome, "{cause:?}");
        }
    }

    #[test]
    fn peers_change_their_outcome_and_none_is_lost() {
        let mut counts = Counts::new(3);
        counts.moved(Outcome::NotSent, Outcome::Waiting);
        counts.moved(Outcome::NotSent, Outcome::Waiting);
        counts.moved(Outcome::Waiting, Outcome::Answered);
        assert_eq!((counts.sent(), counts.in_flight(), counts.total()), (2, 1, 3));
    }
}

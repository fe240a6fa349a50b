//! A request whose frame is on the way: when it is overdue, and why it fails.

use std::time::{Duration, Instant};

use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::{ChannelId, MessageId, Permid};

/// The longest pause between two parts. The original sends them back to back; a peer that paces
/// them or has a slow line gets a minute for 32 kB. The whole reply has
/// [`Ask::timeout`](super::Ask::timeout) in any case.
pub const BETWEEN_PARTS: Duration = Duration::from_secs(60);
/// A peer whose allow-list refuses a request closes at once (§4): so much is a slow line's round
/// trip, and some.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);

/// A request whose frame is on the way.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) to: Permid,
    pub(super) message: MessageId,
    pub(super) channel: ChannelId,
    pub(super) at: Instant,
    pub(super) timeout: Duration,
    pub(super) wait_for_dial_back: bool,
    pub(super) parts: u32,
    pub(super) last_part: Option<Instant>,
    /// The longest pause between two parts: [`BETWEEN_PARTS`], and what was given besides.
    pub(super) between: Duration,
    /// The peer's last connection was lost; a dial-back is waited for.
    pub(super) lost: bool,
    /// The peer dialled after a connection was lost.
    pub(super) dialled_back: bool,
}

impl Sent {
    pub(super) fn whole_due(&self) -> Instant {
        self.at + self.timeout
    }

    pub(super) fn due(&self) -> Instant {
        match self.last_part {
            Some(last) if !self.lost => self.whole_due().min(last + self.between),
            _ => self.whole_due(),
        }
    }

    pub(super) fn delivered(&self) -> Delivered {
        if self.parts > 0 { Delivered::Yes } else { Delivered::Maybe }
    }

    /// Why it fails now that a deadline has passed.
    pub(super) fn overdue(&self, now: Instant) -> Failure {
        let (parts, after) = (self.parts, now.saturating_duration_since(self.at).as_secs());
        let cause = match parts {
            _ if self.lost => Cause::DialBackTimeout,
            0 => Cause::FirstPartTimeout,
            _ if now >= self.whole_due() => Cause::WholeTimeout,
            _ => Cause::BetweenPartsTimeout,
        };
        Failure::new(cause, By::Us, format!("{parts} parts in {after} s"))
            .delivered(self.delivered())
    }

    /// Why it fails now that its peer's connection was lost. `answered`: something had been answered
    /// on that connection.
    pub(super) fn closed(&self, failure: &Failure, answered: bool, now: Instant) -> Failure {
        let soon = now.saturating_duration_since(self.at) <= REFUSED_WITHIN;
        let cause = match (failure.by, failure.cause) {
            _ if self.parts > 0 => Cause::ClosedInReply,
            (By::Peer, Cause::Closed) if soon && !answered => Cause::ClosedWithoutReply,
            (By::Peer, Cause::Closed) => Cause::ClosedUnanswered,
            (By::Network, _) => Cause::LostUnanswered,
            _ => Cause::ClosedByUs,
        };
        // That it was closed is said already; how, or that the network did it, adds something.
        let how =
            if failure.cause == Cause::Closed { failure.detail.clone() } else { failure.words() };
        let after =
            if self.parts > 0 { format!("after {} parts", self.parts) } else { String::new() };
        let detail = [after, how]
            .into_iter()
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        let by = if cause == Cause::ClosedByUs { By::Us } else { failure.by };
        Failure::new(cause, by, detail).delivered(self.delivered())
    }
}

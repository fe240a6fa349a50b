//! One request of this process: its channel, its parts with their times, how it ended.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::now::Now;
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Origin, Ticket};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{
    ChannelId, ContentId, ErrorByte, Frequency, MessageId, PartsLeft, Sha256Sum,
};

/// How long a peer has for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// The whole reply, since it was sent.
    pub whole: Duration,
    /// Between two parts.
    pub between: Duration,
}

/// A part as it arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// From 1.
    pub index: u32,
    /// What it says of those to come.
    pub hint: PartsLeft,
    /// Payload bytes.
    pub bytes: usize,
    /// Since the request was sent.
    pub after: Duration,
}

/// A whole reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its error byte.
    pub error: ErrorByte,
    /// `None` once memory had to be made for newer ones.
    pub payload: Option<Bytes>,
    /// Payload bytes.
    pub bytes: usize,
    /// In how many parts it came.
    pub parts: u32,
    /// Since the request was sent.
    pub elapsed: Duration,
    /// It came on a connection that the peer dialled after ours was lost.
    pub dialled_back: bool,
    /// Its bytes are not kept: the payload is what was read in them, as JSON.
    pub as_read: bool,
    /// When it came.
    pub at: Now,
    /// `None` while it is being read, and once memory had to be made for newer ones.
    pub decoding: Option<Decoding>,
    /// Its decoder could not read it. Stays when what it read is let go.
    pub malformed: bool,
    /// Of its payload. Stays when that is let go; `None` until it was read.
    pub sha256: Option<Sha256Sum>,
    /// Of what was read. Stay when that is let go; `None` until it was read.
    pub digests: Option<Digests>,
}

/// What a reply says, for comparing it with others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digests {
    /// Equal for equal values.
    pub content: ContentId,
    /// The same but for numbers.
    pub shape: ContentId,
}

impl From<&Decoding> for Digests {
    fn from(decoding: &Decoding) -> Self {
        Self { content: decoding.content, shape: decoding.shape }
    }
}

/// Where a request is.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most requests end in a reply")]
pub enum Outcome {
    /// Asked for here; the peer is being dialled, or its line is busy.
    Queued,
    /// Sent. Parts may have come.
    Waiting,
    /// The connection was lost; the peer may dial back with the reply.
    AwaitingDialBack,
    /// The whole reply came.
    Replied(Reply),
    /// It ended without a whole reply.
    Failed {
        /// Why.
        failure: Failure,
        /// When.
        at: Now,
    },
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which request of this process it is.
    pub ticket: Ticket,
    /// Counts the requests to this peer, from 1.
    pub number: u32,
    /// What is asked.
    pub message: MessageId,
    /// How often this Crawler asks it, as it says (protocol.md §4).
    pub frequency: Frequency,
    /// What is asked in particular; may be empty.
    pub payload: Bytes,
    /// On whose behalf.
    pub origin: Origin,
    /// Its channel, once it was sent.
    pub channel: Option<ChannelId>,
    /// How long its peer has, as the engine says.
    pub due: Option<Due>,
    /// When it was asked for.
    pub asked: Now,
    /// When its frame went out.
    pub sent: Option<Now>,
    /// The first parts, as many as are kept.
    pub parts: Vec<Part>,
    /// The newest part, whether it is kept or not.
    pub newest: Option<Part>,
    /// What the first parts say, of a peer of another network than the overlay.
    pub told: Vec<(Duration, Value)>,
    /// Payload bytes of all parts so far.
    pub bytes: usize,
    /// Where it is, or how it ended.
    pub outcome: Outcome,
}

impl Request {
    /// Asked for, not sent yet.
    #[must_use]
    pub fn new(
        ticket: Ticket,
        number: u32,
        message: MessageId,
        frequency: Frequency,
        payload: Bytes,
        origin: Origin,
        asked: Now,
    ) -> Self {
        Self {
            ticket,
            number,
            message,
            frequency,
            payload,
            origin,
            channel: None,
            due: None,
            asked,
            sent: None,
            parts: Vec::new(),
            newest: None,
            told: Vec::new(),
            bytes: 0,
            outcome: Outcome::Queued,
        }
    }

    /// Whether an answer may still come.
    #[must_use]
    pub fn in_flight(&self) -> bool {
        matches!(self.outcome, Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack)
    }

    /// The whole reply, where it came.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Replied(reply) => Some(reply),
            _ => None,
        }
    }

    /// The answer was 254: not yet.
    #[must_use]
    pub fn was_254(&self) -> bool {
        self.reply().is_some_and(|reply| reply.error == ErrorByte::FREQUENCY)
    }

    /// How many parts have come.
    #[must_use]
    pub fn part_count(&self) -> u32 {
        self.newest.map_or(0, |part| part.index)
    }

    /// How long it is waited for from now on, where it is under way.
    #[must_use]
    pub fn left(&self, now: Now) -> Option<Duration> {
        let (due, sent) = (self.due?, self.sent?);
        let gone = now.instant.saturating_duration_since(sent.instant);
        let next = match (&self.outcome, self.newest) {
            (Outcome::Waiting, Some(part)) => due.whole.min(part.after + due.between),
            (Outcome::Waiting | Outcome::AwaitingDialBack, _) => due.whole,
            _ => return None,
        };
        Some(next.saturating_sub(gone))
    }

    /// Takes in a part; the times of the first `most` are kept.
    pub(crate) fn part(&mut self, part: Part, most: usize) {
        self.bytes = self.bytes.saturating_add(part.bytes);
        self.newest = Some(part);
        if self.parts.len() < most {
            self.parts.push(part);
        }
        if self.in_flight() {
            self.outcome = Outcome::Waiting;
        }
    }

    /// How long it took, or has taken so far: from the sending, or from the asking where it was
    /// never sent.
    #[must_use]
    pub fn elapsed(&self, now: Now) -> Duration {
        let since = self.sent.unwrap_or(self.asked).instant;
        match &self.outcome {
            Outcome::Replied(reply) => reply.elapsed,
            Outcome::Failed { at, .. } => at.instant.saturating_duration_since(since),
            Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack => {
                now.instant.saturating_duration_since(since)
            }
        }
    }
}

/// What the newest part says of those to come: `2–3 more`, `1 more`, `254+ more`; never a
/// percentage (protocol.md §4).
#[must_use]
pub fn more(hint: PartsLeft) -> String {
    match hint.more() {
        (0, _) => "last".to_owned(),
        (least, Some(most)) if least == most => format!("{least} more"),
        (least, Some(most)) => format!("{least}–{most} more"),
        (least, None) => format!("{least}+ more"),
    }
}

/// The same in the fewest cells: `2+ left`.
#[must_use]
pub fn left(hint: PartsLeft) -> String {
    match hint.more() {
        (least, Some(most)) if least == most => format!("{least} left"),
        (least, _) => format!("{least}+ left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_told_as_what_it_is() {
        for (hint, long, short) in [
            (0, "last", "0 left"),
            (1, "1 more", "1 left"),
            (3, "2–3 more", "2+ left"),
            (9, "8–9 more", "8+ left"),
            (255, "254+ more", "254+ left"),
        ] {
            assert_eq!(more(PartsLeft(hint)), long);
            assert_eq!(left(PartsLeft(hint)), short);
        }
    }
}

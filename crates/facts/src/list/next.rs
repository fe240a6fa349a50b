//! When does a peer accept a message?

use std::time::Duration;

use crate::peer::Peer;
use crate::present::Present;
use crate::request::Outcome;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_wire::{Frequency, MessageId, OverlayVersion, PartsLeft};

/// What is known of that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Never asked here: it may accept, or answer 254.
    Unknown,
    /// It would accept the message, as far as our own requests tell.
    Now,
    /// Our own accepted request was the last: exactly then.
    In(Duration),
    /// Another Crawler asked: then at latest.
    AtMost(Duration),
    /// Our last request was lost: then, if the peer counted it.
    IfCounted(Duration),
    /// It answered 254; accepted again in this time, `exact` or at latest.
    NotYet {
        /// In how long.
        left: Duration,
        /// Exactly then; else at the latest.
        exact: bool,
    },
    /// Asked and not answered yet, for so long.
    Waiting(Duration),
    /// Parts are coming.
    Parts {
        /// How many have come.
        have: u32,
        /// What the newest says of those to come.
        hint: PartsLeft,
    },
    /// It closed on the last request, whatever that was: nothing else is to be expected.
    Refused,
    /// Its version does not know the message.
    Needs(OverlayVersion),
}

/// What `peer` makes of a message of this kind, asked with this frequency.
#[must_use]
pub fn cell(
    present: &Present,
    peer: &Peer,
    message: MessageId,
    needs: OverlayVersion,
    frequency: Frequency,
) -> Cell {
    let last = peer.last_of(message);
    if let Some(request) = last.filter(|request| request.in_flight()) {
        return match (request.newest, &request.outcome) {
            (Some(part), Outcome::Waiting) => Cell::Parts { have: part.index, hint: part.hint },
            _ => Cell::Waiting(request.elapsed(present.now)),
        };
    }
    if peer.refuses() {
        return Cell::Refused;
    }
    let was_254 = last.is_some_and(crate::request::Request::was_254);
    let known = present.acceptance(peer, message, frequency);
    match known {
        Acceptance::In(left) if was_254 => Cell::NotYet { left, exact: true },
        Acceptance::AtMost(left) if was_254 => Cell::NotYet { left, exact: false },
        Acceptance::In(left) => Cell::In(left),
        Acceptance::AtMost(left) => Cell::AtMost(left),
        Acceptance::IfCounted(left) => Cell::IfCounted(left),
        Acceptance::Now | Acceptance::Unknown => match peer.version {
            Some(version) if version < needs => Cell::Needs(needs),
            _ if known == Acceptance::Now => Cell::Now,
            _ => Cell::Unknown,
        },
    }
}

//! A swarm whose truth is known.

use std::collections::BTreeSet;

use swarmscope_evidence::signals::input::{End, Round, Text};

/// Two rounds are so far apart.
pub const HOUR_NS: u64 = 3_600_000_000_000;
pub const START_NS: u64 = 1_764_324_000_000_000_000;

/// What a story does to a swarm, and to whom.
pub trait Swarm {
    /// Lets an hour pass, and asks everybody.
    fn next(&mut self) -> Round;

    /// Whether the story has this peer.
    fn has(&self, peer: &str) -> bool;

    /// The peers that the story has now, and that can be reached.
    fn struck(&self) -> BTreeSet<Text>;
}

pub fn text(text: impl AsRef<str>) -> Text {
    text.as_ref().into()
}

pub fn empty(number: u64) -> Round {
    Round { number, at_ns: START_NS + number * HOUR_NS, ..Round::default() }
}

pub fn reply(error: i64, content: &str, shape: &str, bytes: u64) -> End {
    let content = text(content);
    End::Reply {
        error,
        digest: content.clone(),
        content,
        shape: text(shape),
        bytes,
        too_soon_was_due: false,
    }
}

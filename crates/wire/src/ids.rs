//! The small numbers of the protocol as types of their own. Values the protocol does not name
//! survive a round trip.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An overlay version (protocol.md §1): what a peer id announces, and what two peers agree on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct OverlayVersion(pub u16);

impl OverlayVersion {
    /// What the original sends as the lowest version it supports.
    pub const LEGACY_LOWEST: Self = Self(2);
    /// The first version with crawler messages (§1).
    pub const CRAWLER: Self = Self(7);
    /// The last version of the original.
    pub const LEGACY: Self = Self(17);
    /// Ours: TLS 1.3 with raw public keys (§8).
    pub const CURRENT: Self = Self(18);

    /// Whether a connection of this version runs inside TLS.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        self.0 >= Self::CURRENT.0
    }
}

impl fmt::Display for OverlayVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The message-specific id of a crawler message (§5): which question is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct MessageId(pub u8);

impl MessageId {
    /// SQL against the peer's statistics database.
    pub const DATABASE_QUERY: Self = Self(1);
    /// Samples of what the peer seeds.
    pub const SEEDINGSTATS_QUERY: Self = Self(2);
    /// The type of NAT the peer is behind.
    pub const NATCHECK: Self = Self(3);
    /// Friendship requests and their outcomes.
    pub const FRIENDSHIP_STATS: Self = Self(4);
    /// Whether two peers can reach each other by hole punching.
    pub const NATTRAVERSAL: Self = Self(5);
    /// SQL about videos that were played.
    pub const VIDEOPLAYBACK_INFO_QUERY: Self = Self(6);
    /// SQL about what happened while videos were played.
    pub const VIDEOPLAYBACK_EVENT_QUERY: Self = Self(7);
    /// Measurements of swarms by peer exchange.
    pub const REPEX_QUERY: Self = Self(8);
    /// A compressed log of hole punching.
    pub const PUNCTURE_QUERY: Self = Self(9);
    /// SQL about channels.
    pub const CHANNEL_QUERY: Self = Self(10);
    /// SQL about what the user did, without names or contents.
    pub const USEREVENTLOG_QUERY: Self = Self(11);

    /// The ids of §5 with their names, in order.
    pub const NAMED: [(Self, &'static str); 11] = [
        (Self::DATABASE_QUERY, "DATABASE_QUERY"),
        (Self::SEEDINGSTATS_QUERY, "SEEDINGSTATS_QUERY"),
        (Self::NATCHECK, "NATCHECK"),
        (Self::FRIENDSHIP_STATS, "FRIENDSHIP_STATS"),
        (Self::NATTRAVERSAL, "NATTRAVERSAL"),
        (Self::VIDEOPLAYBACK_INFO_QUERY, "VIDEOPLAYBACK_INFO_QUERY"),
        (Self::VIDEOPLAYBACK_EVENT_QUERY, "VIDEOPLAYBACK_EVENT_QUERY"),
        (Self::REPEX_QUERY, "REPEX_QUERY"),
        (Self::PUNCTURE_QUERY, "PUNCTURE_QUERY"),
        (Self::CHANNEL_QUERY, "CHANNEL_QUERY"),
        (Self::USEREVENTLOG_QUERY, "USEREVENTLOG_QUERY"),
    ];

    /// The name §5 gives this id.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(id, _)| *id == self).map(|(_, name)| *name)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A channel id (§4): which outstanding request of one peer a reply belongs to. A Crawler picks
/// 1–255; 0 is legal on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ChannelId(pub u8);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// How often a Crawler means to ask, in seconds (§4). The peer answers 254 to anything sooner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Frequency(pub u16);

impl Frequency {
    /// The original's default (§4).
    pub const DEFAULT: Self = Self(3600);

    /// As a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The parts-left byte of a reply (§4): a hint, not a countdown. Only 0 means complete.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PartsLeft(pub u8);

impl PartsLeft {
    /// The reply is complete with this part.
    pub const LAST: Self = Self(0);

    /// Whether the reply is complete with this part.
    #[must_use]
    pub const fn is_last(self) -> bool {
        self.0 == 0
    }

    /// How many more parts are to come at least and, where it can be known, at most: a hint h ≥ 1
    /// on a part means h − 1 or h more, 1 at least; 255 means 254 or more.
    #[must_use]
    pub const fn more(self) -> (u16, Option<u16>) {
        match self.0 {
            0 => (0, Some(0)),
            1 => (1, Some(1)),
            255 => (254, None),
            h => (h as u16 - 1, Some(h as u16)),
        }
    }
}

/// The error byte of a reply (§4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ErrorByte(pub u8);

impl ErrorByte {
    /// The payload is the answer.
    pub const SUCCESS: Self = Self(0);
    /// The handler failed; the payload says how.
    pub const HANDLER: Self = Self(1);
    /// There is nothing to answer with.
    pub const NO_RESULT: Self = Self(2);
    /// The peer has no handler for this id.
    pub const UNKNOWN_MESSAGE: Self = Self(253);
    /// Asked again too soon.
    pub const FREQUENCY: Self = Self(254);
    /// Has no meaning.
    pub const RESERVED: Self = Self(255);

    /// The name of §4; other values are the handler's own.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::SUCCESS => "success",
            Self::HANDLER => "handler error",
            Self::NO_RESULT => "no result",
            Self::UNKNOWN_MESSAGE => "unknown message",
            Self::FREQUENCY => "frequency error",
            Self::RESERVED => "reserved",
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_named_as_specified() {
        assert_eq!(MessageId::NATCHECK.name(), Some("NATCHECK"));
        assert_eq!(MessageId(0).name(), None);
        assert!(MessageId::NAMED.iter().zip(1..).all(|((id, _), number)| id.0 == number));
        assert_eq!(ErrorByte::FREQUENCY.name(), Some("frequency error"));
        assert_eq!(ErrorByte(7).name(), None);
        assert_eq!(ChannelId(10).to_string(), "0a");
    }

    #[test]
    fn only_version_18_is_encrypted() {
        assert!(!OverlayVersion::LEGACY.is_encrypted());
        assert!(OverlayVersion::CURRENT.is_encrypted());
    }

    #[test]
    fn parts_left_promises_no_more_than_it_knows() {
        assert_eq!(PartsLeft(0).more(), (0, Some(0)));
        assert_eq!(PartsLeft(1).more(), (1, Some(1)));
        assert_eq!(PartsLeft(2).more(), (1, Some(2)));
        assert_eq!(PartsLeft(254).more(), (253, Some(254)));
        assert_eq!(PartsLeft(255).more(), (254, None));
    }
}

//! The fields that a filter can ask for, and what they are of a peer.

use std::fmt::Write as _;

use super::Value;
use super::matching::{Needle, Pattern, is_permid};
use super::number::{BYTES, COUNT, LONG, SHORT, Units};
use crate::peer::{Peer, State};
use crate::present::Present;
use crate::reply_of::{last_error, last_reply};
use crate::words;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Acceptance;

/// A field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// How the way to it is.
    State,
    /// Of which network it is.
    Network,
    /// Who it is.
    Permid,
    /// Its overlay version.
    Version,
    /// Inside TLS or not.
    Transport,
    /// Where it is dialled or dials from.
    Address,
    /// Its type of NAT.
    Nat,
    /// The round trip.
    RoundTrip,
    /// The last thing that failed.
    Error,
    /// How long ago its last reply came.
    Reply,
    /// In how long it accepts the message.
    Next,
    /// Bytes of its last reply.
    Size,
    /// How many requests it was sent.
    Asked,
    /// How many odd things there are about it.
    Signal,
    /// The client of a peer of another network than the overlay.
    Client,
    /// Its label.
    Label,
    /// The operator's note.
    Note,
    /// Whether it is marked.
    Marked,
}

/// What a field's values are.
pub enum Kind {
    Text,
    Number(Units),
    NumberOrText(Units),
    /// One of these words; the bits tell which of the states of a peer each of them means.
    Words(&'static [(&'static str, u32)]),
}

const STATES: &[(&str, u32)] = &[
    ("up", 1 << 2 | 1 << 6),
    ("down", !(1 << 2 | 1 << 6)),
    ("connected", 1 << 2),
    ("answered", 1 << 6),
    ("connecting", 1 << 1),
    ("heard", 1),
    ("waiting", 0b11),
    ("gone", 1 << 3),
    ("refused", 1 << 4),
    ("failed", 1 << 5),
];
const NETWORKS: &[(&str, u32)] = &[("overlay", 1), ("bt", 2), ("dht", 4)];
const TRANSPORTS: &[(&str, u32)] = &[("tls", 1), ("clear", 2), ("legacy", 2), ("none", 4)];
const YES_NO: &[(&str, u32)] = &[("yes", 1), ("no", 2)];

impl Field {
    /// All of them, in the order in which they are proposed.
    pub const ALL: [Self; 18] = [
        Self::State,
        Self::Network,
        Self::Permid,
        Self::Version,
        Self::Transport,
        Self::Address,
        Self::Nat,
        Self::RoundTrip,
        Self::Error,
        Self::Reply,
        Self::Next,
        Self::Size,
        Self::Asked,
        Self::Signal,
        Self::Client,
        Self::Label,
        Self::Note,
        Self::Marked,
    ];

    /// As it is written in a filter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Network => "net",
            Self::Permid => "permid",
            Self::Version => "version",
            Self::Transport => "transport",
            Self::Address => "address",
            Self::Nat => "nat",
            Self::RoundTrip => "rtt",
            Self::Error => "error",
            Self::Reply => "reply",
            Self::Next => "next",
            Self::Size => "size",
            Self::Asked => "asked",
            Self::Signal => "signal",
            Self::Client => "client",
            Self::Label => "label",
            Self::Note => "note",
            Self::Marked => "marked",
        }
    }

    /// What it is of a peer, in a few words.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::State => "up, connecting, answered, gone, refused, failed",
            Self::Network => "overlay, bt, dht",
            Self::Permid => "any of its digits",
            Self::Version => "overlay version",
            Self::Transport => "tls or clear",
            Self::Address => "its address",
            Self::Nat => "NAT type",
            Self::RoundTrip => "round trip",
            Self::Error => "error byte of its last reply, or what failed",
            Self::Reply => "how long ago its last reply came",
            Self::Next => "how long until it accepts the message; none: never asked",
            Self::Size => "bytes of its last reply",
            Self::Asked => "requests to it",
            Self::Signal => "odd or hostile things",
            Self::Client => "bt and dht: the client it names",
            Self::Label => "the demo's label",
            Self::Note => "your note",
            Self::Marked => "yes or no",
        }
    }

    /// The field of this name, or of which it is the beginning where that can be only one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "v" => return Some(Self::Version),
            "peer" | "id" => return Some(Self::Permid),
            "addr" | "ip" | "host" => return Some(Self::Address),
            "network" => return Some(Self::Network),
            "over" => return Some(Self::Transport),
            "is" => return Some(Self::State),
            _ => {}
        }
        let mut all = Self::ALL.into_iter().filter(|field| field.name().starts_with(&name));
        let exact = Self::ALL.into_iter().find(|field| field.name() == name);
        exact.or_else(|| all.next().filter(|_| all.next().is_none()))
    }

    /// What its values are.
    #[must_use]
    pub const fn holds(self) -> Kind {
        match self {
            Self::State => Kind::Words(STATES),
            Self::Network => Kind::Words(NETWORKS),
            Self::Transport => Kind::Words(TRANSPORTS),
            Self::Marked => Kind::Words(YES_NO),
            Self::Permid | Self::Address | Self::Nat | Self::Client | Self::Label | Self::Note => {
                Kind::Text
            }
            Self::Version | Self::Asked | Self::Signal => Kind::Number(COUNT),
            Self::RoundTrip => Kind::Number(SHORT),
            Self::Reply | Self::Next => Kind::Number(LONG),
            Self::Size => Kind::Number(BYTES),
            Self::Error => Kind::NumberOrText(COUNT),
        }
    }

    /// What can stand behind its name.
    #[must_use]
    pub fn possible(self) -> String {
        let examples = match self {
            Self::Version => "17, >=13, 13..17, none",
            Self::RoundTrip => ">200ms, <1s, 5..20ms, none",
            Self::Error => "254, >0, tcp, timeout, any, none",
            Self::Reply => "<30s, >10min, any, none",
            Self::Next => "now, <10min, >1h, any, none (never asked here)",
            Self::Size => ">10KiB, <1MiB, any, none",
            Self::Asked | Self::Signal => "0, >0, 2..5",
            Self::Permid => "9f3a, its hexadecimal digits; or all of its base64",
            Self::Nat => "symmetric, none, any",
            Self::Address => "127.0.0.1, :7760",
            Self::Client | Self::Label | Self::Note => {
                "a word, \"some words\", /a pattern/, any, none"
            }
            Self::State | Self::Network | Self::Transport | Self::Marked => "",
        };
        let Kind::Words(words) = self.holds() else { return examples.to_owned() };
        words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    }

    /// Whether this is its value of a peer.
    pub(super) fn is(self, value: &Value, facts: &Present, peer: &Peer) -> bool {
        match value {
            Value::None => !self.known(facts, peer),
            Value::Any => self.known(facts, peer),
            Value::Number(test) => {
                self.number(facts, peer).is_some_and(|number| test.holds(number))
            }
            Value::Text(needle) => self.contains(needle, facts, peer),
            Value::Pattern(pattern) => self.matches(pattern, facts, peer),
            Value::Words(mask) => self.bit(facts, peer) & mask != 0,
        }
    }

    fn known(self, facts: &Present, peer: &Peer) -> bool {
        match self {
            Self::Permid => peer.permid().is_some(),
            Self::Address => peer.address.is_some(),
            Self::Error => {
                last_error(peer).is_some()
                    || self.number(facts, peer).is_some_and(|error| error > 0)
            }
            Self::Nat => peer.nat.is_some(),
            Self::Client => client(peer).is_some(),
            Self::Label => peer.label.is_some(),
            Self::Note => facts.note(peer).is_some(),
            Self::State | Self::Network | Self::Transport | Self::Marked => true,
            Self::Asked | Self::Signal => self.number(facts, peer).is_some_and(|number| number > 0),
            Self::Version | Self::RoundTrip | Self::Reply | Self::Next | Self::Size => {
                self.number(facts, peer).is_some()
            }
        }
    }

    fn number(self, facts: &Present, peer: &Peer) -> Option<u64> {
        let micros =
            |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        match self {
            Self::Version => peer.version.map(|version| version.0.into()),
            Self::RoundTrip => peer.rtt.map(micros),
            Self::Error => last_reply(peer).map(|(_, reply)| reply.error.0.into()),
            Self::Reply => last_reply(peer).map(|(_, reply)| micros(facts.since(reply.at))),
            Self::Size => last_reply(peer).map(|(_, reply)| reply.bytes as u64),
            Self::Next if !peer.connected() => None,
            Self::Next => match facts.acceptance(peer, facts.message, facts.frequency) {
                Acceptance::Unknown => None,
                known => Some(known.wait().map_or(0, micros)),
            },
            Self::Asked => Some(peer.requests.len() as u64),
            Self::Signal => Some(peer.signals.into()),
            _ => None,
        }
    }

    fn bit(self, facts: &Present, peer: &Peer) -> u32 {
        match self {
            Self::State => match peer.state {
                State::Heard => 1,
                State::Connecting { .. } => 1 << 1,
                State::Connected { .. } => 1 << 2,
                State::Gone { .. } => 1 << 3,
                State::Refused { .. } => 1 << 4,
                State::Failed { .. } => 1 << 5,
                State::Answered { .. } => 1 << 6,
            },
            Self::Network => match peer.network() {
                Network::Overlay => 1,
                Network::BitTorrent => 2,
                Network::Dht => 4,
            },
            Self::Transport => match (peer.transport, peer.version) {
                (Some(swarmscope_peer::node::Transport::Tls), _) => 1,
                (Some(swarmscope_peer::node::Transport::Legacy), _) => 2,
                (None, Some(version)) => {
                    if version.is_encrypted() {
                        1
                    } else {
                        2
                    }
                }
                (None, None) => 4,
            },
            Self::Marked => {
                if facts.peers.is_marked(&peer.key) {
                    1
                } else {
                    2
                }
            }
            _ => 0,
        }
    }

    fn contains(self, needle: &Needle, facts: &Present, peer: &Peer) -> bool {
        match self {
            Self::Permid => peer.permid().is_some_and(|permid| is_permid(needle, &permid)),
            Self::Nat => peer.nat.as_deref().is_some_and(|nat| needle.names(nat)),
            _ => self.with_text(facts, peer, |text| needle.is_in(text)),
        }
    }

    fn matches(self, pattern: &Pattern, facts: &Present, peer: &Peer) -> bool {
        self.with_text(facts, peer, |text| pattern.is_in(text))
    }

    /// Whether the field's text, or one of them, is what it should be.
    fn with_text(self, facts: &Present, peer: &Peer, is: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Permid => {
                peer.permid().is_some_and(|permid| is(&permid.hex()) || is(&permid.to_string()))
            }
            Self::Address => with_address(facts, peer, is),
            Self::Nat => peer.nat.as_deref().is_some_and(is),
            Self::Client => client(peer).is_some_and(is),
            Self::Label => peer.label.as_deref().is_some_and(is),
            Self::Note => facts.note(peer).is_some_and(is),
            Self::Error => last_error(peer).is_some_and(|failure| {
                is(failure.cause.code())
                    || is(failure.cause.text())
                    || is(&words::brief(failure.cause))
            }),
            _ => false,
        }
    }
}

/// Whether one of a peer's addresses is what it should be; nobody's is where addresses are hidden.
pub fn with_address(facts: &Present, peer: &Peer, is: impl Fn(&str) -> bool) -> bool {
    if facts.privacy {
        return false;
    }
    let mut text = String::new();
    if let Some(address) = peer.address {
        let _ = write!(text, "{address}");
        if is(&text) {
            return true;
        }
    }
    matches!(&peer.key, swarmscope_peer::node::PeerKey::Address(address) if is(address))
}
/// The client, or the `v`, of a peer of another network than the overlay.
pub(super) fn client(peer: &Peer) -> Option<&str> {
    peer.other.as_ref()?.program()
}

//! The columns of the list: what can be said of each peer.

use std::fmt;
use std::str::FromStr;

use swarmscope_wire::MessageId;

/// Something that the list can say of each peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Column {
    /// Connected, connecting, gone, refused, failed.
    State,
    /// Who it is.
    Permid,
    /// How many odd things there are about it.
    Signals,
    /// Of which network it is.
    Network,
    /// Its overlay version.
    Version,
    /// Inside TLS or not.
    Transport,
    /// The client of a peer of another network than the overlay, as it names itself.
    Client,
    /// How many requests a BitTorrent peer queues.
    Queue,
    /// Whether a DHT node's id follows from its address.
    Bep42,
    /// How far a DHT node is from the target in the composer.
    Distance,
    /// Where it is dialled or dials from.
    Address,
    /// The round trip.
    RoundTrip,
    /// Its type of NAT.
    Nat,
    /// When the last reply came, and what it was.
    Reply,
    /// Its label.
    Label,
    /// The operator's note.
    Note,
    /// The last thing that failed.
    Error,
    /// When it accepts the composer's message.
    Next,
    /// When it accepts another one.
    NextOf(MessageId),
}

impl Column {
    /// All but those for a message of their own.
    pub const NAMED: [Self; 18] = [
        Self::State,
        Self::Permid,
        Self::Signals,
        Self::Network,
        Self::Version,
        Self::RoundTrip,
        Self::Nat,
        Self::Transport,
        Self::Client,
        Self::Queue,
        Self::Bep42,
        Self::Distance,
        Self::Address,
        Self::Reply,
        Self::Label,
        Self::Note,
        Self::Error,
        Self::Next,
    ];

    /// What it shows, in a line.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::State => "connected, connecting, gone, refused, failed",
            Self::Permid => "digits of its permid or node id, else its address",
            Self::Network => "overlay, bt or dht",
            Self::Signals => "odd or hostile: open to read why",
            Self::Version => "overlay version, tls or clear; else its client",
            Self::Transport => "tls or clear",
            Self::Client => "bt and dht: its client, as it names itself",
            Self::Queue => "bt: requests it queues (reqq), from HELLO",
            Self::Bep42 => "dht: whether its id follows from its address",
            Self::Distance => "dht: how far from the composer's target, as a power of two",
            Self::Address => "address it is dialled at or dials from",
            Self::RoundTrip => "round trip",
            Self::Nat => "NAT type, from its newest NATCHECK reply",
            Self::Reply => "time and outcome of its last reply",
            Self::Label => "the demo's label",
            Self::Note => "your note",
            Self::Error => "its last failure",
            Self::Next => "when it accepts the composer's message",
            Self::NextOf(_) => "when it accepts this message",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "state",
            Self::Permid => "peer",
            Self::Signals => "signals",
            Self::Network => "net",
            Self::Version => "version",
            Self::Transport => "transport",
            Self::Client => "client",
            Self::Queue => "reqq",
            Self::Bep42 => "BEP 42",
            Self::Distance => "distance",
            Self::Address => "address",
            Self::RoundTrip => "round trip",
            Self::Nat => "NAT",
            Self::Reply => "last reply",
            Self::Label => "label",
            Self::Note => "note",
            Self::Error => "error",
            Self::Next => "next",
            Self::NextOf(message) => return write!(f, "next {message}"),
        })
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(message) = text.strip_prefix("next ").and_then(|number| number.parse().ok()) {
            return Ok(Self::NextOf(MessageId(message)));
        }
        let names = || Self::NAMED.map(|column| column.to_string()).join(", ");
        Self::NAMED
            .into_iter()
            .find(|column| column.to_string().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("no such column; use {}, or next N for message N", names()))
    }
}

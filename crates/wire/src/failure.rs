//! Why a connection or a request failed: phase × cause × who ended it × whether the request may
//! have been delivered.
//!
//! The table in `causes.rs` lists every cause once, with a stable code that scripts may rely on and
//! a hint that says what to do next. The particulars of one case (the version, the permid, the
//! number of parts) are in [`Failure::detail`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::serial;

mod causes;

pub use causes::Cause;

/// The rungs of the ladder from an address to a reply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Binding, files: nothing of it concerns a peer.
    Local,
    /// From a host name to addresses.
    Resolve,
    /// From an address to a connection.
    Tcp,
    /// A datagram that arrives anywhere (DHT).
    Udp,
    /// Message Stream Encryption, where plain connections are refused (BitTorrent).
    Mse,
    /// 68 bytes each way (§1).
    Handshake,
    /// The extension handshake (BEP 10).
    Extensions,
    /// An answer of a DHT node, whatever it says (BEP 5).
    Answer,
    /// Whether the node is the one that was asked for.
    Id,
    /// Whether the two sides have a version in common (§1).
    Version,
    /// Who the other side is (§3, §8).
    Authentication,
    /// The request on its way: local refusals, and the peer's allow-list as far as it can be told.
    Request,
    /// From the first part to the last.
    Reply,
    /// An authenticated connection outside any request.
    Open,
}

impl Phase {
    /// The rungs that a dialled connection climbs, in order.
    pub const LADDER: [Self; 7] = [
        Self::Resolve,
        Self::Tcp,
        Self::Handshake,
        Self::Version,
        Self::Authentication,
        Self::Request,
        Self::Reply,
    ];

    /// The rungs from an address to the reply of a BitTorrent peer.
    pub const BITTORRENT: [Self; 6] =
        [Self::Resolve, Self::Tcp, Self::Mse, Self::Handshake, Self::Extensions, Self::Reply];
    /// The rungs from an address to the reply of a DHT node.
    pub const DHT: [Self; 5] = [Self::Resolve, Self::Udp, Self::Answer, Self::Id, Self::Reply];

    /// The word for it in messages, JSON and codes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Mse => "mse",
            Self::Handshake => "handshake",
            Self::Extensions => "extensions",
            Self::Answer => "answer",
            Self::Id => "id",
            Self::Version => "version",
            Self::Authentication => "authentication",
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Open => "open",
        }
    }
}

/// Who ended it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// This program, for a reason of its own.
    Us,
    /// The other side.
    Peer,
    /// Neither on purpose: the network, the operating system.
    Network,
}

impl By {
    /// The word for it in exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Peer => "peer",
            Self::Network => "network",
        }
    }
}

/// Whether the peer may have got the request: if so it may have counted it, and a retry can meet
/// 254.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// It never left this program whole.
    No,
    /// It was handed to the operating system; nothing more is known.
    Maybe,
    /// A part of the reply came.
    Yes,
}

/// The exit codes of cli.md that failures map to.
pub mod exit {
    /// Something on this machine: a file, an address to bind.
    pub const LOCAL: u8 = 1;
    /// No connection was made.
    pub const CONNECT: u8 = 3;
    /// Handshake, version or authentication failed.
    pub const AUTHENTICATE: u8 = 4;
    /// The connection ended before the reply did.
    pub const CLOSED: u8 = 5;
    /// A deadline passed.
    pub const TIMEOUT: u8 = 6;
    /// Stopped by the operator.
    pub const INTERRUPTED: u8 = 130;
}

/// By its code, which is stable; its variant's name is not.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let named = |code: &str| Self::ALL.iter().find(|cause| cause.code() == code).copied();
        serial::text(from, |code| {
            named(code).ok_or_else(|| format!("no failure has the code {code:?}"))
        })
    }
}

/// One failure, with everything a person or a script needs of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// Who ended it.
    pub by: By,
    /// Whether the peer may have counted the request.
    pub delivered: Delivered,
    /// The particulars, in words, free of control characters; may be empty.
    pub detail: String,
}

impl Failure {
    /// A failure before anything was delivered.
    #[must_use]
    pub fn new(cause: Cause, by: By, detail: impl Into<String>) -> Self {
        Self { cause, by, delivered: Delivered::No, detail: detail.into() }
    }

    /// The same failure of a request that may have arrived.
    #[must_use]
    pub const fn delivered(mut self, delivered: Delivered) -> Self {
        self.delivered = delivered;
        self
    }

    /// The rung of the ladder it belongs to.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.cause.phase()
    }

    /// What failed, with its particulars; as the text of the whole failure, but without its phase.
    #[must_use]
    pub fn words(&self) -> String {
        match self.detail.as_str() {
            "" => self.cause.text().to_owned(),
            detail => format!("{}: {detail}", self.cause.text()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.phase().name(), self.words())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_cause_has_its_own_code_under_its_phase_and_a_hint() {
        let mut codes = HashSet::new();
        for cause in Cause::ALL {
            assert!(codes.insert(cause.code()), "{} stands twice", cause.code());
            let (phase, what) = cause.code().split_once('.').expect("phase.what");
            assert_eq!(phase, cause.phase().name());
            assert!(!what.is_empty() && !cause.text().is_empty() && !cause.hint().is_empty());
        }
    }
}

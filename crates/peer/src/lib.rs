#![doc = include_str!("../README.md")]
//! # Modules
//!
//! Each uses only those above it in this list:
//!
//! | module | what it is |
//! |---|---|
//! | [`files`] | opening files that must make nobody wait |
//! | [`identity`] | keys, key files, the allow-list |
//! | [`session`] | one connection's life as a state machine |
//! | [`crawler`] | channels, parts, the frequency gate, schedules, BuddyCast rounds |
//! | [`overlay`] | sockets and TLS, one task a connection |
//! | [`node`] | a whole peer or Crawler |
//!
//! What signatures name stands at the crate's root, too.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(test)]
mod at_rest;
pub mod crawler;
pub mod files;
pub mod identity;
pub mod node;
pub mod overlay;
pub mod session;
pub mod weighed;

pub use crawler::{
    Acceptance, Answer, AnyProbe, Ask, Asked, Budgets, Decoding, Direction, Event, Origin, PeerKey,
    PeerView, Probe, Question, Receipt, Recipient, Registry, ReplyDecodeError, Source, Target,
    TargetError, Ticket, Transport, decode_reply,
};
pub use identity::{Ed25519Identity, Identities, LegacyIdentity};
pub use node::{Asking, Connecting, Node, NodeBuilder, NodeConfig, Part, Reply};
pub use overlay::{Limits, Served};
pub use swarmscope_wire::failure::{By, Cause, Failure, Phase};
pub use swarmscope_wire::{Decoded, ErrorByte, Frequency, MessageId, OverlayVersion, Permid};

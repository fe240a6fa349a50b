#![doc = include_str!("../README.md")]
//! # What there is
//!
//! | for | there is |
//! |---|---|
//! | both | [`Node`] and its [`NodeBuilder`] or [`NodeConfig`], [`Event`]s, [`Limits`] |
//! | a peer | [`Probe`]s, or closures: they are [`Asked`], and give an [`Answer`] |
//! | a Crawler | [`Ask`] a [`Target`]: [`Asking`] gives [`Part`]s and the [`Reply`], or a [`Failure`] |
//! | keys and allow-lists | [`identity`] |
//! | requests with names and fields, replies that read | [`question`], in a [`Registry`] |
//! | watching connections | [`trace`] |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(test)]
mod at_rest;
#[doc(hidden)] // for the program's own crates; no promise
pub mod crawler;
#[doc(hidden)] // for the program's own crates; no promise
pub mod files;
pub mod identity;
pub mod limits;
#[doc(hidden)] // for the program's own crates; no promise
pub mod node;
#[doc(hidden)] // for the program's own crates; no promise
pub mod overlay;
pub mod question;
#[doc(hidden)] // for the program's own crates; no promise
pub mod session;
pub mod trace;
#[doc(hidden)] // for the program's own crates; no promise
pub mod weighed;

pub use crawler::{
    Answer, AnyProbe, Ask, Asked, Direction, Event, Origin, PeerKey, PeerView, Probe, Receipt,
    Registry, Reply, Source, Target, TargetError, Ticket, Transport,
};
pub use identity::{Ed25519Identity, Identities, LegacyIdentity};
pub use limits::{Limit, Limits, Meter};
pub use node::{Asking, Connecting, Events, Node, NodeBuilder, NodeConfig, Part};
pub use overlay::KeyLog;
pub use session::Timeouts;
pub use swarmscope_wire::failure::{By, Cause, Failure, Phase};
pub use swarmscope_wire::frame::FrameId;
pub use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

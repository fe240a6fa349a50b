//! Bytes to types and back, with no I/O, no clock and no randomness. Implements protocol.md §1–§4,
//! §6 and §7.
//!
//! * **A connection**: [`handshake`], then [`frame`]s, whose bodies are the messages of [`auth`],
//!   [`crawler`] and [`buddycast`]. Types hold values, never the bytes they were read from, so that
//!   what is shown is what was understood.
//! * **A reply**: [`formats`] recognizes [`bencode`], [`encoding_a`], [`pickle`] and [`inflate`]d
//!   text and makes a [`Decoded`]: one [`tree`] for people, one JSON value for programs, both from
//!   the same values. [`ContentId`] tells whether two replies say the same.
//! * **An identity**: [`Permid`] is a public key; [`identity`] has the secret ones and allow-lists.
//! * **For people**: [`text`] removes what must not reach a terminal, [`mask`] hides names and
//!   addresses, [`trace`] and [`anatomy`] cut a recorded stream into pieces and fields.
//! * **When it goes wrong**: every [`failure`] has a stable code, a cause and a next step.
//!
//! Bounds that hold for every decoder are in [`limits`].
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "observer")]
pub mod anatomy;
pub mod auth;
pub mod bencode;
#[cfg(feature = "observer")]
pub mod bittorrent;
pub mod buddycast;
mod content;
pub mod crawler;
#[cfg(feature = "observer")]
pub mod csv;
mod decoded;
pub mod dialback;
pub mod encoding_a;
pub mod failure;
mod float;
pub mod formats;
pub mod frame;
pub mod handshake;
pub mod identity;
mod ids;
pub mod inflate;
pub mod integer;
mod json;
#[cfg(feature = "observer")]
pub mod krpc;
pub mod limits;
#[cfg(feature = "observer")]
pub mod mask;
mod note;
mod permid;
pub mod pickle;
pub mod reader;
pub mod rows;
pub mod serial;
mod shape;
#[cfg(test)]
mod testing;
pub mod text;
pub mod trace;
pub mod tree;

pub use content::{ContentId, Sha256Sum};
pub use decoded::Decoded;
pub use ids::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft};
pub use note::{Note, NoteKind};
pub use permid::{Permid, PermidError, PermidKind};

/// The examples of the README run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

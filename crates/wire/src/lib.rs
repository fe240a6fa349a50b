//! Bytes to types and back, with no I/O, no clock and no keys. Implements protocol.md §1–§4, §6 and §7.
//!
//! Connections begin with a [`handshake`]; then [`frame`]s follow, whose bodies are the messages of [`auth`], [`crawler`] and
//! [`buddycast`]. Types hold values, never the bytes they were read from, so that what is shown is what was understood.
//!
//! Payloads of replies are read by [`formats`], which knows [`bencode`], [`encoding_a`], [`pickle`] and [`inflate`]; every value
//! becomes one [`tree`] for people and one [`json`] value for programs, both made from its [`shape`]; whether two replies say the
//! same is told by [`content`]. What people see of a peer's text has passed [`text`]; what it says of other people passes [`mask`]
//! before it is shown in privacy mode or kept. What passes over a connection is cut into pieces for those who watch it by [`trace`], and
//! into fields by [`anatomy`].
//! Bounds that hold everywhere are in [`limits`].
#![forbid(unsafe_code)]

pub mod anatomy;
pub mod auth;
pub mod bencode;
pub mod buddycast;
pub mod content;
pub mod crawler;
pub mod decoded;
pub mod encoding_a;
pub mod failure;
pub mod float;
pub mod formats;
pub mod frame;
pub mod handshake;
pub mod identity;
pub mod ids;
pub mod inflate;
pub mod integer;
pub mod json;
pub mod limits;
pub mod mask;
pub mod permid;
pub mod pickle;
pub mod reader;
pub mod serial;
pub mod shape;
#[cfg(test)]
mod testing;
pub mod text;
pub mod trace;
pub mod tree;

pub use content::ContentId;
pub use decoded::Decoded;
pub use ids::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft};
pub use permid::{Permid, PermidKind};

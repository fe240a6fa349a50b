//! Bytes to types and back, with no I/O, no clock and no keys. Implements protocol.md §1–§4, §6 and §7.

pub mod auth;
pub mod buddycast;
pub mod crawler;
pub mod decoded;
pub mod frame;
pub mod handshake;
pub mod ids;
pub mod permid;
pub mod tree;

pub use decoded::Decoded;
pub use ids::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft};
pub use permid::{Permid, PermidKind};

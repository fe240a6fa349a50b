//! A whole peer or Crawler of the overlay: what a program depends on that wants to be asked, or to ask.
//!
//! The modules, each of which uses only those above it in this list:
//!
//! | module | what it is |
//! |---|---|
//! | [`files`] | opening files that must make nobody wait |
//! | [`identity`] | keys, key files, the allow-list |
//! | [`session`] | one connection's life as a state machine |
//! | [`crawler`] | channels, parts, the frequency gate, schedules, BuddyCast rounds |
//! | [`overlay`] | sockets and TLS, one task a connection |
//! | [`node`] | a whole peer or Crawler |
#![forbid(unsafe_code)]

pub mod crawler;
pub mod files;
pub mod identity;
pub mod node;
pub mod overlay;
pub mod session;

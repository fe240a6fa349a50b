//! swarmscope: remote debugging of peer-to-peer overlays.
//!
//! A Crawler, known by its public key, connects to peers over an overlay swarm and asks them
//! questions with CRAWLER_REQUEST / CRAWLER_REPLY messages. This crate holds both sides of that
//! protocol and the terminal program that shows it.
//!
//! The modules, each of which uses only those above it in this list:
//!
//! | module | what it is |
//! |---|---|
//! | [`wire`] | bytes to types and back: handshake, frames, messages, bencode, encoding "a", pickle as data |
//! | [`identity`] | keys, key files, the allow-list |
//! | [`failure`] | why a connection or a request failed: phase, cause, who, and what to do next |
//! | [`session`] | one connection's life as a state machine |
//! | [`crawler`] | channels, parts, the frequency gate, schedules, BuddyCast rounds |
//! | [`overlay`] | sockets and TLS, one task a connection |
//! | [`nat`] | what lies between a peer and the network: NAT behaviour discovery over STUN, rendezvous |
//! | [`probes`] | one file a message-specific id |
//! | [`node`] | a whole peer or Crawler |
//! | [`app`] | the interactive model, a pure fold |
//! | [`tui`] | the terminal: draws the model |
//! | [`demo`] | a swarm of real peers on loopback |
//! | [`cli`] | the sub-commands |
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod crawler;
pub mod demo;
pub mod failure;
pub mod identity;
pub mod nat;
pub mod node;
pub mod overlay;
pub mod probes;
pub mod session;
pub mod tui;
pub mod wire;

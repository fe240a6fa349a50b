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
//! | [`screen`] | the interactive model, a pure fold |
//! | [`tui`] | the terminal: draws the model |
//! | [`demo`] | a swarm of real peers on loopback |
//! | [`cli`] | the sub-commands |
#![forbid(unsafe_code)]

pub mod cli;
pub mod demo;
pub mod screen;
pub mod tui;

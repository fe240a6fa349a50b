//! The program as others run it: real processes, their exit codes and their JSON events, as cli.md
//! promises them. Where a peer has to do what `swarmscope peer` never does, it is a node in this
//! process.
#![allow(clippy::disallowed_methods)] // tests of processes live in the world

mod case;
mod case_networks;
mod check;
mod clocks;
mod completions;
mod config;
mod crawl;
mod demo;
mod dht;
mod documents;
mod embed;
mod hostile_files;
mod key;
mod misplaced;
mod nat;
mod outputs;
mod owners;
mod pair;
mod peer;
#[path = "../../crates/store/tests/server/mod.rs"]
mod postgres;
mod privacy;
mod probes;
mod process;
mod rendezvous;
mod request;
mod schema;
mod signals;
mod strangers;
mod tour;
mod unread;
mod wireshark;

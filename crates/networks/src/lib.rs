#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod address;
pub mod answer;
pub mod bittorrent;
pub mod dht;
pub mod exchange;
pub mod outside;
pub mod question;
pub mod random;
pub mod reach;
pub mod rendezvous;
pub mod simulated;
pub mod sockets;
pub mod target;

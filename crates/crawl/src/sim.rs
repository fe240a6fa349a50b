//! A swarm of tens of thousands of real overlay peers in one process, whose truth is known: for
//! tests, benches and classes.
//!
//! One listening socket serves every address of 127.0.0.0/8: a peer is known by the address that is
//! dialled. Handshake, TLS, frames, BuddyCast and NATCHECK are the real ones; what each peer is
//! follows from the seed ([`world`]).

pub mod nat_check;
pub mod rehearsal;
pub mod server;
pub mod world;

pub use nat_check::NatCheck;
pub use rehearsal::{Rehearsal, Rest};
pub use server::{Served, Simulator};
pub use world::{Kind, World};

//! A swarm of real peers on loopback, and a short tour of it.
//!
//! Every peer is a whole [`Node`](swarmscope_peer::node::Node) with an identity, a listener and
//! connections of its own. What imitates nature (a slow line, a NAT, a peer that goes away) is
//! played by the peer itself, see [`Role`], and labelled `simulated`. The screen's node
//! learns of the swarm only through its own connections: it starts with the addresses of one or two
//! peers.
#![allow(clippy::disallowed_methods)] // peers that play take their time by the clock

mod cascade;
mod cast;
mod changed;
mod dead_ends;
mod nats;
mod peer;
mod played;
mod records;
mod scenario;
mod seeded;
mod stage;
mod statistics;
mod steps;
mod strangers;
mod swarm;
mod tables;
mod tour;
mod worm;

pub use cast::Role;
pub use nats::Nats;
pub use peer::DemoPeer;
pub use scenario::Scenario;
pub use stage::{Stage, stage};
pub use strangers::{Clients, Lab, Strangers, WhySimulated};
pub use swarm::{Swarm, SwarmConfig};
pub use tour::Reading;

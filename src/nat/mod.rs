//! What lies between a peer and the network (protocol.md §5, NATCHECK and NATTRAVERSAL).

pub mod axis;
pub mod discovery;
pub mod ids;
pub mod report;
pub mod retransmit;
mod scope;
pub mod server;
pub mod stun;

pub use axis::{Axis, Confidence};
pub use report::{LegacyType, NatReport};

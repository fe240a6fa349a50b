//! What lies between a peer and the network (protocol.md §5, NATCHECK and NATTRAVERSAL).

pub mod axis;
pub mod client;
pub mod discovery;
pub mod ids;
#[cfg(target_os = "linux")]
pub mod lab;
pub mod report;
pub mod retransmit;
mod scope;
pub mod server;
pub mod stun;
pub mod tester;
mod udp;

pub use axis::{Axis, Confidence};
pub use client::{NatError, Settings, ladder, measure};
pub use report::{LegacyType, NatReport};
pub use server::StunServer;
pub use tester::NatTester;

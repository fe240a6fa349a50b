//! What lies between a peer and the network (protocol.md §5, NATCHECK and NATTRAVERSAL).
//!
//! * [`discovery`]: the tests of RFC 5780 as a pure state machine; [`client`] runs it over sockets,
//!   [`tester`] shares one run among all who ask. The result is a [`NatReport`] of [`axis`]es, each
//!   with its confidence; [`reply`] is its form on the wire.
//! * [`server`]: a STUN server with two addresses, for labs and the demo.
//! * [`rendezvous`]: hole punching between two peers, the Crawler's side and the peer's.
//! * [`lab`]: real NATs on one Linux machine, to test all of it.
//! * [`stun`], [`retransmit`] and [`ids`]: the protocol under it, RFC 8489.

pub mod axis;
pub mod client;
pub mod discovery;
pub mod ids;
#[cfg(target_os = "linux")]
pub mod lab;
pub mod pairing;
pub mod rendezvous;
pub mod reply;
pub mod report;
pub mod retransmit;
mod scope;
pub mod server;
pub mod stun;
pub mod tester;
mod udp;

pub use axis::{Axis, Confidence};
pub use client::{NatError, Settings, ladder, measure};
pub use discovery::MAX_SERVERS;
pub use rendezvous::{Invitation, InvitationError, Rendezvous, Traversed, punch, resolve};
pub use report::{LegacyType, NatReport};
pub use server::StunServer;
pub use tester::NatTester;

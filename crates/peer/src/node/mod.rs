//! A whole peer or Crawler: engine, overlay, probes and configuration put together.
//!
//! ```text
//!   Node (handle) ── commands ──►┌─────────┐── outputs ──► Overlay, one task a connection
//!   reader ◄── events ── outlet ─│ actor:  │◄── events ─── (waits while the actor doesn't read)
//!   probes ◄── requests ─────────│ engine  │
//!          ── answers ──────────►└─────────┘◄── the allow-list's file
//! ```
#![allow(clippy::disallowed_methods, reason = "the node lives in the world: it has a clock, tasks and randomness")]

mod actor;
mod allowed;
mod answering;
pub mod event;
pub mod handle;
pub mod outlet;
#[cfg(test)]
#[cfg(feature = "legacy")] // they speak both versions
mod tests;

pub use crate::crawler::{Ask, SocketId, Target, TargetError, Trace, Traced};
pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use handle::{Node, NodeConfig};

//! A whole peer or Crawler: engine, overlay, probes and configuration put together.
//!
//! ```text
//!   Node (handle) ── commands ──►┌─────────┐── outputs ──► Overlay, one task a connection
//!   reader ◄── events ── outlet ─│ actor:  │◄── events ─── (waits while the actor doesn't read)
//!   probes ◄── requests ─────────│ engine  │
//!          ── answers ──────────►└─────────┘◄── the allow-list's file
//! ```
#![allow(
    clippy::disallowed_methods,
    reason = "the node lives in the world: it has a clock, tasks and randomness"
)]

mod actor;
mod allowed;
mod answering;
mod asking;
mod builder;
mod command;
mod config;
pub mod event;
mod events;
pub mod handle;
pub mod outlet;
mod readers;
mod reply;
#[cfg(test)]
#[cfg(feature = "legacy")] // they speak both versions
mod tests;
mod turns;
mod waiting;

pub use crate::crawler::{Ask, Reply, SocketId, Target, TargetError, Trace, Traced};
pub use asking::{Asking, Connecting};
pub use builder::NodeBuilder;
pub use config::NodeConfig;
pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use events::Events;
pub use handle::Node;
pub use readers::{Read, Readers, read_at_once};
pub use reply::Part;

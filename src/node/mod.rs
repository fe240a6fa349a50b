//! A whole peer or Crawler: engine, overlay, probes and configuration put together.

pub mod event;
pub mod handle;

pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use handle::{Ask, Node, NodeConfig, Target, TargetError};

//! A whole peer or Crawler: engine, overlay, probes and configuration put together.

pub mod event;
pub mod handle;

pub use crate::crawler::{Ask, Target, TargetError};
pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use handle::{Node, NodeConfig};

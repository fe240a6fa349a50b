//! The rules of the Crawler protocol with no I/O and no clock (protocol.md §4, §5, §7): both sides of it.

pub mod ask;
pub mod conn;
pub mod event;
pub mod probe;
pub mod target;

pub use ask::Ask;
pub use conn::{AttemptId, ConnId};
pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use probe::{Answer, Asked, PeerView, Probe, Registry};
pub use target::{Target, TargetError};

//! The rules of the Crawler protocol with no I/O and no clock (protocol.md §4, §5, §7): both sides of it.

pub mod probe;

pub use probe::{Answer, Asked, PeerView, Probe, Registry};

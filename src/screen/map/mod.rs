//! The map of the swarm: one cell a peer, in the order in which they became known.

pub(in crate::screen) mod acts;
pub mod sheet;

pub use sheet::Sheet;

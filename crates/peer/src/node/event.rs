//! What a node tells those who watch it: the engine's events, which are defined where they arise.

pub use crate::crawler::event::*;

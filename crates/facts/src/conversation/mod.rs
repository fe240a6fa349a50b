//! What passed over the connections of each peer, line by line, as far as it stays in memory.
//!
//! Lines come from the node's [`Traced`](swarmscope_peer::crawler::Traced) steps, and from what the
//! engine concluded: a deadline that passed. Every peer has a budget
//! of lines and bytes, and so has the screen; the oldest are let go first, and how many were is
//! said.

mod channels;
mod climb;
mod line;
mod store;

pub use climb::{Attempt, Climb, Step};
pub use line::{Line, Of, What};
pub use store::{Conversation, Conversations};

#[cfg(test)]
mod tests;

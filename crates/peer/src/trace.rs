//! For those who watch: what passes over a connection, step by step. See
//! [`Node::trace`](crate::Node::trace).

pub use crate::crawler::{SocketId, Trace, Traced};
pub use swarmscope_wire::trace::{Kind, Piece};

//! What may be asked of a BitTorrent peer, with no I/O.

mod conversation;

pub use conversation::{Conversation, ConversationError, Heard};

//! For those who ask: what can be asked, how a reply reads, and when a peer accepts an id again.
//!
//! A program that sends payloads of its own and reads replies by itself needs none of this.

pub use crate::crawler::field::{Field, Kind, Value};
pub use crate::crawler::{
    Acceptance, AcceptanceLog, Decoding, Question, Recipient, ReplyDecodeError, decode_reply,
};
pub use swarmscope_wire::Decoded;

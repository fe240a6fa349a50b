//! The rules of the Crawler protocol with no I/O and no clock (protocol.md §4, §5, §7): both sides
//! of it.
//!
//! [`Engine`] is the whole of it: inputs with their time in, outputs and the next deadline out
//! (`io`). Its parts:
//!
//! | file | what it is |
//! |---|---|
//! | `requests`, `channels`, `used`, `budget` | Crawler side: requests, their channels, those used before, and what their replies may take |
//! | `schedule` | Crawler side: initiators that run by themselves |
//! | `backend`, `gate`, `roles`, `replies`, `receipts` | peer side: who may ask what and how often, the way of a reply back, and whether it arrived |
//! | `gossip`, `blocks`, `directory`, `retention`, `reach` | BuddyCast rounds, the known peers and their sources, and which are forgotten first |
//! | `links`, `timers`, `tally`, `random`, `core` | what they all work with |
//! | `traced` | for those who watch: what passes over a connection |
//! | `question`, `probe`, `registry` | what can be asked, what a peer answers, and the list of both |
//! | `decoding` | for those who ask: what a reply says |
//! | `acceptance` | for those who ask: when a peer will accept an id again |

pub mod acceptance;
mod after_end;
pub mod ask;
mod backend;
mod blocks;
mod budget;
mod channels;
pub mod conn;
mod core;
pub mod decoding;
mod dialback;
mod directory;
pub mod engine;
pub mod event;
pub mod field;
mod gate;
pub mod gossip;
pub mod io;
mod links;
pub(crate) mod network;
pub mod probe;
pub mod question;
mod random;
mod reach;
mod receipts;
mod registry;
mod replies;
mod reply;
mod requests;
mod retention;
mod roles;
mod schedule;
mod sent;
mod strangers;
mod tally;
pub mod target;
mod timers;
pub mod traced;
mod used;

#[cfg(test)]
mod tests;

pub use acceptance::{Acceptance, AcceptanceLog};
pub use ask::Ask;
pub use conn::{AttemptId, ConnId, ReplyId};
pub use decoding::{Decoding, decode_reply};
pub use engine::Engine;
pub use event::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
pub use gate::FLEXIBILITY;
pub use gossip::FAST_ROUND;
pub use io::{ConnectedPeer, EngineConfig, Input, Output};
pub use probe::{Answer, AnyProbe, Asked, PeerView, Probe, Receipt};
pub use question::{FORM, Question, Recipient, ReplyDecodeError};
pub use registry::Registry;
pub use reply::Reply;
pub use requests::BETWEEN_PARTS;
pub use target::{Target, TargetError};
pub use timers::Deadline;
pub use traced::{SocketId, Trace, Traced, Watched};

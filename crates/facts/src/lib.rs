//! What a Crawler knows: the events of a node, folded into peers, requests, replies, acceptance and
//! conversations.
//!
//! [`Facts`] is a fold: [`Facts::fold`] takes what became known with its time, and tells what
//! follows from it. It has no I/O, no clock and no screen, and what it keeps is bounded by
//! [`Settings`]. The terminal program draws it; a crawler without a screen, a store and a case file
//! read it.
//!
//! ```
//! use std::time::{Instant, SystemTime};
//! use swarmscope_facts::{Change, Facts, Now, Settings};
//! use swarmscope_peer::node::{Event, PeerKey, Source};
//!
//! let mut facts = Facts::new(Settings::default());
//! let now = Now { instant: Instant::now(), wall: SystemTime::now() };
//! let peer = PeerKey::Address("peer.example:7760".to_owned());
//! let heard = Event::Discovered { peer: peer.clone(), address: None, version: None, source: Source::Operator };
//! for change in facts.fold(now, heard) {
//!     if let Change::ToDecode { .. } = change { /* decode it, and fold `Input::Decoded` */ }
//! }
//! assert_eq!(facts.peers().len(), 1);
//! assert!(facts.peer(&peer).is_some_and(|peer| peer.requests.is_empty()));
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod capture;
pub mod conversation;
mod dirty;
pub mod export;
mod facts;
mod fold;
pub mod format;
pub mod gossip;
pub mod held;
mod index;
mod input;
pub mod ladder;
pub mod list;
pub mod many;
mod marks;
pub mod messages;
mod naming;
mod nat;
pub mod networks;
pub mod news;
pub mod notes;
mod now;
mod odd;
pub mod peer;
mod peers;
mod present;
pub mod reach;
pub mod recording;
pub mod reply;
pub mod reply_of;
pub mod request;
pub mod said;
mod settings;
pub mod words;

pub use dirty::{Dirty, Places};
pub use facts::Facts;
pub use held::Held;
pub use input::{Change, Input};
pub use marks::Marks;
pub use naming::{HIDDEN, Naming};
pub use nat::NatType;
pub use news::News;
pub use notes::Notes;
pub use now::Now;
pub use odd::Odd;
pub use peer::Peer;
pub use peers::Peers;
pub use present::Present;
pub use request::Request;
pub use settings::{ConversationSettings, Settings};

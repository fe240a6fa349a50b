//! What a crawl found, in SQLite or PostgreSQL, and what can be said about it.
//!
//! ```text
//!   crawl ── Heard, Permit, Visited ──► Writer (one thread) ── batches ──► Store ──► Database
//!         ◄── Leased, acknowledgements ─┘                                    │        ├ SQLite
//!   store info, report, export … ── queries ────────────────────────────────┘        └ PostgreSQL
//! ```
//!
//! [`Store`] is written once, over the small trait [`Database`](database::Database), so both back
//! ends behave alike; `tests/conformance.rs` runs one suite on both. [`schedule`] and
//! [`statistics`] are pure: no clock and no I/O.
//!
//! Peers appear as keyed hashes under a key that stays with the operator ([`key`]). Addresses are
//! sealed with the same key: the database alone reveals neither.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod database;
pub mod error;
pub mod figures;
pub mod key;
pub mod opt_out;
pub mod outcome;
pub mod place;
pub mod records;
pub mod report;
pub mod schedule;
pub mod statistics;
pub mod store;
pub mod time;
pub mod writer;

pub use error::StoreError;
pub use figures::Figures;
pub use key::{PeerHash, StoreKey};
pub use place::Place;
pub use records::{
    Heard, Leased, Network, PeerId, Permit, Question, QuestionId, Replied, Round, RoundId, Visited,
};
pub use store::Store;
pub use time::Time;

//! Requests to many: the composer's request to all marked peers, after a preview, at a rate; what
//! became of each, and the answers in groups of identical content.
//!
//! What is planned, sent, counted and grouped is facts' ([`swarmscope_facts::many`]); [`view`] is
//! what the operator looks at, `acts` are the commands.

pub(in crate::screen) mod acts;
pub(in crate::screen) mod asking_all;
pub mod command;
pub(in crate::screen) mod feed;
pub(in crate::screen) mod file;
pub mod finding;
pub mod form;
pub(in crate::screen) mod planning;
pub mod signal;
pub mod state;
pub mod view;

pub use state::{Many, Preview};

//! Requests: composing one, and its outcome.

pub(in crate::screen) mod again;
pub mod command;
pub mod composer;
pub mod editing;
pub mod identity;
pub mod messages;
pub mod question;
pub mod sending;
pub mod warned;

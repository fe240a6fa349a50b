//! The screen of one peer: its ladder, its conversation, its frames.

pub mod conversation;
pub mod inspect;
pub mod ladder;
pub mod said;

//! The screen of one peer: its ladder, its conversation, its frames.

pub mod cursor;
pub mod inspect;
pub mod rows;

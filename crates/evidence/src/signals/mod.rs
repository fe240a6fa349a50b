//! Signals: what looks odd among many answers, and why.
mod card;
pub use card::{Card, NOT_SAID, Severity};

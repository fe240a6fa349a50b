//! The list of peers: who is known, which are shown, in which order and columns; marks and notes.

pub(in crate::screen) mod arranging;
pub mod column_view;
pub mod columns;
pub(in crate::screen) mod filtering;
pub(in crate::screen) mod forgetting;
pub(in crate::screen) mod marking;
pub mod notes;
pub(in crate::screen) mod noting;
pub mod range;
pub mod saved;
pub mod saved_view;
pub mod sieve;
pub(in crate::screen) mod stepping;

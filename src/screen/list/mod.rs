//! The list of peers: who is known, which are shown, in which order and columns; marks and notes.

pub(in crate::screen) mod arranging;
pub mod column;
pub mod column_view;
pub mod columns;
pub mod filter;
pub(in crate::screen) mod filtering;
pub(in crate::screen) mod marking;
pub mod notes;
pub(in crate::screen) mod noting;
pub mod order;
pub mod saved;
pub mod saved_view;
pub(in crate::screen) mod sorting;
pub mod tally;

//! Reading a reply: its tree, what is found in it, and how it differs from another one.

mod align;
pub mod diff;
pub mod find;
pub mod reading;
pub mod select;
pub mod table;
pub mod text;

pub use diff::{Diff, diff};
pub use reading::{Reading, View};
pub use table::Table;

//! A list of peers: which are shown, in which order, and how many are how.

pub mod census;
pub mod column;
pub mod filter;
pub mod next;
pub mod order;
pub mod sorting;
pub mod tally;

pub use census::Census;
pub use column::Column;
pub use filter::Filter;
pub use order::Order;
pub use sorting::{By, Sort};
pub use tally::Tally;

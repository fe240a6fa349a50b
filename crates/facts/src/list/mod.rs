//! A list of peers: which are shown, in which order, and how many are how.

pub mod census;
pub mod column;
pub mod filter;
mod laid;
pub mod next;
pub mod order;
mod runs;
pub mod sorting;
pub mod tally;

pub use census::Census;
pub use column::Column;
pub use filter::Filter;
pub use order::Order;
pub use sorting::{By, Sort};
pub use tally::Tally;

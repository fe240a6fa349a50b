//! Questions to nodes of the Mainline DHT, with no I/O: time and seeds are passed in.
//!
//! | module | what it is |
//! |---|---|
//! | [`transactions`] | which answer belongs to which query, and which query got none |
//! | [`pace`] | how often one address, and everybody together, may be asked |
//! | [`asker`] | both of them behind one socket: queries in, datagrams out, facts back |
//! | [`lookup`] | finds the nodes closest to a target |
//! | [`crawl`] | finds all nodes of a zone, twice |
//! | [`estimate`] | how large the network is, from two passes |

pub mod asker;
mod clients;
pub mod crawl;
pub mod estimate;
mod ids;
mod known;
pub mod lookup;
pub mod pace;
#[cfg(test)]
mod tests;
pub mod transactions;
mod turns;

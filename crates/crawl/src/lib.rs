//! A Crawler that runs for months: it visits every peer it hears of, asks what it was told to ask,
//! and writes what came of it into a store.
//!
//! ```text
//!   Node ── events ──► Machine ──► actions ──► Node: connect, ask, disconnect
//!   Writer ── done ──►   pure              └─► Writer: hear, lease, permit, visited
//!            ▲
//!         Crawl: rounds, leases, pace, clocks
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`settings`] | what a crawl is told to do |
//! | [`machine`] | pure: visits in flight, from lease to record |
//! | [`pace`] | pure: how fast visits may begin |
//! | [`progress`] | counts for people and dashboards |
//! | [`dht`] | the same on the Mainline DHT: visits are questions to nodes |
//! | [`metrics`] | those counts for Prometheus |
//! | [`crawl`] | the world around the machine: node, store, clock |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod crawl;
pub mod dht;
pub mod machine;
pub mod metrics;
pub mod pace;
pub mod progress;
mod question;
mod rounds;
pub mod settings;
pub mod sim;
mod visit;

pub use crawl::{Crawl, CrawlError, Ended, RoundReport};
pub use dht::{Also, DhtCrawl, Seed};
pub use progress::{Dropped, Progress};
pub use settings::Settings;

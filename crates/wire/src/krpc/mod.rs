//! KRPC, the messages of the Mainline DHT (BEP 5), and what later documents add to them: IPv6
//! (BEP 32), scrapes (BEP 33), ids bound to addresses (BEP 42), read-only nodes (BEP 43) and
//! samples (BEP 51).
//!
//! One datagram is one [`Message`]. Infohashes that others send are counted and dropped here, so
//! nothing above this module can store or print them.

mod canonical;
pub mod compact;
pub mod filter;
pub mod message;
pub mod node_id;
pub mod query;
pub mod response;
pub mod secure;
pub mod short;
#[cfg(test)]
mod tests;

pub use compact::{Contact, Contacts};
pub use filter::ScrapeFilter;
pub use message::{Body, KrpcError, MAX_DATAGRAM, Message, RemoteError, Transaction, Version};
pub use node_id::{Distance, NodeId, Target};
pub use query::{Query, Question, Want};
pub use response::{Response, Samples};
pub use secure::Security;
pub use short::Short;

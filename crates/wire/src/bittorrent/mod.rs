//! The peer protocol of BitTorrent, as far as a question needs it: the handshake (BEP 3, 5, 6, 52),
//! who a peer id names (BEP 20), frames, the extension handshake (BEP 10), peer exchange (BEP 11),
//! the first packets of uTP (BEP 29), and Message Stream Encryption.
//!
//! No content is ever asked for: a `piece` that comes is dropped unread and its bytes are counted.

pub mod client;
pub mod extension;
pub mod frame;
pub mod handshake;
pub mod mse;
pub mod pex;
#[cfg(test)]
mod tests;
pub mod utp;

pub use client::Client;
pub use extension::ExtensionHandshake;
pub use frame::{Frame, FrameReader, Kind};
pub use handshake::{Handshake, Infohash, Reserved};
pub use pex::PeerExchange;

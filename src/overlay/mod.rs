//! To come. Besides what the interfaces say, `OverlayEvent::Written { conn, frames }` tells the node how many frames the socket
//! has taken since it was last told, so that a reply of hundreds of parts is handed over as fast as the peer takes it and never
//! fills a queue.

pub use crate::crawler::{AttemptId, ConnId, Direction};

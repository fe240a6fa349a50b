//! What a handle tells the node.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::reply::Told;
use crate::crawler::{Ask, PeerKey, Source, Target, Ticket};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::Failure;

/// One order.
pub(super) enum Command {
    /// To dial, and to tell how it went.
    Connect(Target, oneshot::Sender<Result<Permid, Failure>>),
    /// To dial an address that is known from hearsay.
    Try(Target, Source),
    /// To ask; the ticket is its name among the events.
    Request(Ticket, Ask),
    /// The same, with the outcome awaited.
    Ask(Ticket, Ask, mpsc::UnboundedSender<Told>),
    /// To give a request up.
    Cancel(Ticket),
    /// To wait so much longer for a request.
    Extend(Ticket, Duration),
    /// To close every connection to a peer.
    Disconnect(Permid),
    /// To dial a peer no more by itself.
    Forget(PeerKey),
    /// To tell what passes over a peer's connections, or no longer.
    Trace(Permid, bool),
    /// The same, of everybody's.
    TraceAll(bool),
    /// To end.
    Shutdown { grace: Duration, done: oneshot::Sender<()> },
}

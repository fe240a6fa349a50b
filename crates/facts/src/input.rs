//! What is folded, and what follows from it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Ask, Event, PeerKey, Ticket};
use swarmscope_wire::{ErrorByte, MessageId, Permid};

use crate::networks;
use crate::news::News;

/// Something that became known.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The node told it.
    #[serde(rename = "node")]
    Event(Event),
    /// A request that this program asked for has this ticket.
    Asked(Ask, Ticket),
    /// A reply was decoded: the answer to [`Change::ToDecode`].
    Decoded {
        /// Whose reply it is.
        permid: Permid,
        /// To which request.
        ticket: Ticket,
        /// What it says.
        decoding: Decoding,
    },
    /// A word for a peer: `tour`, `slow, simulated`.
    Label {
        /// Whose.
        permid: Permid,
        /// The word; control characters are taken out.
        label: String,
    },
    /// The operator wants no more of a peer that is not connected: it leaves the table with its
    /// requests and its conversation. When it accepts what it was asked stays known. Nothing comes of
    /// it while the peer is connected, or owes an answer.
    Forgotten(PeerKey),
    /// A fact about a peer of another network than the overlay.
    Network(networks::Event),
}

impl From<networks::Event> for Input {
    fn from(event: networks::Event) -> Self {
        Self::Network(event)
    }
}

impl From<Event> for Input {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

/// What follows from an input, in the order in which it does.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// A whole reply came. Whoever wants to know what it says decodes it
    /// ([`decode_reply`](swarmscope_peer::crawler::decode_reply), on a blocking thread) and folds
    /// [`Input::Decoded`].
    ToDecode {
        /// Whose reply it is.
        permid: Permid,
        /// To which request.
        ticket: Ticket,
        /// What was asked.
        message: MessageId,
        /// Its error byte.
        error: ErrorByte,
        /// All of its parts' bytes.
        payload: Bytes,
    },
    /// Something worth a line.
    News(News),
    /// What was listed under one key is listed under another: an address turned out to be this
    /// permid.
    Renamed {
        /// The key that is gone.
        was: PeerKey,
        /// The key that all of it is under now.
        now: PeerKey,
    },
    /// A peer of the overlay that was dialled closed without a byte: what listens there may be
    /// another program, and [`networks::Event::Examined`] is to tell.
    ToExamine(PeerKey),
    /// A peer has left the table.
    Forgotten(PeerKey),
    /// A request of this program is the newest of this peer.
    Asked(PeerKey),
    /// Something that is shown of this peer is another.
    Touched(PeerKey),
}

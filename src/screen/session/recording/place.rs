//! Where the operator was when a recording was started in the middle of a session.

use serde::{Deserialize, Serialize};

use crate::screen::mode::Pane;
use swarmscope_peer::node::{PeerKey, Ticket};

/// What the keys of a session have led to, as far as the keys after it depend on it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    pub selected: Option<PeerKey>,
    /// The request of that peer that is looked at; `None` for the newest.
    pub picked: Option<Ticket>,
    /// The row of its reply.
    pub row: usize,
    pub marks: Vec<PeerKey>,
    pub focus: Pane,
    pub inside: bool,
    /// The pane with the focus has the whole screen.
    #[serde(default)]
    pub zoomed: bool,
    pub filter: String,
    pub message: u8,
    pub frequency: String,
    /// The payload in the composer, where it is the operator's own.
    pub payload: String,
    pub edited: bool,
}

//! What the mouse did, and on what.

use serde::{Deserialize, Serialize};

use crate::screen::keys::key::Key;
use crate::screen::mode::Pane;
use swarmscope_facts::Now;

/// A list whose rows can be pointed at.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum List {
    Peers,
    Channels,
    /// The values of a reply.
    Values,
    Messages,
    Commands,
    /// The headings of the list's columns.
    Headings,
    /// Of the screen of one peer: what was said, the fields and bytes of a frame, the parts of a
    /// reply.
    Lines,
    Fields,
    Bytes,
    Parts,
}

/// What the pointer is on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
pub enum Spot {
    /// A row of a list, from 0.
    Row(List, usize),
    Pane(Pane),
    /// A key that is named in the footer.
    Key(Key),
    #[default]
    Nothing,
}

/// What was done with the mouse.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Gesture {
    Press,
    WheelUp,
    WheelDown,
}

/// Whether the mouse is ours, and the last click.
#[derive(Clone, Copy, Default, Debug)]
pub struct Mouse {
    pub on: bool,
    pub(super) clicked: Option<(Now, Spot)>,
}

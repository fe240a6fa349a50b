//! What the program measures of itself, for the debug overlay: given to the model once a second
//! while that is shown.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long the middle one and all but one in a hundred of the newest took.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Spread {
    pub p50: Duration,
    pub p99: Duration,
    pub most: Duration,
}

/// One look at the loop.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Folding one message into the model.
    pub update: Spread,
    /// Working out a frame and writing it to the terminal.
    pub draw: Spread,
    /// From when a key came to the end of the frame that shows it.
    pub key: Spread,
    /// Messages folded in the last second.
    pub messages: u64,
    /// Frames drawn in the last second.
    pub frames: u64,
    /// Events of the node that wait now, and the most that did.
    pub events: (usize, usize),
    /// Replies that are being read, or wait for that.
    pub decodings: usize,
    /// Bytes of this process that are resident; `None` where the system does not tell.
    pub resident: Option<u64>,
    /// The limits of the node that were reached, the one that most was refused for first.
    pub limits: Vec<Reached>,
}

/// A limit of the node that was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reached {
    /// Its name.
    pub limit: String,
    /// Whether it counts bytes.
    pub bytes: bool,
    /// What it allows.
    pub allowed: u64,
    /// What is in use now; the most that ever was where each source, permid or connection is
    /// counted by itself.
    pub used: u64,
    /// How often it was reached.
    pub refused: u64,
}

/// The debug overlay.
#[derive(Clone, Default, Debug)]
pub struct Debug {
    pub shown: bool,
    pub figures: Option<Figures>,
}

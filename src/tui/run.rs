//! The loop: wait, fold all that is waiting, draw once.

use std::io;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::theme::Theme;
use crate::app::{Msg, Setup};
use crate::node::{Event, Node};

/// What the screen is started with.
pub struct Options {
    pub setup: Setup,
    pub theme: Theme,
    /// What the demo adds: labels and tour steps. Dropping the sender is fine.
    pub extra: mpsc::Receiver<Msg>,
    /// Cancelled when the operator skips the tour.
    pub skip_tour: CancellationToken,
}

/// How the screen ended. The terminal is as before in every case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// `q`: exit code 0.
    Quit,
    /// Ctrl-C, SIGINT, SIGTERM or SIGHUP: exit code 130.
    Interrupted,
}

/// Takes the terminal, shows the node's events until the operator quits, and gives the terminal back.
/// The node keeps running: stopping it is the caller's.
///
/// # Errors
/// The terminal can't be read or written.
pub async fn run(node: Node, events: mpsc::Receiver<Event>, options: Options) -> io::Result<Ended> {
    let _ = (node, events, options);
    todo!()
}

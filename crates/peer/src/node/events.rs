//! The stream of events, as a program reads it.

use tokio::sync::mpsc::error::TryRecvError;

use super::event::Event;
use crate::weighed::Receiver;

/// What a node tells, in order; see [`Node::start`](super::Node::start).
#[derive(Debug)]
pub struct Events(Receiver<Event>);

impl Events {
    /// The next one; `None` once the node has ended. Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// As [`Self::recv`], up to so many of those that are there; how many, 0 once the node has
    /// ended.
    pub async fn recv_many(&mut self, into: &mut Vec<Event>, most: usize) -> usize {
        self.0.recv_many(into, most).await
    }

    /// The next one, where it is there.
    ///
    /// # Errors
    /// It is not there, or the node has ended.
    pub fn try_recv(&mut self) -> Result<Event, TryRecvError> {
        self.0.try_recv()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[doc(hidden)] // for the program's own crates, which merge streams; no promise
impl From<Receiver<Event>> for Events {
    fn from(receiver: Receiver<Event>) -> Self {
        Self(receiver)
    }
}

//! Waiting for the outcome of a request, or of a dial.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};

use super::command::Command;
use super::event::Ticket;
use super::reply::{Part, Told};
use crate::crawler::Reply;
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// The outcome of a request: a future of its [`Reply`], and before that a stream of its [`Part`]s.
/// Parts that are not read on the way are passed over. Dropping it gives the request up.
#[must_use = "dropping it gives the request up"]
pub struct Asking {
    ticket: Ticket,
    told: mpsc::UnboundedReceiver<Told>,
    commands: mpsc::UnboundedSender<Command>,
    /// Found by who read parts, not taken yet.
    ended: Option<Result<Reply, Failure>>,
    over: bool,
}

impl Asking {
    pub(super) fn new(
        ticket: Ticket,
        told: mpsc::UnboundedReceiver<Told>,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Self {
        Self { ticket, told, commands, ended: None, over: false }
    }

    /// The name of this request in the stream of events.
    #[must_use]
    pub const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Waits for the next part; `None` once the request has ended.
    pub async fn part(&mut self) -> Option<Part> {
        std::future::poll_fn(|cx| self.poll_part(cx)).await
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Part>> {
        if self.over {
            return Poll::Ready(None);
        }
        let ended = match ready!(self.told.poll_recv(cx)) {
            Some(Told::Part(part)) => return Poll::Ready(Some(part)),
            Some(Told::Ended(ended)) => ended,
            None => Err(stopped()),
        };
        (self.ended, self.over) = (Some(ended), true);
        Poll::Ready(None)
    }
}

impl Stream for Asking {
    type Item = Part;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Part>> {
        self.poll_part(cx)
    }
}

impl Future for Asking {
    type Output = Result<Reply, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while ready!(self.poll_part(cx)).is_some() {}
        Poll::Ready(self.ended.take().unwrap_or_else(|| Err(stopped())))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if !self.over {
            let _ = self.commands.send(Command::Cancel(self.ticket)); // a node that has ended has given it up
        }
    }
}

/// The outcome of a dial: a future of the permid that the peer has proved. The dial goes on where
/// it is dropped.
pub struct Connecting(pub(super) oneshot::Receiver<Result<Permid, Failure>>);

impl Future for Connecting {
    type Output = Result<Permid, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|told| told.unwrap_or_else(|_| Err(stopped())))
    }
}

/// The node has ended, and with it everything that was waited for.
fn stopped() -> Failure {
    Failure::new(Cause::Stopped, By::Us, "")
}

//! The end of a connection: in order where it can be, in bounded time always.
//!
//! A socket that is closed with unread bytes in it resets the connection, and the peer may lose
//! what was sent to it last. Hence whoever closes in order sends its own end first and reads until
//! the other side's.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::collections::VecDeque;
use std::future::poll_fn;
use std::time::Duration;

use tokio::io::ReadHalf;
use tokio::time::{Instant, timeout, timeout_at};

use super::outgoing::Outgoing;
use super::queue::{Manner, SendQueue};
use super::shared::{Shared, tell};
use super::stream::{Stream, broken, read};
use super::tracer::Tracer;
use super::world::now;
use super::{ConnId, OverlayEvent};
use crate::session::{End, Output, Session};
use swarmscope_wire::failure::{By, Cause, Failure};

/// For close_notify to a peer that broke the rules. Arbitrary: the socket's buffer takes it at
/// once, or never.
const FAREWELL: Duration = Duration::from_secs(1);

/// How and why a conversation ends.
pub(super) struct Ending {
    /// Where it is not known, the reading says.
    failure: Option<Failure>,
    write: Write,
    read: Read,
}

#[derive(Clone, Copy)]
enum Write {
    /// What is queued, then the end.
    Rest,
    /// The end only.
    Farewell,
    Nothing,
}

#[derive(Clone, Copy, PartialEq)]
enum Read {
    /// Until the peer's end; frames count.
    Deliver,
    /// Until the peer's end.
    Discard,
    Nothing,
}

impl Ending {
    /// The peer broke the rules, does not read, or can't be read.
    pub(super) const fn at_once(failure: Failure) -> Self {
        Self { failure: Some(failure), write: Write::Farewell, read: Read::Nothing }
    }

    /// From here.
    pub(super) const fn in_order(failure: Failure) -> Self {
        Self { failure: Some(failure), write: Write::Rest, read: Read::Discard }
    }

    /// From here, because another connection takes its place: what the peer still sends counts.
    pub(super) fn superfluous() -> Self {
        let failure = Failure::new(Cause::Duplicate, By::Us, "");
        Self { failure: Some(failure), write: Write::Rest, read: Read::Deliver }
    }

    /// The peer sends no more, but may still read.
    pub(super) const fn hung_up(failure: Failure) -> Self {
        Self { failure: Some(failure), write: Write::Rest, read: Read::Nothing }
    }

    /// Nothing can be written any more. What the peer sent before it went away still counts, and
    /// says how it went.
    pub(super) const fn unwritable() -> Self {
        Self { failure: None, write: Write::Nothing, read: Read::Deliver }
    }
}

/// Ends a conversation and gives the reason.
pub(super) async fn finish(
    shared: &Shared,
    queue: &SendQueue,
    outgoing: &mut Outgoing,
    last: LastWords<'_>,
    ending: Ending,
) -> Failure {
    let conn = last.conn;
    let reset = Failure::new(Cause::Reset, By::Network, "");
    queue.close(ending.failure.clone().unwrap_or_else(|| reset.clone()), Manner::Flush);
    let sends = outgoing.has_work() || queue.has_frames();
    let last_frames = ending.read == Read::Deliver;
    let due = Instant::now()
        + if sends || last_frames { shared.limits.close } else { shared.limits.close_idle };
    let work = async {
        let write = write(outgoing, queue, ending.write, due);
        tokio::join!(write, last.read(shared, ending.read, due)).1
    };
    let heard = tokio::select! {
        biased;
        () = shared.kill.cancelled() => None,
        heard = work => heard,
    };
    // What was written to the last counts: a reply that went out whole needs no dial-back.
    if let Some(event) = outgoing.written(conn) {
        tell(shared, event).await;
    }
    ending.failure.or(heard).unwrap_or(reset)
}

async fn write(outgoing: &mut Outgoing, queue: &SendQueue, write: Write, due: Instant) {
    // The connection is over: a failed write has nobody to be told to, `Closed` gives the reason
    // that counts.
    match write {
        Write::Nothing => {}
        Write::Farewell => {
            let _ = timeout(FAREWELL, outgoing.shutdown()).await;
        }
        Write::Rest => {
            let _ = timeout_at(due, outgoing.rest(queue)).await;
        }
    }
}

/// The reading half in its last seconds.
pub(super) struct LastWords<'c> {
    pub(super) conn: ConnId,
    pub(super) tls: bool,
    pub(super) reader: &'c mut ReadHalf<Stream>,
    pub(super) session: &'c mut Session,
    pub(super) tracer: &'c Tracer,
    /// What the node has not been told yet.
    pub(super) incoming: &'c mut VecDeque<OverlayEvent>,
}

impl LastWords<'_> {
    /// Gives the reason for the end as the session sees it, where it gets so far.
    async fn read(self, shared: &Shared, how: Read, due: Instant) -> Option<Failure> {
        let Self { conn, tls, reader, session, tracer, incoming } = self;
        for event in incoming.drain(..) {
            tell(shared, event).await;
        }
        if how == Read::Nothing {
            return None;
        }
        loop {
            let next = poll_fn(|cx| {
                read(cx, reader, |bytes| {
                    tracer.received(bytes);
                    if how == Read::Deliver {
                        session.receive(bytes, now());
                    }
                })
            });
            // the clock first: a peer that always has something ready would never meet the deadline
            if Instant::now() >= due {
                return None;
            }
            match timeout_at(due, next).await.ok()? {
                Ok(0) => session.end_of_stream(End::Closed),
                Ok(_) => {}
                Err(error) => broken(session, &error, tls),
            }
            while let Some(output) = session.poll_output() {
                match output {
                    Output::Frame(frame) => {
                        tell(shared, OverlayEvent::Frame { conn, frame }).await;
                    }
                    Output::Close(failure) => return Some(failure),
                    Output::Send(_)
                    | Output::Rung { .. }
                    | Output::StartTls { .. }
                    | Output::DialledBack(_)
                    | Output::Authenticated(_) => {}
                }
            }
        }
    }
}

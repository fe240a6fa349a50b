//! The life of an authenticated connection: frames in, frames out, and the end.
//!
//! Reading, writing and telling the node go on at the same time, so that a peer that does not read
//! can still be heard and a node that is behind slows only the reading.
#![allow(
    clippy::disallowed_methods,
    reason = "this is where the session meets the clock and the socket"
)]

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::ReadHalf;
use tokio::time::sleep_until;

use super::assembly::Share;
use super::finish::{Ending, LastWords, finish};
use super::outgoing::Outgoing;
use super::queue::{Manner, Next, SendQueue, WriteClock};
use super::shared::{Shared, stopped, tell};
use super::stream::{Stream, broken, receive};
use super::tracer::Tracer;
use super::world::now;
use super::{ConnId, OverlayEvent};
use crate::limits::Limit;
use crate::session::{Deadline, End, Output, Session};
use crate::weighed::Weigh as _;
use swarmscope_wire::failure::Failure;

/// Frames are taken out of the queue while less than this waits for the socket.
const WRITE_AHEAD: usize = 64 * 1024;

/// What is read before others have a turn. Whoever floods us with large frames would have a processor
/// for milliseconds at a time, and every question waits behind all who do.
const READ_AT_ONCE: usize = 16 * 1024;

pub(super) struct Conversation {
    shared: Arc<Shared>,
    conn: ConnId,
    tls: bool,
    reader: ReadHalf<Stream>,
    outgoing: Outgoing,
    session: Session,
    queue: Arc<SendQueue>,
    tracer: Tracer,
    /// What the node is to be told; reading waits until it is.
    incoming: VecDeque<OverlayEvent>,
    clock: WriteClock,
    assembling: Share,
    /// Another connection takes this one's place.
    leaving: bool,
    /// When the last frame came or went.
    last_frame: Instant,
    /// Bytes that were read since others had a turn.
    read: usize,
}

/// What happened in one turn of the loop.
enum Turn {
    Queue(Next),
    Wrote(io::Result<usize>),
    Read(io::Result<usize>),
    Told(bool),
    Timer,
    Stop,
}

impl Conversation {
    pub(super) fn new(
        shared: Arc<Shared>,
        conn: ConnId,
        stream: Stream,
        session: Session,
        queue: Arc<SendQueue>,
        tracer: Tracer,
    ) -> Self {
        let tls = stream.is_tls();
        let clock = WriteClock::new(&shared.limits);
        let assembling = shared.assembly.share();
        let (reader, writer) = tokio::io::split(stream);
        let outgoing = Outgoing::new(writer, tracer.clone());
        Self {
            shared,
            conn,
            tls,
            reader,
            outgoing,
            session,
            queue,
            tracer,
            incoming: VecDeque::new(),
            clock,
            assembling,
            leaving: false,
            last_frame: now(),
            read: 0,
        }
    }

    /// To the end. Little of this task is there for the end, which takes more than the rest.
    pub(super) async fn live(mut self: Box<Self>) {
        let ending = self.run().await;
        Box::pin(self.end(ending)).await;
    }

    async fn end(mut self: Box<Self>, ending: Ending) {
        let failure = self.finish(ending).await;
        let (shared, conn, tracer) = (Arc::clone(&self.shared), self.conn, self.tracer.clone());
        drop(self); // the socket does not wait until the node has time for its end
        tracer.end(&failure).await;
        shared.seats().leave(conn);
        tell(&shared, OverlayEvent::Closed { conn, failure }).await;
    }

    /// Until it is to end.
    async fn run(&mut self) -> Ending {
        loop {
            if let Some(failure) = self.collect() {
                return Ending::at_once(failure);
            }
            let ending = match self.turn().await {
                Turn::Queue(next) => self.queued(next),
                Turn::Wrote(result) => self.wrote(result),
                Turn::Read(result) => {
                    self.give_way(result.as_ref().map_or(0, |read| *read)).await;
                    self.took(result)
                }
                Turn::Told(true) => self.told(),
                Turn::Told(false) | Turn::Stop => Some(Ending::in_order(stopped())),
                Turn::Timer => self.timer(),
            };
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    async fn give_way(&mut self, read: usize) {
        self.read += read;
        if self.read >= READ_AT_ONCE {
            self.read = 0;
            tokio::task::yield_now().await;
        }
    }

    /// Ends it, and gives the reason.
    async fn finish(&mut self, ending: Ending) -> Failure {
        // Frames that came before the end count. A reason that the session gives as well is not the
        // first one.
        let _ = self.collect();
        let Self { shared, conn, tls, reader, outgoing, session, queue, tracer, incoming, .. } =
            self;
        let (conn, tls) = (*conn, *tls);
        let last = LastWords { conn, tls, reader, session, tracer, incoming };
        finish(shared, queue, outgoing, last, ending).await
    }

    async fn turn(&mut self) -> Turn {
        let due = self.due();
        let timer = async {
            match due {
                Some(due) => sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        let takes_more = self.outgoing.bytes() < WRITE_AHEAD;
        let (writes, reads) = (self.outgoing.has_work(), self.incoming.is_empty());
        let tells = !reads || self.outgoing.has_news();
        let weight = self.incoming.front().map_or(0, OverlayEvent::weight);
        let (reader, session, tracer) = (&mut self.reader, &mut self.session, &self.tracer);
        let read = poll_fn(|cx| receive(cx, reader, session, tracer));
        tokio::select! {
            () = self.shared.stop.cancelled() => Turn::Stop,
            next = self.queue.next(), if takes_more => Turn::Queue(next),
            end = self.queue.closing(), if !takes_more => Turn::Queue(end),
            result = self.outgoing.write(), if writes => Turn::Wrote(result),
            permit = self.shared.events.reserve(weight), if tells => Turn::Told(match permit {
                Ok(permit) => {
                    // What was written comes first: a frame that answers it must not be told of before it.
                    if let Some(event) = self.outgoing.written(self.conn).or_else(|| self.incoming.pop_front()) {
                        permit.send(event);
                    }
                    true
                }
                Err(_) => false,
            }),
            result = read, if reads => Turn::Read(result),
            () = timer => Turn::Timer,
        }
    }

    /// Takes what the session has to say.
    fn collect(&mut self) -> Option<Failure> {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(bytes) => self.outgoing.push(bytes),
                Output::Frame(frame) => {
                    self.last_frame = now();
                    self.tracer.passed_received();
                    self.incoming.push_back(OverlayEvent::Frame { conn: self.conn, frame });
                }
                Output::Close(failure) => return Some(failure),
                Output::Rung { .. }
                | Output::StartTls { .. }
                | Output::DialledBack(_)
                | Output::Authenticated(_) => {}
            }
        }
        self.clock.waiting(self.outgoing.has_work(), now());
        None
    }

    fn queued(&mut self, next: Next) -> Option<Ending> {
        match next {
            Next::Send(frame) => {
                self.last_frame = now();
                self.session.send(&frame, self.last_frame);
            }
            Next::Leave => self.leaving = true,
            Next::Close(failure, Manner::Flush) => return Some(Ending::in_order(failure)),
            Next::Close(failure, Manner::Abort) => return Some(Ending::at_once(failure)),
        }
        None
    }

    fn wrote(&mut self, result: io::Result<usize>) -> Option<Ending> {
        match result {
            Ok(bytes) => self.clock.wrote(bytes),
            Err(error) => {
                tracing::debug!(conn = self.conn.0, "write: {error}");
                return Some(Ending::unwritable());
            }
        }
        None
    }

    fn took(&mut self, result: io::Result<usize>) -> Option<Ending> {
        match result {
            Ok(0) => {
                self.session.end_of_stream(End::Closed);
                return self.collect().map(Ending::hung_up);
            }
            Ok(_) => {}
            Err(error) => {
                broken(&mut self.session, &error, self.tls);
                return self.collect().map(Ending::at_once);
            }
        }
        if self.session.is_between_frames() {
            self.tracer.between_received();
        }
        self.charge()
    }

    /// The node has taken something; once it has taken all, reading goes on.
    fn told(&mut self) -> Option<Ending> {
        if self.incoming.is_empty() {
            self.incoming = VecDeque::new(); // most connections are quiet: no memory is kept for it
            self.session.reads_again(now());
        }
        self.charge()
    }

    /// What this connection takes: the frame that comes, and those that the node has not taken.
    fn charge(&mut self) -> Option<Ending> {
        if let Some(failure) = self.collect() {
            return Some(Ending::at_once(failure));
        }
        let Shared { meter, events, .. } = &*self.shared;
        meter.uses(Limit::EventBytes, events.bytes() as u64);
        let whole: usize = self.incoming.iter().map(OverlayEvent::weight).sum();
        self.assembling.charge(whole + self.session.assembling()).err().map(Ending::at_once)
    }

    fn timer(&mut self) -> Option<Ending> {
        let now = now();
        if let Err(failure) = self.clock.look(now) {
            return Some(Ending::at_once(failure));
        }
        if self.leaves_at().is_some_and(|at| now >= at) {
            return Some(Ending::superfluous());
        }
        if self.session_due().is_some_and(|due| now >= due) {
            self.session.handle_timeout(now);
        }
        None
    }

    /// While the node is behind, nothing is read, and nobody can say that a frame does not come.
    fn session_due(&self) -> Option<Instant> {
        let waits = |deadline| deadline == Deadline::Frame && !self.incoming.is_empty();
        let (due, deadline) = self.session.next_deadline()?;
        (!waits(deadline)).then_some(due)
    }

    fn leaves_at(&self) -> Option<Instant> {
        self.leaving.then_some(self.last_frame + self.shared.limits.leave)
    }

    fn due(&self) -> Option<Instant> {
        [self.session_due(), self.clock.deadline(), self.leaves_at()].into_iter().flatten().min()
    }
}

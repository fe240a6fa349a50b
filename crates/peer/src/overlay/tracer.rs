//! Tells every step of a connection and every byte of it, where somebody watches; costs nothing where nobody does.
//!
//! A connection never waits for those who watch it: what finds no room among the events is counted, and the count is told.
//! A stranger's steps are kept back until it is authenticated, because nobody knows yet whose they are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::shared::{Shared, tell};
use super::world::now;
use super::{ConnId, OverlayEvent};
use crate::crawler::{SocketId, Trace, Traced, Watched};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::trace::{Cutter, Piece};

/// Steps of a stranger that are kept. An authentication has a dozen; a stranger may send 64 keep-alives besides.
const MOST_HELD: usize = 128;

/// One connection's. Cloned, because reading and writing go on at the same time.
#[derive(Clone)]
pub(super) struct Tracer(Option<Arc<Mutex<Line>>>);

struct Line {
    shared: Arc<Shared>,
    socket: SocketId,
    began: Instant,
    /// `None` for a stranger.
    watched: Option<Watched>,
    held: Vec<Traced>,
    sent: Cutter,
    received: Cutter,
    /// Steps that found no room since the last one that did.
    lost: u64,
}

impl Tracer {
    /// Of a connection that begins now; silent unless the overlay traces.
    pub(super) fn new(shared: &Arc<Shared>, watched: Option<Watched>) -> Self {
        let line = || Line {
            shared: Arc::clone(shared),
            socket: shared.next_socket(),
            began: now(),
            watched,
            held: Vec::new(),
            sent: Cutter::default(),
            received: Cutter::default(),
            lost: 0,
        };
        Self(shared.trace.then(|| Arc::new(Mutex::new(line()))))
    }

    fn with(&self, act: impl FnOnce(&mut Line)) {
        if let Some(line) = &self.0 {
            act(&mut line.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Something happened; made only where somebody watches.
    pub(super) fn fact(&self, what: impl FnOnce() -> Trace) {
        self.with(|line| line.tell(what()));
    }

    /// The socket has taken these bytes.
    pub(super) fn sent(&self, bytes: &[u8]) {
        self.with(|line| {
            line.settle();
            line.pieces(Trace::Sent, |line, out| line.sent.push(bytes, out));
        });
    }

    /// The socket has given these bytes.
    pub(super) fn received(&self, bytes: &[u8]) {
        self.with(|line| {
            line.settle();
            line.pieces(Trace::Received, |line, out| line.received.push(bytes, out));
        });
    }

    /// TLS is up; from now on bytes are those inside it.
    pub(super) fn tls(&self) {
        self.with(|line| {
            line.sent.tls();
            line.received.tls();
            line.tell(Trace::Tls);
        });
    }

    /// What came behind the handshakes, if anything, is frames.
    pub(super) fn settle(&self) {
        self.with(Line::settle);
    }

    /// The connection is the engine's now, under this number: what was kept back is told.
    pub(super) fn seated(&self, conn: ConnId) {
        self.with(|line| {
            line.watched = Some(Watched::Conn(conn));
            for traced in std::mem::take(&mut line.held) {
                line.push(traced);
            }
        });
    }

    /// The last steps: what was not whole, and why it ended. Whoever watches gets these in any case.
    pub(super) async fn end(&self, failure: &Failure) {
        let mut last = Vec::new();
        self.with(|line| {
            line.pieces(Trace::Sent, |line, out| line.sent.end(out));
            line.pieces(Trace::Received, |line, out| line.received.end(out));
            let missing = std::mem::take(&mut line.lost);
            let missing = (missing > 0).then_some(Trace::Lost(missing));
            let words = missing.into_iter().chain([Trace::Closed(failure.clone())]);
            let watched = line.watched.map(|watched| (watched, Arc::clone(&line.shared)));
            last = watched.map_or_else(Vec::new, |(watched, shared)| {
                let event = |what| OverlayEvent::Traced { watched, traced: line.traced(what) };
                words.map(|what| (Arc::clone(&shared), event(what))).collect()
            });
        });
        for (shared, event) in last {
            tell(&shared, event).await;
        }
    }
}

impl Line {
    fn traced(&self, what: Trace) -> Traced {
        Traced { socket: self.socket, after: now().saturating_duration_since(self.began), what }
    }

    fn tell(&mut self, what: Trace) {
        let traced = self.traced(what);
        if self.watched.is_some() {
            self.push(traced);
        } else if self.held.len() < MOST_HELD {
            self.held.push(traced);
        } else {
            self.lost += 1;
        }
    }

    fn push(&mut self, traced: Traced) {
        let Some(watched) = self.watched else { return };
        if self.lost > 0 {
            let missing = self.traced(Trace::Lost(self.lost));
            if self.shared.events.try_send(OverlayEvent::Traced { watched, traced: missing }).is_ok() {
                self.lost = 0;
            }
        }
        if self.lost > 0 || self.shared.events.try_send(OverlayEvent::Traced { watched, traced }).is_err() {
            self.lost += 1;
        }
    }

    fn settle(&mut self) {
        self.pieces(Trace::Received, |line, out| line.received.settle(out));
        self.pieces(Trace::Sent, |line, out| line.sent.settle(out));
    }

    fn pieces(&mut self, what: fn(Piece) -> Trace, cut: impl FnOnce(&mut Self, &mut Vec<Piece>)) {
        let mut pieces = Vec::new();
        cut(self, &mut pieces);
        for piece in pieces {
            self.tell(what(piece));
        }
    }
}

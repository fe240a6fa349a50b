//! Reports every step and every byte of a connection while it is watched; costs nothing
//! where nobody does.
//!
//! A connection never waits for those who watch it: what finds no room among the events is counted,
//! and the count is told. A stranger's steps are kept back until it is authenticated, because
//! nobody knows yet whose they are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::shared::{Shared, tell};
use super::world::now;
use super::{ConnId, OverlayEvent};
use crate::crawler::{SocketId, Trace, Traced, Watched};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::trace::{Cutter, Piece};

/// Steps of a stranger that are kept. An authentication has a dozen; a stranger may send 64
/// keep-alives besides.
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
    /// Whether its steps are told, or kept back until it is known whose they are.
    steps: bool,
    /// Whose it is, once that is known.
    permid: Option<Permid>,
    held: Vec<Traced>,
    sent: Way,
    received: Way,
    /// Steps that found no room since the last one that did.
    lost: u64,
}

/// One direction.
#[derive(Default)]
struct Way {
    cutter: Cutter,
    /// Whether its pieces are told.
    told: bool,
    /// Whether the next byte begins a frame: a moment to begin to tell, or to stop.
    between: bool,
    /// Frames that passed since this connection, or the telling of them, began.
    passed: u64,
}

impl Tracer {
    /// Of a connection that nobody can watch.
    pub(super) const fn silent() -> Self {
        Self(None)
    }

    /// Of a connection that begins now. `permid`: the only peer that it is for.
    pub(super) fn new(
        shared: &Arc<Shared>,
        watched: Option<Watched>,
        permid: Option<Permid>,
    ) -> Self {
        let steps = shared.watches.wants_steps(permid);
        let way = || Way { told: steps, ..Way::default() };
        Self(Some(Arc::new(Mutex::new(Line {
            shared: Arc::clone(shared),
            socket: shared.next_socket(),
            began: now(),
            watched,
            steps,
            permid: None,
            held: Vec::new(),
            sent: way(),
            received: way(),
            lost: 0,
        }))))
    }

    fn with(&self, act: impl FnOnce(&mut Line)) {
        if let Some(line) = &self.0 {
            act(&mut line.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// An event; only while it is watched.
    pub(super) fn fact(&self, what: impl FnOnce() -> Trace) {
        self.with(|line| {
            if line.steps {
                line.tell(what());
            }
        });
    }

    /// The socket has taken these bytes.
    pub(super) fn sent(&self, bytes: &[u8]) {
        self.with(|line| {
            line.follow(|line| &mut line.sent);
            if line.sent.told {
                line.settle();
                line.pieces(Trace::Sent, |line, out| line.sent.cutter.push(bytes, out));
            }
        });
    }

    /// The socket has given these bytes.
    pub(super) fn received(&self, bytes: &[u8]) {
        self.with(|line| {
            line.follow(|line| &mut line.received);
            if line.received.told {
                line.settle();
                line.pieces(Trace::Received, |line, out| line.received.cutter.push(bytes, out));
            }
        });
    }

    /// The socket has taken a whole frame, and nothing of the next.
    pub(super) fn between_sent(&self) {
        self.with(|line| {
            line.sent.passed += u64::from(!line.sent.told);
            line.sent.between = true;
        });
    }

    /// A frame has come.
    pub(super) fn passed_received(&self) {
        self.with(|line| line.received.passed += u64::from(!line.received.told));
    }

    /// As [`Self::between_sent`], of what comes.
    pub(super) fn between_received(&self) {
        self.with(|line| line.received.between = true);
    }

    /// TLS is up; from now on bytes are those inside it.
    pub(super) fn tls(&self) {
        self.with(|line| {
            line.sent.cutter.tls();
            line.received.cutter.tls();
            if line.steps {
                line.tell(Trace::Tls);
            }
        });
    }

    /// What came behind the handshakes, if anything, is frames.
    pub(super) fn settle(&self) {
        self.with(Line::settle);
    }

    /// The connection is the engine's now, under this number: what was kept back is told.
    /// `between`: the peer has not begun a frame yet.
    pub(super) fn seated(&self, conn: ConnId, permid: Permid, between: bool) {
        self.with(|line| {
            (line.sent.between, line.received.between) = (true, between);
            line.watched = Some(Watched::Conn(conn));
            line.permid = Some(permid);
            line.steps = line.shared.watches.tells_steps(permid);
            let held = std::mem::take(&mut line.held);
            if line.steps {
                for traced in held {
                    line.push(traced);
                }
            }
        });
    }

    /// The last steps: what was not whole, and why it ended. Whoever watches gets these in any
    /// case.
    pub(super) async fn end(&self, failure: &Failure) {
        let mut last = Vec::new();
        self.with(|line| {
            if !(line.steps || line.sent.told || line.received.told) {
                return;
            }
            if line.sent.told {
                line.pieces(Trace::Sent, |line, out| line.sent.cutter.end(out));
            }
            if line.received.told {
                line.pieces(Trace::Received, |line, out| line.received.cutter.end(out));
            }
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
            if self
                .shared
                .events
                .try_send(OverlayEvent::Traced { watched, traced: missing })
                .is_ok()
            {
                self.lost = 0;
            }
        }
        if self.lost > 0
            || self.shared.events.try_send(OverlayEvent::Traced { watched, traced }).is_err()
        {
            self.lost += 1;
        }
    }

    fn settle(&mut self) {
        self.pieces(Trace::Received, |line, out| line.received.cutter.settle(out));
        self.pieces(Trace::Sent, |line, out| line.sent.cutter.settle(out));
    }

    /// Bytes come or go. Where they begin a frame: begins or stops to tell them, as whoever watches
    /// has chosen meanwhile.
    fn follow(&mut self, way: fn(&mut Self) -> &mut Way) {
        let Some(permid) = self.permid.filter(|_| way(self).between) else { return };
        let wanted = self.shared.watches.wants_frames(permid);
        let direction = way(self);
        direction.between = false;
        if direction.told == wanted {
            return;
        }
        direction.told = wanted;
        direction.cutter = Cutter::default();
        direction.cutter.tls(); // frames from here on
        let passed = std::mem::take(&mut direction.passed);
        if wanted && passed > 0 {
            self.tell(Trace::Unwatched(passed));
        }
    }

    fn pieces(&mut self, what: fn(Piece) -> Trace, cut: impl FnOnce(&mut Self, &mut Vec<Piece>)) {
        let mut pieces = Vec::new();
        cut(self, &mut pieces);
        for piece in pieces {
            self.tell(what(piece));
        }
    }
}

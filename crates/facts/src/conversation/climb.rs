//! How far the newest connection of a peer came on the ladder from an address to an authenticated
//! peer, and when.

use std::time::Duration;

use crate::now::Now;
use swarmscope_peer::crawler::{SocketId, Trace, Traced};
use swarmscope_wire::failure::{Cause, Failure, Phase};
use swarmscope_wire::handshake::{Handshake, PeerId};
use swarmscope_wire::trace::{Kind, Piece};

/// The rungs of a connection, before any request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The name has an address.
    Resolve,
    /// The connection is open.
    Tcp,
    /// Both handshakes are there.
    Handshake,
    /// Both speak a version in common.
    Version,
    /// Each has proved who it is.
    Authenticate,
}

impl Step {
    /// From the lowest.
    pub const ALL: [Self; 5] =
        [Self::Resolve, Self::Tcp, Self::Handshake, Self::Version, Self::Authenticate];

    /// The rung on which a failure of this phase happened.
    #[must_use]
    pub const fn of(phase: Phase) -> Option<Self> {
        Some(match phase {
            Phase::Resolve => Self::Resolve,
            Phase::Tcp => Self::Tcp,
            Phase::Handshake => Self::Handshake,
            Phase::Version => Self::Version,
            Phase::Authentication => Self::Authenticate,
            // none of this ladder: what comes before and after it, and the rungs of other networks
            Phase::Local
            | Phase::Request
            | Phase::Reply
            | Phase::Open
            | Phase::Udp
            | Phase::Mse
            | Phase::Extensions
            | Phase::Answer
            | Phase::Id => return None,
        })
    }
}

/// One connection's way up.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The connection, where it is traced.
    pub socket: Option<SocketId>,
    /// When the dial began, or the connection was accepted.
    pub began: Now,
    /// As it was asked for, where we dialled.
    pub host: Option<String>,
    /// Only a certain permid would do.
    pub pinned: bool,
    /// It is inside TLS.
    pub tls: bool,
    /// What we announced in our handshake.
    pub ours: Option<PeerId>,
    /// What the peer announced in its handshake.
    pub theirs: Option<PeerId>,
    /// When each rung was passed, since the beginning.
    pub passed: [Option<Duration>; 5],
    /// Why it ended before the last rung, and when, since the beginning.
    pub failed: Option<(Failure, Duration)>,
}

impl Attempt {
    fn new(socket: Option<SocketId>, began: Now, host: Option<String>, pinned: bool) -> Self {
        Self {
            socket,
            began,
            host,
            pinned,
            tls: false,
            ours: None,
            theirs: None,
            passed: [None; 5],
            failed: None,
        }
    }

    /// When a rung was passed, since the beginning.
    #[must_use]
    pub const fn passed(&self, step: Step) -> Option<Duration> {
        self.passed[step as usize]
    }

    /// All rungs up to this one lie behind it; their times stay, where they are known.
    fn pass(&mut self, last: Step, after: Duration) {
        for step in Step::ALL.into_iter().filter(|step| *step <= last) {
            // the versions are compared as soon as both handshakes are there
            let at = if step == Step::Version {
                self.passed(Step::Handshake).unwrap_or(after)
            } else {
                after
            };
            self.passed[step as usize].get_or_insert(at);
        }
    }

    const fn is_over(&self) -> bool {
        self.failed.is_some() || self.passed(Step::Authenticate).is_some()
    }

    fn handshake(&mut self, piece: &Piece, own: bool, after: Duration) {
        let read = piece.bytes[..].try_into().ok().and_then(|bytes| Handshake::decode(bytes).ok());
        let Some(handshake) = read.filter(|_| piece.kind == Kind::Handshake) else { return };
        if own {
            self.ours = Some(handshake.peer_id);
        } else {
            self.theirs = Some(handshake.peer_id);
            self.pass(Step::Handshake, after);
        }
    }
}

/// The newest attempt of a peer, and the one before where that holds.
#[derive(Clone, Default, Debug)]
pub struct Climb {
    newest: Option<Box<Attempt>>,
    before: Option<Box<Attempt>>,
}

impl Climb {
    /// The one to show.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        self.newest.as_deref()
    }

    fn begin(&mut self, attempt: Attempt) {
        let before = self.newest.replace(Box::new(attempt));
        self.before = before.filter(|before| before.failed.is_none());
    }

    /// A step of any connection of this peer; those of an older one say nothing about the newest.
    pub(crate) fn step(&mut self, traced: &Traced, now: Now) {
        let (socket, after) = (Some(traced.socket), traced.after);
        let began = now.before(after);
        match &traced.what {
            Trace::Resolving { host, pinned } => {
                self.begin(Attempt::new(socket, began, Some(host.clone()), *pinned));
            }
            Trace::Accepted(_) => self.begin(Attempt::new(socket, began, None, false)),
            _ => {}
        }
        let Some(attempt) = self.newest.as_deref_mut().filter(|attempt| attempt.socket == socket)
        else {
            return;
        };
        match &traced.what {
            Trace::Dialling(_) => attempt.pass(Step::Resolve, after),
            Trace::Open | Trace::Accepted(_) => attempt.pass(Step::Tcp, after),
            Trace::Sent(piece) => {
                attempt.handshake(piece, true, after);
                if matches!(piece.kind, Kind::Frame(_)) {
                    attempt.pass(Step::Version, after); // whoever goes on agrees on the version
                }
            }
            Trace::Received(piece) => attempt.handshake(piece, false, after),
            Trace::Tls => {
                attempt.tls = true;
                attempt.pass(Step::Version, after);
            }
            Trace::Authenticated => attempt.pass(Step::Authenticate, after),
            Trace::Closed(failure) => self.end(failure, after),
            Trace::Resolving { .. } | Trace::Unwatched(_) | Trace::Lost(_) => {}
        }
    }

    /// The node says that a dial has come to a rung: those below it are passed. Where the
    /// connection is traced that is known better.
    pub(crate) fn reached(&mut self, phase: Phase, detail: &str, now: Now) {
        let Some(step) = Step::of(phase) else { return };
        let over = self.attempt().is_none_or(Attempt::is_over);
        if over && step == Step::Resolve {
            return self.begin(Attempt::new(None, now, Some(detail.to_owned()), false));
        }
        if over {
            self.begin(Attempt::new(None, now, None, false));
        }
        let Some(attempt) = self.newest.as_deref_mut().filter(|attempt| attempt.socket.is_none())
        else {
            return;
        };
        let after = now.instant.saturating_duration_since(attempt.began.instant);
        if let Some(before) = Step::ALL.into_iter().rev().find(|before| *before < step) {
            attempt.pass(before, after);
        }
    }

    pub(crate) fn authenticated(&mut self, now: Now) {
        if self.attempt().is_none_or(|attempt| attempt.failed.is_some()) {
            self.begin(Attempt::new(None, now, None, false));
        }
        let Some(attempt) = self.newest.as_deref_mut() else { return };
        let after = now.instant.saturating_duration_since(attempt.began.instant);
        attempt.pass(Step::Authenticate, after);
    }

    pub(crate) fn failed(&mut self, failure: &Failure, now: Now) {
        if self.attempt().is_none_or(Attempt::is_over) {
            if self.attempt().is_some_and(|attempt| attempt.failed.is_some())
                && failure.cause != Cause::Duplicate
            {
                return; // the trace has told it
            }
            if failure.cause == Cause::Duplicate {
                return; // another connection stands
            }
            self.begin(Attempt::new(None, now, None, false));
        }
        let began = self.attempt().map_or(now, |attempt| attempt.began);
        self.end(failure, now.instant.saturating_duration_since(began.instant));
    }

    /// An attempt that another connection makes superfluous is no failure to reach the peer.
    fn end(&mut self, failure: &Failure, after: Duration) {
        if failure.cause == Cause::Duplicate && self.before.is_some() {
            self.newest = self.before.take();
            return;
        }
        if let Some(attempt) = self
            .newest
            .as_deref_mut()
            .filter(|attempt| attempt.passed(Step::Authenticate).is_none())
        {
            attempt.failed.get_or_insert((failure.clone(), after));
        }
    }
}

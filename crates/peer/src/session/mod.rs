//! One connection's life as a pure state machine: handshake, version, authentication, open, ended.
//! Implements protocol.md §1–§3 and §8.
//!
//! Nothing here knows sockets, clocks or randomness. Bytes, events and the time go in;
//! [`Session::poll_output`] says what to do. Every state owns what its moment needs, and a
//! transition consumes it.
//!
//! ```text
//!        dialler                                              acceptor
//!        sends its 68 bytes at once                           sends its 68 bytes once it has the first 48
//!               │                                                    │
//!           Handshake ── their 68 bytes; port, version ──────────Handshake
//!               │                                                    │
//!      ┌────────┴─────────┐                                 ┌────────┴─────────┐
//!    ≤ 17                 18                              ≤ 17                 18
//!      │ CHALLENGE ──►    │ StartTls                        │                  │ StartTls
//!  Response1             Tls ◄──────── TLS 1.3 ──────────── │ ──────────────► Tls
//!      │                  │ HELLO ──►                   Challenge              │ HELLO ──►
//!      │   ◄───────────── │ ────────────── RESPONSE1 ───────┤                  │
//!      │ expected permid? │                             Response2              │
//!      │ RESPONSE2 ──►   Hello                              │                Hello
//!      │                  │ hashes equal?       signature?  │                  │ hashes equal?
//!      └────────┬─────────┘                                 └────────┬─────────┘
//!             Open ◄──────────────────── frames ──────────────────► Open
//! ```
//!
//! A connection of the return swarm (§2) goes another way: the acceptor answers in kind, reads one
//! DIALBACK_REPLY, and it is over.
//!
//! The relay attack of §3 is met in `Response1`: a dialler that expects a permid compares it before
//! it signs anything, and the expected kind of key is compared as soon as the version is known.

mod agreed;
mod checks;
mod current;
mod dialback;
mod handshake;
mod io;
mod legacy;
mod open;
mod terms;
#[cfg(test)]
#[cfg(feature = "legacy")] // they speak both versions
mod tests;
mod version;

use std::time::Instant;

use bytes::BytesMut;
use bytes::buf::Limit;

use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;

use current::{AwaitHello, AwaitTls};
use handshake::AwaitHandshake;
use io::{Input, Outbox};
use legacy::{AwaitChallenge, AwaitResponse1, AwaitResponse2};
use open::Open;
pub use terms::{Authenticated, End, Output, Role, SessionConfig, Timeouts};

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    /// The first bytes of the handshake.
    Handshake,
    /// The end of the authentication.
    Authentication,
    /// A look at the idle time.
    Idle,
    /// The rest of a frame that has begun.
    Frame,
}

/// See the module.
pub struct Session {
    state: State,
    input: Input,
    out: Outbox,
    started: Instant,
    timeouts: Timeouts,
}

enum State {
    Handshake(AwaitHandshake),
    Challenge(AwaitChallenge),
    Response1(AwaitResponse1),
    Response2(AwaitResponse2),
    /// By far the largest, of which a connection that is open keeps nothing.
    Tls(Box<AwaitTls>),
    Hello(AwaitHello),
    /// A return connection: DIALBACK_REPLY is awaited.
    Dialback,
    Open(Open),
    Ended,
}

/// What a state did with what is there.
enum Step {
    /// More may be done at once.
    Next(State),
    /// It needs more bytes.
    Wait(State),
}

impl Session {
    /// Begins; a dialler has its handshake in the output at once.
    #[must_use]
    pub fn new(config: SessionConfig, now: Instant) -> Self {
        let mut out = Outbox::default();
        let timeouts = config.timeouts;
        let state = State::Handshake(AwaitHandshake::begin(config, &mut out, now));
        Self { state, input: Input::new(), out, started: now, timeouts }
    }

    /// Bytes from the peer: as they come from the socket, decrypted once TLS runs.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if matches!(self.state, State::Ended) {
            return;
        }
        self.input.push(bytes);
        if let State::Open(open) = &mut self.state {
            open.active(now);
        }
        self.advance(now);
    }

    /// Where the rest of a frame goes that has begun to come, without another copy: who fills it
    /// calls [`Self::received`]. `None` where [`Self::receive`] has to be called: what comes
    /// next may be several frames.
    pub fn room(&mut self) -> Option<Limit<&mut BytesMut>> {
        if self.is_open() { self.input.room() } else { None }
    }

    /// Bytes are taken again that nobody took for a while: that the rest of a frame has not come
    /// meanwhile says nothing about the peer.
    pub fn reads_again(&mut self, now: Instant) {
        if let State::Open(open) = &mut self.state {
            open.reads_again(now);
        }
    }

    /// Bytes have come into [`Self::room`].
    pub fn received(&mut self, now: Instant) {
        if let State::Open(open) = &mut self.state {
            open.active(now);
            self.advance(now);
        }
    }

    /// The last `count` bytes that came into [`Self::room`]; to be looked at before
    /// [`Self::received`].
    #[must_use]
    pub fn last(&self, count: usize) -> &[u8] {
        self.input.last(count)
    }

    /// Whether the last frame that came was whole and the next has not begun.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.input.is_between_frames()
    }

    /// TLS is up, and the peer has proved this permid. The answer to [`Output::StartTls`].
    pub fn tls_established(&mut self, permid: Permid, now: Instant) {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Tls(state) => match state.established(permid, &mut self.out, now) {
                Ok(state) => {
                    self.state = state;
                    self.advance(now);
                }
                Err(failure) => self.out.push(Output::Close(failure)),
            },
            other => self.state = other,
        }
    }

    /// The peer sends no more. A half-close counts as a lost connection (§2).
    pub fn end_of_stream(&mut self, end: End) {
        let failure = match &self.state {
            State::Ended => return,
            State::Open(_) => open::ended(end),
            State::Handshake(state) => state.ended(),
            State::Challenge(state) => state.agreed().closed_before("CHALLENGE"),
            State::Response1(state) => state.agreed().closed_before("RESPONSE1"),
            State::Response2(state) => state.agreed().closed_before("RESPONSE2"),
            State::Tls(state) => state.agreed().closed_before("its part of the TLS handshake"),
            State::Hello(state) => state.agreed().closed_before("HELLO"),
            State::Dialback => dialback::ended(),
        };
        self.close(failure);
    }

    /// Sends a frame. Only an authenticated connection takes one; after the end it goes nowhere, as
    /// [`Output::Close`] has said.
    pub fn send(&mut self, frame: &Frame, now: Instant) {
        if let State::Open(open) = &mut self.state {
            open.active(now);
            self.out.send(frame);
        }
    }

    /// Ends it from here.
    pub fn close(&mut self, failure: Failure) {
        if !matches!(self.state, State::Ended) {
            self.state = State::Ended;
            self.out.push(Output::Close(failure));
        }
    }

    /// To be called when [`Self::next_deadline`] has come; earlier calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some((due, deadline)) = self.next_deadline() else { return };
        if now < due {
            return;
        }
        match deadline {
            Deadline::Handshake | Deadline::Authentication => self.close(self.timed_out(deadline)),
            Deadline::Idle => {
                if let State::Open(open) = &mut self.state
                    && let Err(failure) = open.look(&self.timeouts, now)
                {
                    self.close(failure);
                }
            }
            Deadline::Frame => {
                if let State::Open(open) = &self.state {
                    self.close(open.slow(self.input.announced(), now));
                }
            }
        }
    }

    /// When [`Self::handle_timeout`] has to be called next, and why. Changes with every other call.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Instant, Deadline)> {
        match &self.state {
            State::Ended => None,
            State::Open(open) => Some(open.deadline(self.input.announced(), &self.timeouts)),
            State::Dialback => Some((self.started + self.timeouts.handshake, Deadline::Handshake)),
            State::Handshake(_) if !self.input.has_handshake_prefix() => {
                Some((self.started + self.timeouts.handshake, Deadline::Handshake))
            }
            _ => Some((self.started + self.timeouts.authentication, Deadline::Authentication)),
        }
    }

    /// What to do now; to be called until there is nothing.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// Whether the peer is authenticated and the end has not come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// How many bytes the frame takes that has begun to come and is not whole yet; 0 where there is
    /// none. At most 8 MiB.
    #[must_use]
    pub fn assembling(&self) -> usize {
        if self.is_open() { self.input.announced() } else { 0 }
    }

    fn advance(&mut self, now: Instant) {
        loop {
            let state = std::mem::replace(&mut self.state, State::Ended);
            match state.step(&mut self.input, &mut self.out, now, &self.timeouts) {
                Ok(Step::Next(state)) => self.state = state,
                Ok(Step::Wait(mut state)) => {
                    if let State::Open(open) = &mut state {
                        open.waits_for(self.input.unfinished(), now);
                    }
                    self.state = state;
                    return;
                }
                Err(failure) => {
                    self.out.push(Output::Close(failure));
                    return;
                }
            }
        }
    }

    fn timed_out(&self, deadline: Deadline) -> Failure {
        let (cause, allowed) = match (&self.state, deadline) {
            (_, Deadline::Handshake) => (Cause::HandshakeTimeout, self.timeouts.handshake),
            (State::Handshake(_), _) => (Cause::HandshakeTimeout, self.timeouts.authentication),
            _ => (Cause::AuthTimeout, self.timeouts.authentication),
        };
        Failure::new(cause, By::Us, format!("{} s were allowed", allowed.as_secs_f32()))
    }
}

impl State {
    fn step(
        self,
        input: &mut Input,
        out: &mut Outbox,
        now: Instant,
        timeouts: &Timeouts,
    ) -> Result<Step, Failure> {
        match self {
            Self::Handshake(state) => return state.step(input, out, now),
            Self::Tls(_) | Self::Ended => return Ok(Step::Wait(self)),
            _ => {}
        }
        let Some(frame) = input.frame()? else {
            return Ok(Step::Wait(self));
        };
        let proved = match self {
            Self::Challenge(state) => return state.on_frame(&frame, out, now).map(Step::Next),
            Self::Response1(state) => state.on_frame(&frame, out)?,
            Self::Response2(state) => state.on_frame(&frame, now)?,
            Self::Hello(state) => state.on_frame(&frame)?,
            Self::Dialback => {
                out.push(Output::DialledBack(dialback::dialled_at(&frame)?));
                return Ok(Step::Wait(Self::Ended));
            }
            Self::Open(state) => {
                return state.on_frame(frame, out).map(|open| Step::Next(Self::Open(open)));
            }
            Self::Handshake(_) | Self::Tls(_) | Self::Ended => return Ok(Step::Wait(self)),
        };
        input.authenticated();
        let open = Open::begin(proved.version, now, timeouts);
        out.push(Output::Authenticated(proved));
        Ok(Step::Next(Self::Open(open)))
    }
}

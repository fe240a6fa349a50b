//! Two sessions, the wire between them and somebody who may alter what is on it.

use std::collections::VecDeque;

use super::*;

/// Bounds every run.
const MAX_STEPS: usize = 20_000;
/// How a TLS client begins: a handshake record with a ClientHello.
const CLIENT_HELLO: &[u8] = &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];

/// Changes one byte of a stream: given who sent it and where in the stream it is.
type Tamper = Box<dyn FnMut(Who, usize, u8) -> u8>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Dialler,
    Acceptor,
}

pub struct Side {
    pub session: Session,
    pub permid: Option<Permid>,
    pub authenticated: Option<Authenticated>,
    pub frames: Vec<Frame>,
    pub rungs: Vec<Phase>,
    pub ended: Option<Failure>,
    /// What is under way to this side with the time it arrives; an empty packet is the end.
    inbox: VecDeque<(Instant, Vec<u8>)>,
    sent: usize,
    wants_tls: bool,
    /// Goes out once TLS is up.
    hello: Bytes,
}

pub struct Pair {
    pub now: Instant,
    pub dialler: Side,
    pub acceptor: Side,
    latency: Duration,
    split: usize,
    tamper: Tamper,
}

impl Side {
    fn new(config: SessionConfig, now: Instant) -> Self {
        let permid = config.identities.current.as_ref().map(|identity| identity.permid());
        Self {
            session: Session::new(config, now),
            permid,
            authenticated: None,
            frames: Vec::new(),
            rungs: Vec::new(),
            ended: None,
            inbox: VecDeque::new(),
            sent: 0,
            wants_tls: false,
            hello: Bytes::new(),
        }
    }
}

impl Pair {
    /// A dialler of port 7000 and the acceptor there.
    pub fn new(dialler: Identities, acceptor: Identities) -> Self {
        Self::configured(
            config(Role::Dialler { port: 7000 }, dialler, 0, 1),
            config(Role::Acceptor, acceptor, 7000, 2),
        )
    }

    pub fn configured(dialler: SessionConfig, acceptor: SessionConfig) -> Self {
        let now = start();
        Self {
            now,
            dialler: Side::new(dialler, now),
            acceptor: Side::new(acceptor, now),
            latency: ms(20),
            split: usize::MAX,
            tamper: Box::new(|_, _, byte| byte),
        }
    }

    pub const fn split_every(mut self, bytes: usize) -> Self {
        self.split = bytes;
        self
    }

    pub fn tamper(mut self, tamper: impl FnMut(Who, usize, u8) -> u8 + 'static) -> Self {
        self.tamper = Box::new(tamper);
        self
    }

    fn side(&mut self, who: Who) -> &mut Side {
        match who {
            Who::Dialler => &mut self.dialler,
            Who::Acceptor => &mut self.acceptor,
        }
    }

    /// Until nothing is under way any more. Time passes as the packets travel.
    pub fn run(mut self) -> Self {
        for _ in 0..MAX_STEPS {
            let busy = self.poll(Who::Dialler) | self.poll(Who::Acceptor);
            if !self.deliver() && !busy {
                return self;
            }
        }
        panic!("no end after {MAX_STEPS} steps");
    }

    /// As [`Self::run`], then the deadlines, until none is left.
    pub fn run_out(mut self) -> Self {
        loop {
            self = self.run();
            let due = [&self.dialler, &self.acceptor].map(|side| side.session.next_deadline());
            let Some((due, _)) = due.into_iter().flatten().min_by_key(|(due, _)| *due) else {
                return self;
            };
            self.now = due;
            self.dialler.session.handle_timeout(due);
            self.acceptor.session.handle_timeout(due);
        }
    }

    /// Does what a side has to do; whether there was anything.
    fn poll(&mut self, who: Who) -> bool {
        let mut busy = false;
        while let Some(output) = self.side(who).session.poll_output() {
            busy = true;
            let arrives = self.now + self.latency;
            let side = self.side(who);
            match output {
                Output::Send(bytes) => self.send(who, &bytes),
                Output::Rung { phase, .. } => side.rungs.push(phase),
                Output::StartTls { leftover, hello, .. } => {
                    (side.wants_tls, side.hello) = (true, hello);
                    if leftover.is_empty() {
                        self.start_tls(who);
                    } else {
                        side.session.close(tls_failed());
                    }
                }
                Output::Authenticated(who) => side.authenticated = Some(who),
                Output::Frame(frame) => side.frames.push(frame),
                Output::DialledBack(at) => panic!("a return connection, from {at}"),
                Output::Close(failure) => {
                    side.ended = Some(failure);
                    self.other(who).inbox.push_back((arrives, Vec::new()));
                }
            }
        }
        busy
    }

    /// TLS as seen from outside: both sides learn the other's true permid, or it fails because one
    /// of them doesn't speak it.
    fn start_tls(&mut self, who: Who) {
        if self.dialler.wants_tls && self.acceptor.wants_tls {
            self.now += self.latency * 2;
            let now = self.now;
            let (dialler, acceptor) = (self.dialler.permid, self.acceptor.permid);
            self.dialler.session.tls_established(acceptor.unwrap(), now);
            self.acceptor.session.tls_established(dialler.unwrap(), now);
            // TLS sends it only where the right peer has proved itself.
            let hello = std::mem::take(&mut self.dialler.hello);
            if self.dialler.session.next_deadline().is_some() {
                self.send(Who::Dialler, &hello);
            }
        } else if who == Who::Dialler {
            self.send(who, CLIENT_HELLO);
        }
    }

    fn send(&mut self, who: Who, bytes: &[u8]) {
        let at = self.side(who).sent;
        self.side(who).sent += bytes.len();
        let altered: Vec<u8> =
            bytes.iter().enumerate().map(|(i, byte)| (self.tamper)(who, at + i, *byte)).collect();
        let arrives = self.now + self.latency;
        let packets = altered
            .chunks(self.split.min(altered.len().max(1)))
            .map(|packet| (arrives, packet.to_vec()));
        let packets: Vec<_> = packets.collect();
        self.other(who).inbox.extend(packets);
    }

    fn other(&mut self, who: Who) -> &mut Side {
        self.side(other_of(who))
    }

    /// Delivers the next packet there is.
    fn deliver(&mut self) -> bool {
        let next = |side: &Side| side.inbox.front().map(|(arrives, _)| *arrives);
        let who = match (next(&self.dialler), next(&self.acceptor)) {
            (None, None) => return false,
            (Some(_), None) => Who::Dialler,
            (None, Some(_)) => Who::Acceptor,
            (Some(a), Some(b)) => {
                if a <= b {
                    Who::Dialler
                } else {
                    Who::Acceptor
                }
            }
        };
        let Some((arrives, packet)) = self.side(who).inbox.pop_front() else { return false };
        self.now = self.now.max(arrives);
        let now = self.now;
        let side = self.side(who);
        if packet.is_empty() {
            side.session.end_of_stream(End::Closed);
            return true;
        }
        if packet == CLIENT_HELLO && side.wants_tls {
            return true;
        }
        // Raw bytes where a TLS record should be, or the other way round.
        if side.wants_tls
            && side.session.next_deadline().is_some()
            && side.authenticated.is_none()
            && !tls_is_up(side)
        {
            side.session.close(tls_failed());
        }
        side.session.receive(&packet, now);
        true
    }
}

fn tls_is_up(side: &Side) -> bool {
    !matches!(side.session.state, State::Tls(_))
}

const fn other_of(who: Who) -> Who {
    match who {
        Who::Dialler => Who::Acceptor,
        Who::Acceptor => Who::Dialler,
    }
}

fn tls_failed() -> Failure {
    Failure::new(Cause::TlsFailed, By::Us, "")
}

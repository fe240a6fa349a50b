//! The hairpinning test (RFC 5780 §4.5 in both directions): two sockets learn their external
//! addresses and send to each other there. Each sends, so that each one's filter lets the other in.
//! Where "there" is, only the server says: one out in the network must not point into somebody's
//! private one.

use std::net::SocketAddr;
use std::time::Instant;

use super::exchange::{Ask, Exchange, Heard, SocketId};
use super::silence::{Finding, Silence};
use crate::nat::axis::{Axis, Confidence, Hairpin, Why};
use crate::nat::scope::Scope;
use crate::nat::stun::TransactionId;

pub(super) struct HairpinTest {
    server: SocketAddr,
    ends: [End; 2],
    rounds: Option<Silence>,
    axis: Option<Axis<Hairpin>>,
}

struct End {
    socket: SocketId,
    asked: TransactionId,
    external: Option<SocketAddr>,
}

impl HairpinTest {
    pub fn new(server: SocketAddr, exchange: &mut Exchange, now: Instant) -> Self {
        let mut end = || {
            let socket = exchange.fresh_socket();
            End { socket, asked: exchange.ask(Ask::plain(socket, server), now), external: None }
        };
        Self { server, ends: [end(), end()], rounds: None, axis: None }
    }

    pub fn tick(&mut self, exchange: &mut Exchange, now: Instant) {
        if let Some(rounds) = &mut self.rounds {
            rounds.tick(exchange, now);
        }
        self.conclude();
    }

    pub fn heard(
        &mut self,
        exchange: &mut Exchange,
        id: TransactionId,
        heard: &Heard,
        now: Instant,
    ) {
        if let Some(rounds) = &mut self.rounds {
            rounds.heard(id, heard, now);
        } else if let Some(end) = self.ends.iter_mut().find(|end| end.asked == id) {
            match heard {
                Heard::Answer { success, .. }
                    if Scope::of(success.mapped.ip()) >= Scope::of(self.server.ip()) =>
                {
                    end.external = Some(success.mapped);
                }
                Heard::Answer { .. } => self.axis = Some(Axis::Inconclusive(Why::Implausible)),
                _ => self.axis = Some(Axis::Inconclusive(Why::Refused)),
            }
            self.begin_rounds(exchange, now);
        }
        self.conclude();
    }

    pub fn given_up(&mut self, id: TransactionId) {
        if self.ends.iter().any(|end| end.asked == id) {
            self.axis = Some(Axis::Inconclusive(Why::Lossy));
        }
    }

    fn begin_rounds(&mut self, exchange: &mut Exchange, now: Instant) {
        let [one, other] = &self.ends;
        if let (Some(external), Some(others)) = (one.external, other.external) {
            let questions = vec![
                Ask::hairpin(one.socket, others, other.socket),
                Ask::hairpin(other.socket, external, one.socket),
            ];
            let mut rounds = Silence::new(Ask::plain(one.socket, self.server), questions, now);
            rounds.tick(exchange, now);
            self.rounds = Some(rounds);
        }
    }

    /// One direction that works is enough: the other's mapping may depend on the destination.
    fn conclude(&mut self) {
        let Some(rounds) = &self.rounds else { return };
        let findings = rounds.findings();
        if findings.contains(&Finding::Heard) {
            self.axis = Some(Axis::Known(Hairpin::Works, Confidence::PROVEN));
        } else if rounds.is_done() {
            self.axis = Some(match findings[..] {
                [Finding::Silent(one), Finding::Silent(other)] => {
                    Axis::Known(Hairpin::Fails, one.min(other))
                }
                _ => Axis::Inconclusive(Why::Lossy),
            });
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.rounds.as_ref().and_then(Silence::deadline)
    }

    /// The verdict, once there is one.
    pub const fn axis(&self) -> Option<Axis<Hairpin>> {
        self.axis
    }
}

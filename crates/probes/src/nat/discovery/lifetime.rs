//! The lifetime test (RFC 5780 §4.6, with the original's ladder of protocol.md §5): a socket a rung
//! makes a mapping and stays silent; after the rung's time another socket asks the server to answer
//! to that mapping (RESPONSE-PORT). What arrives was let in, so the mapping lives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::exchange::{Ask, Exchange, Heard, SocketId};
use super::silence::{Finding, Silence};
use crate::nat::axis::{Axis, Confidence, Lifetime, Why};
use crate::nat::stun::TransactionId;

pub(super) struct LifetimeTest {
    server: SocketAddr,
    /// Asks for all rungs.
    control: SocketId,
    /// Shows at once whether the server answers to another port when asked.
    check: Rung,
    checking: Option<TransactionId>,
    checked: bool,
    rungs: Vec<Rung>,
    axis: Option<Axis<Lifetime>>,
}

struct Rung {
    after: Duration,
    socket: SocketId,
    asked: TransactionId,
    /// Its external port, and since when it is silent.
    mapped: Option<(u16, Instant)>,
    rounds: Option<Silence>,
}

impl Rung {
    fn new(after: Duration, server: SocketAddr, exchange: &mut Exchange, now: Instant) -> Self {
        let socket = exchange.fresh_socket();
        Self {
            after,
            socket,
            asked: exchange.ask(Ask::plain(socket, server), now),
            mapped: None,
            rounds: None,
        }
    }

    fn starts(&self) -> Option<Instant> {
        self.mapped.map(|(_, since)| since + self.after)
    }

    /// Begins its rounds when its time has come.
    fn tick(&mut self, control: Ask, exchange: &mut Exchange, now: Instant) {
        if let Some((port, since)) = self.mapped
            && now >= since + self.after
        {
            let question = Ask::to_port(control.socket, control.to, port, self.socket);
            let rounds =
                self.rounds.get_or_insert_with(|| Silence::new(control, vec![question], now));
            rounds.tick(exchange, now);
        }
    }

    fn finding(&self) -> Option<Finding> {
        let rounds = self.rounds.as_ref().filter(|rounds| rounds.is_done())?;
        rounds.findings().first().copied()
    }
}

impl LifetimeTest {
    /// `ladder` is in rising order.
    pub fn new(
        server: SocketAddr,
        ladder: &[Duration],
        exchange: &mut Exchange,
        now: Instant,
    ) -> Self {
        let control = exchange.fresh_socket();
        let check = Rung::new(Duration::ZERO, server, exchange, now);
        let rungs = ladder.iter().map(|after| Rung::new(*after, server, exchange, now)).collect();
        Self { server, control, check, checking: None, checked: false, rungs, axis: None }
    }

    pub fn tick(&mut self, exchange: &mut Exchange, now: Instant) {
        if !self.checked {
            return;
        }
        let control = Ask::plain(self.control, self.server);
        for rung in &mut self.rungs {
            rung.tick(control, exchange, now);
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
        if self.checking == Some(id) {
            self.checked = matches!(heard, Heard::Answer { .. });
            if !self.checked {
                self.axis = Some(Axis::Inconclusive(Why::Refused));
            }
            return;
        }
        if let Heard::Answer { success, .. } = heard {
            let rungs = self.rungs.iter_mut().chain([&mut self.check]);
            if let Some(rung) = rungs.into_iter().find(|rung| rung.asked == id) {
                rung.mapped = Some((success.mapped.port(), now));
            }
        }
        for rounds in self.rungs.iter_mut().filter_map(|rung| rung.rounds.as_mut()) {
            rounds.heard(id, heard, now);
        }
        self.begin_check(exchange, now);
        self.conclude();
    }

    /// Once every socket has its mapping.
    fn begin_check(&mut self, exchange: &mut Exchange, now: Instant) {
        let Some((port, _)) = self.check.mapped else { return };
        if self.checking.is_none() && self.rungs.iter().all(|rung| rung.mapped.is_some()) {
            let ask = Ask::to_port(self.control, self.server, port, self.check.socket);
            self.checking = Some(exchange.ask(ask, now));
        }
    }

    pub fn given_up(&mut self, id: TransactionId) {
        let why = if self.checking == Some(id) { Why::Refused } else { Why::Lossy };
        self.axis = Some(Axis::Inconclusive(why));
    }

    /// The first rung found gone ends it: a longer silence would not revive a mapping.
    fn conclude(&mut self) {
        let findings: Vec<(Duration, Option<Finding>)> =
            self.rungs.iter().map(|rung| (rung.after, rung.finding())).collect();
        let gone =
            findings.iter().position(|(_, finding)| matches!(finding, Some(Finding::Silent(_))));
        let upto = gone.unwrap_or(findings.len());
        if findings[..upto].iter().any(|(_, finding)| finding.is_none()) {
            return;
        }
        let heard =
            findings[..upto].iter().rev().find(|(_, finding)| *finding == Some(Finding::Heard));
        let confidence = match gone.and_then(|at| findings[at].1) {
            Some(Finding::Silent(sure)) => sure,
            _ => Confidence::PROVEN,
        };
        let gone = gone.map(|at| findings[at].0);
        self.axis = Some(match (heard, gone) {
            (None, None) => Axis::Inconclusive(Why::Lossy),
            (heard, gone) => {
                let alive = heard.map_or(Duration::ZERO, |(after, _)| *after);
                Axis::Known(Lifetime { alive, gone }, confidence)
            }
        });
    }

    pub fn deadline(&self) -> Option<Instant> {
        if !self.checked {
            return None;
        }
        let next =
            |rung: &Rung| rung.rounds.as_ref().map_or_else(|| rung.starts(), Silence::deadline);
        self.rungs.iter().filter_map(next).min()
    }

    /// The verdict, once there is one.
    pub const fn axis(&self) -> Option<Axis<Lifetime>> {
        self.axis
    }
}

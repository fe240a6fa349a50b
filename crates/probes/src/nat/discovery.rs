//! NAT behaviour discovery (RFC 5780 over RFC 8489) as a state machine without I/O: datagrams,
//! times and a seed go in, datagrams and a report come out.
//!
//! ```text
//! contact → filtering → mapping → (opened) → hairpin → lifetime → report
//! ```
//!
//! The order matters: a filter that was opened by another test tells nothing, so the filtering test
//! comes before any endpoint but the first is contacted, and each test has fresh sockets. A verdict
//! from silence needs repeated rounds whose control requests are answered (`silence`) and a proof
//! that the way was open (`opened`); without, the axis is inconclusive.

mod contact;
mod endpoints;
mod exchange;
mod filtering;
mod hairpin;
mod lifetime;
mod mapping;
mod opened;
mod silence;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::axis::{Axis, Confidence, Mapping, PortPreservation, Udp, Why};
use super::ids::Ids;
use super::report::NatReport;
pub use super::report::Traffic;
use super::stun::TransactionId;
use contact::{Contact, Contacted, Met};
use endpoints::Endpoints;
use exchange::{Ask, Exchange, Heard};
pub use exchange::{Received, SocketId, Transmit};
use filtering::{Findings, Way};
use hairpin::HairpinTest;
use lifetime::LifetimeTest;
use mapping::MappingTest;
use opened::Opened;
use silence::{Finding, Silence};

/// More servers than that are not asked.
pub const MAX_SERVERS: usize = 8;
/// More rungs than that a ladder hasn't: each has a socket.
pub const MAX_RUNGS: usize = 16;
/// The times that the original waited for a pingback, in seconds (protocol.md §5).
pub const LADDER: [u64; 6] = [25, 35, 55, 85, 115, 145];

/// How long everything but the lifetime test may take; what is not known by then is inconclusive. A
/// test without losses takes 5 to 10 s, one that has to give a request up 40 s more; Crawlers wait
/// 200 s for NATCHECK.
const LIMIT: Duration = Duration::from_secs(150);
/// What the lifetime test may take besides its last rung: making the mappings, and the last rung's
/// rounds.
const LADDER_MARGIN: Duration = Duration::from_secs(60);

/// What to measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// In the order of preference; the first that has two addresses and answers is used.
    pub servers: Vec<SocketAddr>,
    /// The rungs of the lifetime test; empty: the lifetime is not measured. See [`LADDER`].
    pub ladder: Vec<Duration>,
}

/// One run of the tests. Feed it datagrams and the time, send what it gives, until [`Self::report`]
/// is there.
pub struct Discovery {
    exchange: Exchange,
    stage: Stage,
    report: NatReport,
    plan: Plan,
    started: Instant,
    limit: Instant,
    /// What the filtering test found, for the tests after it.
    filtering: Option<Filtered>,
}

#[derive(Clone, Copy)]
struct Filtered {
    findings: Findings,
    server: Endpoints,
}

enum Stage {
    Contact(Contact),
    Filtering(Silence, Endpoints),
    Mapping(MappingTest),
    Opened(Opened),
    Hairpin(HairpinTest),
    Lifetime(LifetimeTest),
    Done,
}

impl Discovery {
    /// Begins at once: there is something to send. `seed` makes the transaction ids and must be
    /// random.
    #[must_use]
    pub fn new(mut plan: Plan, seed: [u8; 32], now: Instant) -> Self {
        plan.servers.truncate(MAX_SERVERS);
        plan.ladder.sort_unstable();
        plan.ladder.truncate(MAX_RUNGS);
        let mut exchange = Exchange::new(Ids::new(seed));
        let mut contact = Contact::new(&plan.servers, &mut exchange, now);
        contact.tick(&mut exchange, now);
        let ladder = plan.ladder.last().map_or(Duration::ZERO, |last| *last + LADDER_MARGIN);
        let report = NatReport::unfinished(!plan.ladder.is_empty(), now);
        let (stage, limit) = (Stage::Contact(contact), now + LIMIT + ladder);
        let mut discovery =
            Self { exchange, stage, report, plan, started: now, limit, filtering: None };
        discovery.proceed(now);
        discovery
    }

    /// A datagram came on one of the sockets.
    pub fn receive(&mut self, received: Received<'_>, now: Instant) {
        if let Some((id, heard)) = self.exchange.receive(received) {
            self.heard(id, &heard, now);
            self.proceed(now);
        }
    }

    /// The operating system refused to send a datagram. It counts as lost.
    pub fn unsent(&mut self) {
        self.exchange.traffic.unsent += 1;
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if now >= self.limit {
            self.stage = self.finish(now);
            return;
        }
        for id in self.exchange.handle_timeout(now) {
            self.given_up(id, now);
        }
        self.proceed(now);
    }

    /// When to call [`Self::handle_timeout`]; `None` once the report is there.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let stage = match &self.stage {
            Stage::Contact(contact) => contact.deadline(),
            Stage::Filtering(rounds, _) => rounds.deadline(),
            Stage::Hairpin(test) => test.deadline(),
            Stage::Lifetime(test) => test.deadline(),
            Stage::Mapping(_) | Stage::Opened(_) => None,
            Stage::Done => return None,
        };
        [stage, self.exchange.next_deadline(), Some(self.limit)].into_iter().flatten().min()
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.exchange.poll_transmit()
    }

    /// The result, once the tests are over.
    #[must_use]
    pub const fn report(&self) -> Option<&NatReport> {
        if matches!(self.stage, Stage::Done) { Some(&self.report) } else { None }
    }

    fn heard(&mut self, id: TransactionId, heard: &Heard, now: Instant) {
        match &mut self.stage {
            Stage::Contact(contact) => contact.heard(id, heard, now),
            Stage::Filtering(rounds, _) => rounds.heard(id, heard, now),
            Stage::Mapping(test) => test.heard(&mut self.exchange, id, heard, now),
            Stage::Opened(test) => test.heard(&mut self.exchange, id, heard, now),
            Stage::Hairpin(test) => test.heard(&mut self.exchange, id, heard, now),
            Stage::Lifetime(test) => test.heard(&mut self.exchange, id, heard, now),
            Stage::Done => {}
        }
    }

    fn given_up(&mut self, id: TransactionId, now: Instant) {
        match &mut self.stage {
            Stage::Contact(contact) => contact.given_up(id, now),
            Stage::Mapping(test) => test.given_up(&mut self.exchange, id, now),
            Stage::Opened(test) => test.given_up(id),
            Stage::Hairpin(test) => test.given_up(id),
            Stage::Lifetime(test) => test.given_up(id),
            Stage::Filtering(..) | Stage::Done => {}
        }
    }

    /// Lets the stage act, and goes on to the next one while it is over.
    fn proceed(&mut self, now: Instant) {
        self.tick(now);
        while self.stage_is_over() {
            let over = std::mem::replace(&mut self.stage, Stage::Done);
            self.exchange.forget_all();
            self.stage = self.after(over, now);
            self.tick(now);
        }
    }

    fn tick(&mut self, now: Instant) {
        match &mut self.stage {
            Stage::Contact(contact) => contact.tick(&mut self.exchange, now),
            Stage::Filtering(rounds, _) => rounds.tick(&mut self.exchange, now),
            Stage::Hairpin(test) => test.tick(&mut self.exchange, now),
            Stage::Lifetime(test) => test.tick(&mut self.exchange, now),
            Stage::Mapping(_) | Stage::Opened(_) | Stage::Done => {}
        }
    }

    fn stage_is_over(&self) -> bool {
        match &self.stage {
            Stage::Contact(contact) => contact.outcome().is_some(),
            Stage::Filtering(rounds, _) => rounds.is_done(),
            Stage::Mapping(test) => test.is_done(),
            Stage::Opened(test) => test.is_done(),
            Stage::Hairpin(test) => test.axis().is_some(),
            Stage::Lifetime(test) => test.axis().is_some(),
            Stage::Done => false,
        }
    }

    /// Takes what a stage found, and begins the next.
    fn after(&mut self, over: Stage, now: Instant) -> Stage {
        match over {
            Stage::Contact(contact) => self.after_contact(contact.outcome(), now),
            Stage::Filtering(rounds, server) => {
                self.after_filtering(&rounds.findings(), server, now)
            }
            Stage::Mapping(test) => self.after_mapping(&test, now),
            Stage::Opened(test) => {
                self.judge_filtering(if test.is_proven() {
                    Way::Open
                } else {
                    Way::Closed(Why::ChangeUnproven)
                });
                self.hairpin(now)
            }
            Stage::Hairpin(test) => {
                self.report.hairpin = test.axis().unwrap_or_default();
                self.lifetime(now)
            }
            Stage::Lifetime(test) => {
                self.report.lifetime = test.axis().unwrap_or_default();
                self.finish(now)
            }
            Stage::Done => self.finish(now),
        }
    }

    fn after_contact(&mut self, contacted: Option<Contacted>, now: Instant) -> Stage {
        match contacted {
            Some(Contacted::Full(met, server)) => {
                self.met(&met);
                let control = Ask::plain(met.socket, server.primary);
                let questions = filtering::questions(met.socket, &server).to_vec();
                Stage::Filtering(Silence::new(control, questions, now), server)
            }
            Some(Contacted::Plain(all)) => {
                if let Some(first) = all.first() {
                    self.met(first);
                }
                self.report.filtering = Axis::Inconclusive(Why::NoAlternate);
                let servers = all.iter().map(|met| met.server).collect();
                Stage::Mapping(MappingTest::new(servers, &mut self.exchange, now))
            }
            Some(Contacted::Nobody) | None => {
                self.report.silent(self.blocked());
                self.finish(now)
            }
        }
    }

    /// That no server answered: one may be down, several at different addresses hardly are. Each
    /// counts as a coin that fell.
    fn blocked(&self) -> Axis<Udp> {
        let Traffic { sent, unsent, .. } = self.exchange.traffic;
        if unsent == sent {
            return Axis::Inconclusive(Why::Unsent);
        }
        let hosts: BTreeSet<_> = self.plan.servers.iter().map(SocketAddr::ip).collect();
        let doubt = hosts.iter().fold(1.0, |doubt, _| doubt / 2.0);
        Axis::Known(Udp::Blocked, Confidence::from_doubt(doubt))
    }

    fn met(&mut self, met: &Met) {
        self.report.udp = Axis::Known(Udp::Open, Confidence::PROVEN);
        self.report.server = Some(met.server);
        self.report.internal = Some(met.local);
        self.report.external = Some(met.mapped);
    }

    fn after_filtering(&mut self, findings: &[Finding], server: Endpoints, now: Instant) -> Stage {
        if let [both, port] = *findings {
            self.filtering = Some(Filtered { findings: Findings { both, port }, server });
        }
        Stage::Mapping(MappingTest::new(server.all().to_vec(), &mut self.exchange, now))
    }

    fn after_mapping(&mut self, test: &MappingTest, now: Instant) -> Stage {
        self.report.mapping = test.axis();
        let Some(Filtered { findings, server }) = self.filtering else { return self.hairpin(now) };
        let questions = filtering::questions(test.socket, &server);
        let silent: Vec<Ask> = questions
            .into_iter()
            .zip(findings.silent())
            .filter_map(|(ask, silent)| silent.then_some(ask))
            .collect();
        if !silent.iter().all(|ask| ask.answers_from().is_some_and(|from| test.answered(from))) {
            self.judge_filtering(Way::Closed(Why::AlternateSilent));
        } else if !silent.is_empty() && test.axis().known() == Some(&Mapping::EndpointIndependent) {
            return Stage::Opened(Opened::new(silent, &mut self.exchange, now));
        } else {
            self.judge_filtering(Way::Direct);
        }
        self.hairpin(now)
    }

    fn judge_filtering(&mut self, way: Way) {
        if let Some(Filtered { findings, .. }) = self.filtering {
            self.report.filtering = filtering::verdict(findings, way);
        }
    }

    /// Without a NAT, hairpinning means nothing.
    fn hairpin(&mut self, now: Instant) -> Stage {
        match self.report.server {
            Some(server) if self.report.is_translated() => {
                Stage::Hairpin(HairpinTest::new(server, &mut self.exchange, now))
            }
            _ => {
                self.report.hairpin = Axis::NotMeasured;
                self.lifetime(now)
            }
        }
    }

    fn lifetime(&mut self, now: Instant) -> Stage {
        match self.report.server {
            Some(server) if !self.plan.ladder.is_empty() => Stage::Lifetime(LifetimeTest::new(
                server,
                &self.plan.ladder,
                &mut self.exchange,
                now,
            )),
            _ => self.finish(now),
        }
    }

    fn finish(&mut self, now: Instant) -> Stage {
        self.exchange.forget_all();
        self.report.port_preservation = self.port_preservation();
        self.report.traffic = self.exchange.traffic;
        self.report.measured_at = now;
        self.report.took = now.saturating_duration_since(self.started);
        Stage::Done
    }

    /// Every socket that was answered is one observation; a single one can be chance.
    fn port_preservation(&self) -> Axis<PortPreservation> {
        let same: Vec<bool> = self
            .exchange
            .samples()
            .iter()
            .map(|sample| sample.local.port() == sample.mapped.port())
            .collect();
        let confidence = if same.len() > 1 { Confidence::PROVEN } else { Confidence::LIKELY };
        let all = same.iter().filter(|same| **same).count();
        match (all, same.len()) {
            (_, 0) => Axis::Inconclusive(Why::NoAnswer),
            (0, _) => Axis::Known(PortPreservation::Never, confidence),
            (all, of) if all == of => Axis::Known(PortPreservation::Always, confidence),
            _ => Axis::Known(PortPreservation::Sometimes, confidence),
        }
    }
}

#[cfg(test)]
mod tests;

//! Any question to any peer of these networks: what the command line and the screen both ask
//! through.

use std::time::Duration;

use serde_json::{Value, json};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{self, RemoteError, Want};
use swarmscope_wire::text::count;
use tokio::time::Instant;

use super::dht::ask_watched;
use super::lookup::look_up_watched;
use super::peer::Turn;
use super::watched::Heard;
use super::{NodeAnswer, Timings, Wanted, converse, reach, resolve};
use crate::address::Policy;
use crate::answer::{self, Said};
use crate::dht::lookup::LookupConfig;
use crate::exchange::Exchange;
use crate::question::{Question, undefined};
use crate::reach::Verdict;
use crate::target::Target;

/// What the operator allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How long the whole reply may take.
    pub timeout: Duration,
    /// Whom a lookup may ask beyond the target.
    pub policy: Policy,
    /// Queries a second to everybody together.
    pub rate: u32,
}

/// A part of a reply: a rung, a peer exchange, a hop.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// From 0.
    pub index: u32,
    /// Since the question was asked.
    pub at: Duration,
    /// What it says.
    pub json: Value,
}

/// What is told while a question is under way.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// A part of the reply.
    Part(Part),
    /// What went over the wire, but for REACH, whose steps are its parts.
    Exchange(Exchange),
}

/// A whole reply.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// The error by which a node refused the question.
    pub error: Option<RemoteError>,
    /// What it says.
    pub said: Said,
    /// How many parts came before.
    pub parts: u32,
    /// From question to reply.
    pub elapsed: Duration,
    /// The exit code of cli.md.
    pub exit: u8,
}

impl Reply {
    /// 0 for success, else the code of the error. Those of BEP 5 are as they are. Any other is 1 here
    /// and stands in what is said: a node could say 0, which is no error, or 254, which means
    /// something else on the overlay.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.error.as_ref().map_or(0, |error| shown_code(error.code))
    }
}

/// As [`Reply::code`] has it.
#[must_use]
pub fn shown_code(code: i64) -> u8 {
    u8::try_from(code).ok().filter(|code| (201..=204).contains(code)).unwrap_or(1)
}

/// The exit code of a reply with an error byte, or an error of KRPC.
const EXIT_REFUSED: u8 = 12;

/// Asks, and tells of each part as it comes, and of what goes over the wire.
///
/// # Errors
/// Everything but a reply.
pub async fn question(
    target: &Target,
    question: &Question,
    settings: &Settings,
    tell: impl FnMut(Told),
) -> Result<Reply, Failure> {
    let begun = Instant::now();
    let mut telling = Telling { begun, parts: 0, tell };
    let (said, error, exit) = match *question {
        Question::Reach => {
            let findings =
                reach(&target.place, Timings::default(), |rung| telling.part(answer::rung(rung)))
                    .await;
            let verdict = Verdict::of(&findings);
            (answer::verdict(&findings, &verdict), None, verdict.exit)
        }
        Question::Hello(infohash) => {
            let address = resolve(&target.place).await?;
            let peer = converse(address, infohash, Wanted::Hello, settings.timeout, |turn| {
                if let Turn::Sent(sent) = turn {
                    telling.exchange(Exchange::Sent(sent));
                }
            })
            .await?;
            telling.exchange(Exchange::Received(peer.received));
            (answer::hello(&peer.handshake, peer.extensions.as_deref(), peer.encryption), None, 0)
        }
        Question::PeerExchange(infohash) => {
            let address = resolve(&target.place).await?;
            let (mut met, mut lost) = (0, 0);
            let peer =
                converse(address, infohash, Wanted::PeerExchange, settings.timeout, |turn| {
                    match turn {
                        Turn::Sent(sent) => telling.exchange(Exchange::Sent(sent)),
                        Turn::PeerExchange(exchange) => {
                            met += exchange.added.len();
                            lost += exchange.dropped.len();
                            telling.part(answer::peer_exchange(exchange).json);
                        }
                    }
                })
                .await?;
            telling.exchange(Exchange::Received(peer.received));
            let dropped: Vec<Value> = (peer.dropped.iter())
                .map(|(name, count, bytes)| json!({ "message": name, "count": count, "bytes": bytes }))
                .collect();
            let exchanges = count(peer.exchanges, "peer exchange", "peer exchanges");
            let summary = format!("{exchanges}: {met} met, {lost} lost");
            let json = json!({ "exchanges": peer.exchanges, "added": met, "dropped": lost,
                "closed_by_peer": peer.closed_by_peer, "unread": dropped });
            (Said { summary, json }, None, 0)
        }
        Question::Lookup(wanted) => {
            let address = resolve(&target.place).await?;
            let config = LookupConfig {
                most_time: settings.timeout,
                policy: settings.policy.clone(),
                ..LookupConfig::default()
            };
            let seeds = [(address, target.id)];
            let tell = |heard: Heard<'_>| match heard {
                Heard::Hop(hop, so_far) => telling.part(answer::lookup::step(hop, wanted, so_far)),
                Heard::Exchange(exchange) => telling.exchange(exchange),
            };
            let found = look_up_watched(&seeds, wanted, settings.rate, config, tell).await?;
            (answer::lookup::said(&found, wanted), None, 0)
        }
        _ => {
            let address = resolve(&target.place).await?;
            let on_sent = |sent| telling.exchange(Exchange::Sent(sent));
            let query = query(question, super::random()?.next());
            let mut node =
                ask_watched(address, target.id, query, settings.timeout, on_sent).await?;
            if let Some(watched) = node.answer.watched.take() {
                telling.exchange(Exchange::Received(watched.1));
            }
            let said =
                answer::node(question, node.from, &node.answer, node.rtt.as_secs_f64() * 1e3);
            let error = node.answer.said.as_ref().err().cloned();
            let exit = if error.is_some() { EXIT_REFUSED } else { 0 };
            (with_strays(said, &node), error, exit)
        }
    };
    Ok(Reply { error, said, parts: telling.parts, elapsed: begun.elapsed(), exit })
}

/// Where what becomes known goes.
struct Telling<F> {
    begun: Instant,
    parts: u32,
    tell: F,
}

impl<F: FnMut(Told)> Telling<F> {
    fn part(&mut self, json: Value) {
        (self.tell)(Told::Part(Part { index: self.parts, at: self.begun.elapsed(), json }));
        self.parts += 1;
    }

    fn exchange(&mut self, exchange: Exchange) {
        (self.tell)(Told::Exchange(exchange));
    }
}

/// `draw` names a query that nobody has defined.
fn query(question: &Question, draw: u64) -> krpc::Question {
    let want = Want::default();
    match *question {
        Question::FindNode(target) => krpc::Question::FindNode { target, want },
        Question::GetPeers(infohash) => krpc::Question::GetPeers { infohash, want, scrape: false },
        Question::Scrape(infohash) => krpc::Question::GetPeers { infohash, want, scrape: true },
        Question::Sample(target) => krpc::Question::SampleInfohashes { target, want },
        Question::Canary => undefined(draw),
        _ => krpc::Question::Ping,
    }
}

fn with_strays(mut said: Said, node: &NodeAnswer) -> Said {
    if let Value::Object(members) = &mut said.json {
        members.insert("queries".into(), node.queries.into());
        members.insert("queries_of_its_own".into(), node.strays.queries.into());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_of_a_node_is_taken_for_success_or_for_the_overlay_s_254() {
        for code in 201..=204 {
            assert_eq!(i64::from(shown_code(code)), code);
        }
        for other in [0, 254, 253, 1, -1, 205, 256, i64::MIN, i64::MAX] {
            assert_eq!(shown_code(other), 1, "{other}");
        }
    }
}

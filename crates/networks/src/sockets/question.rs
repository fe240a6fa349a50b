//! Any question to any peer of these networks: what the command line and the screen both ask
//! through.

use std::time::Duration;

use serde_json::{Value, json};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{self, RemoteError, Want};
use swarmscope_wire::text::count;
use tokio::time::Instant;

use super::{NodeAnswer, Timings, Wanted, ask, converse, look_up, reach, resolve};
use crate::address::Policy;
use crate::answer::{self, Said};
use crate::dht::lookup::LookupConfig;
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

/// The exit code of a reply with an error byte, or an error of KRPC.
const EXIT_REFUSED: u8 = 12;

/// Asks, and tells `on_part` of each part as it comes.
///
/// # Errors
/// Everything but a reply.
pub async fn question(
    target: &Target,
    question: &Question,
    settings: &Settings,
    mut on_part: impl FnMut(Part),
) -> Result<Reply, Failure> {
    let begun = Instant::now();
    let mut parts = 0;
    let mut part = |json: Value| {
        on_part(Part { index: parts, at: begun.elapsed(), json });
        parts += 1;
    };
    let (said, error, exit) = match *question {
        Question::Reach => {
            let findings =
                reach(&target.place, Timings::default(), |rung| part(answer::rung(rung))).await;
            let verdict = Verdict::of(&findings);
            (answer::verdict(&findings, &verdict), None, verdict.exit)
        }
        Question::Hello(infohash) => {
            let address = resolve(&target.place).await?;
            let peer =
                converse(address, infohash, Wanted::Hello, settings.timeout, |_, _| {}).await?;
            (answer::hello(&peer.handshake, peer.extensions.as_deref(), peer.encryption), None, 0)
        }
        Question::PeerExchange(infohash) => {
            let address = resolve(&target.place).await?;
            let (mut met, mut lost) = (0, 0);
            let peer = converse(
                address,
                infohash,
                Wanted::PeerExchange,
                settings.timeout,
                |exchange, _| {
                    met += exchange.added.len();
                    lost += exchange.dropped.len();
                    part(answer::peer_exchange(exchange).json);
                },
            )
            .await?;
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
            let found = look_up(&seeds, wanted, settings.rate, config, |hop, so_far, _| {
                part(answer::lookup::step(hop, wanted, so_far));
            })
            .await?;
            (answer::lookup::said(&found, wanted), None, 0)
        }
        _ => {
            let address = resolve(&target.place).await?;
            let query = query(question, super::random()?.next());
            let node = ask(address, target.id, query, settings.timeout).await?;
            let said =
                answer::node(question, node.from, &node.answer, node.rtt.as_secs_f64() * 1e3);
            let error = node.answer.said.as_ref().err().cloned();
            let exit = if error.is_some() { EXIT_REFUSED } else { 0 };
            (with_strays(said, &node), error, exit)
        }
    };
    Ok(Reply { error, said, parts, elapsed: begun.elapsed(), exit })
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

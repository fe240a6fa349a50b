//! One question to one node.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::krpc::{NodeId, Question};
use tokio::time::timeout;

use super::udp::Socket;
use crate::dht::asker::{Answer, AskerConfig, Event, Stray};
use crate::dht::pace::TOTAL_RATE;
use crate::dht::transactions::Deadlines;
use crate::exchange::Sent;

/// What came that answers nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Strays {
    /// Queries of others: they were dropped, since this node is read-only.
    pub queries: u32,
    /// Anything else.
    pub others: u32,
}

/// A node's answer.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeAnswer {
    /// Who answered.
    pub from: SocketAddr,
    /// What it said.
    pub answer: Box<Answer>,
    /// From query to answer.
    pub rtt: Duration,
    /// How many queries were sent.
    pub queries: u32,
    /// What else came.
    pub strays: Strays,
}

pub(super) fn config(rate: u32) -> Result<AskerConfig, Failure> {
    let mut random = super::random()?;
    Ok(AskerConfig {
        id: NodeId(random.bytes()),
        rate,
        deadlines: Deadlines::default(),
        seed: random.next(),
    })
}

/// Asks one node, and once more where it is slow.
///
/// # Errors
/// No answer, nobody there, or another node than `expected`.
pub async fn ask(
    node: SocketAddr,
    expected: Option<NodeId>,
    question: Question,
    limit: Duration,
) -> Result<NodeAnswer, Failure> {
    let config = config(TOTAL_RATE)?;
    let socket = Socket::to_one(node, config).await?;
    ask_over(socket, node, expected, question, limit, |_| {}).await
}

/// The same, and `on_sent` hears of each query; the answer holds its datagram, as far as that may be
/// kept.
pub(super) async fn ask_watched(
    node: SocketAddr,
    expected: Option<NodeId>,
    question: Question,
    limit: Duration,
    mut on_sent: impl FnMut(Sent),
) -> Result<NodeAnswer, Failure> {
    let config = config(TOTAL_RATE)?;
    let socket = Socket::to_one(node, config).await?.watched();
    let identity = config.id.0;
    let on_sent =
        |bytes| on_sent(Sent { to: node, identity, encrypted: false, query: None, bytes });
    ask_over(socket, node, expected, question, limit, on_sent).await
}

async fn ask_over(
    mut socket: Socket<()>,
    node: SocketAddr,
    expected: Option<NodeId>,
    question: Question,
    limit: Duration,
    mut on_sent: impl FnMut(Vec<u8>),
) -> Result<NodeAnswer, Failure> {
    socket.ask(node, question.clone(), ());
    let mut strays = Strays::default();
    let mut malformed = None;
    let answered = timeout(limit, async {
        let mut is_retried = false;
        while let Some(event) = socket.next_event().await {
            match event {
                Event::Answered { from, answer, rtt, .. } => return Some(Ok((from, answer, rtt))),
                Event::Slow(()) if !is_retried => {
                    is_retried = true;
                    socket.ask(node, question.clone(), ());
                }
                Event::Unreachable(()) => return Some(Err(Cause::UdpUnreachable)),
                Event::Stray(_, Stray::Query) => strays.queries += 1,
                Event::Stray(_, Stray::Malformed(error)) => malformed = Some(error),
                Event::Stray(..) => strays.others += 1,
                Event::Sent { taken: true, datagram, .. } => on_sent(datagram),
                Event::Sent { .. } | Event::Slow(()) | Event::TimedOut(()) => {}
            }
        }
        None
    })
    .await;
    let queries = u32::try_from(socket.tally().asked).unwrap_or(u32::MAX);
    match (answered.ok().flatten(), malformed) {
        (Some(Ok((from, answer, rtt))), _) => {
            check_id(expected, &answer)?;
            Ok(NodeAnswer { from, answer, rtt, queries, strays })
        }
        (Some(Err(cause)), _) => Err(Failure::new(cause, By::Network, node.to_string())),
        (None, Some(error)) => {
            Err(Failure::new(Cause::AnswerMalformed, By::Peer, format!("{node}: {error}")))
        }
        (None, None) => {
            let asked = if queries == 1 {
                "asked once".to_owned()
            } else {
                format!("asked {queries} times")
            };
            let also = if strays.queries > 0 { "; it sent queries of its own" } else { "" };
            let detail = format!("{node}, {asked} in {} s{also}", limit.as_secs_f32());
            Err(Failure::new(Cause::AnswerTimeout, By::Network, detail).delivered(Delivered::Maybe))
        }
    }
}

fn check_id(expected: Option<NodeId>, answer: &Answer) -> Result<(), Failure> {
    let (Some(expected), Ok(response)) = (expected, &answer.said) else { return Ok(()) };
    if response.id == expected {
        return Ok(());
    }
    let detail = format!("it calls itself {}", response.id);
    Err(Failure::new(Cause::WrongNode, By::Peer, detail).delivered(Delivered::Yes))
}

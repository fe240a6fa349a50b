//! A meeting on the DHT: a lookup of the key, an announcement at the nodes closest to it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{NodeId, Question, Target, Want};
use tokio::time::timeout;

use super::dht::config;
use super::lookup::{self, Step};
use crate::address::Policy;
use crate::dht::asker::Event;
use crate::dht::lookup::LookupConfig;
use crate::dht::pace::TOTAL_RATE;
use crate::rendezvous::Told;

/// How long the nodes may take that are announced to: as long as the slowest query.
const ANNOUNCING: Duration = Duration::from_secs(10);

/// What came of a meeting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    /// Where others are said to be; hearsay.
    pub others: Vec<SocketAddr>,
    /// Addresses that were left out: not public, at a port of the system, or too many.
    pub left_out: usize,
    /// Nodes that answered.
    pub answered: usize,
    /// Nodes that took our announcement.
    pub announced: usize,
}

/// Looks for those who meet under `key`, and announces that we listen at `port`, where there is one.
/// The nodes to begin with are the operator's and may be asked wherever they are.
///
/// # Errors
/// There is no socket.
pub async fn meet(
    seeds: &[(SocketAddr, Option<NodeId>)],
    key: Target,
    port: Option<u16>,
    policy: &Policy,
) -> Result<Meeting, Failure> {
    let (mut told, mut tokens) = (Told::default(), HashMap::new());
    let question = |target: Target| {
        let want = Want::default();
        if target == key {
            Question::GetPeers { infohash: key, want, scrape: false }
        } else {
            Question::FindNode { target, want }
        }
    };
    let hear = |step: Step<'_>| {
        let Step::Event(Event::Answered { from, answer, .. }) = step else { return };
        told.hear(answer, policy);
        if let Some(token) = answer.said.as_ref().ok().and_then(|said| said.token.clone()) {
            tokens.insert(*from, token);
        }
    };
    let settings = LookupConfig { policy: policy.clone(), ..LookupConfig::default() };
    let socket = lookup::socket(seeds, config(TOTAL_RATE)?).await?;
    let (found, socket) = lookup::run(socket, seeds, key, settings, question, hear).await?;
    let mut announced = 0;
    if let Some(port) = port {
        let mut socket = socket.into_successor();
        for node in found.closest.iter().map(|hop| hop.contact.address) {
            let Some(token) = tokens.remove(&node) else { continue };
            let question =
                Question::AnnouncePeer { infohash: key, token, port, implied_port: false };
            socket.ask(node, question, ());
        }
        let _ = timeout(ANNOUNCING, async {
            while let Some(event) = socket.next_event().await {
                announced += usize::from(
                    matches!(event, Event::Answered { answer, .. } if answer.said.is_ok()),
                );
            }
        })
        .await;
    }
    let (others, left_out) = (told.others(port), told.left_out);
    Ok(Meeting { others, left_out, answered: found.tally.answered, announced })
}

//! Pings to many nodes from one socket, for what they say of our address.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::Question;
use tokio::time::timeout;

use super::dht::config;
use super::udp::Socket;
use crate::dht::asker::{Event, Stray};
use crate::dht::pace::TOTAL_RATE;
use crate::outside::{Asked, Outside};

/// Asks these nodes, which the operator named, and nobody else; those of another address family
/// than the first are left out, since they would see another address of ours.
///
/// # Errors
/// There is no socket.
pub async fn outside(nodes: &[Place], limit: Duration) -> Result<Outside, Failure> {
    let mut outside = Outside::default();
    let mut addresses: Vec<(usize, SocketAddr)> = Vec::new();
    for node in nodes {
        let not_asked = match super::resolve(node).await {
            Err(failure) => Some(failure.words()),
            Ok(address)
                if addresses
                    .first()
                    .is_some_and(|(_, first)| first.is_ipv4() != address.is_ipv4()) =>
            {
                Some("of another address family than the first".to_owned())
            }
            Ok(address) => {
                addresses.push((outside.nodes.len(), address));
                None
            }
        };
        outside.nodes.push(Asked { place: node.to_string(), rtt: None, not_asked });
    }
    let Some((_, first)) = addresses.first().copied() else { return Ok(outside) };
    let mut socket = Socket::to_many(first, config(TOTAL_RATE)?).await?;
    for (index, address) in &addresses {
        socket.ask(*address, Question::Ping, *index);
    }
    let known: HashSet<SocketAddr> = addresses.iter().map(|(_, address)| *address).collect();
    let mut retried = HashSet::new();
    let _ = timeout(limit, async {
        while outside.answered() < addresses.len()
            && let Some(event) = socket.next_event().await
        {
            match event {
                Event::Answered { what, answer, rtt, .. } => {
                    if outside.nodes[what].rtt.replace(rtt).is_none()
                        && let Some(address) = answer.our_address
                    {
                        *outside.votes.entry(address).or_default() += 1;
                    }
                }
                Event::Slow(what) if retried.insert(what) => {
                    if let Some((_, address)) = addresses.iter().find(|(index, _)| *index == what) {
                        socket.ask(*address, Question::Ping, what);
                    }
                }
                Event::Stray(from, Stray::Query) => {
                    outside.strangers += usize::from(!known.contains(&from));
                }
                _ => {}
            }
        }
    })
    .await;
    Ok(outside)
}

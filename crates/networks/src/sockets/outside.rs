//! Pings to many nodes from one socket, for what they say of our address.

use std::time::Duration;

use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::Question;
use tokio::time::timeout;

use super::dht::config;
use super::udp::Socket;
use crate::dht::asker::Event;
use crate::dht::pace::TOTAL_RATE;
use crate::outside::Outside;

/// Asks these nodes, which the operator named; those of another address family than the first are
/// left out, since they would see another address of ours.
///
/// # Errors
/// None of the names has an address, or there is no socket.
pub async fn outside(nodes: &[Place], limit: Duration) -> Result<Outside, Failure> {
    let (mut addresses, mut last) = (Vec::new(), None);
    for node in nodes {
        match super::resolve(node).await {
            Ok(address) => addresses.push(address),
            Err(failure) => last = Some(failure),
        }
    }
    let Some(first) = addresses.first().copied() else {
        return last.map_or_else(|| Ok(Outside::default()), Err);
    };
    addresses.retain(|address| address.is_ipv4() == first.is_ipv4());
    let mut socket = Socket::to_many(first, config(TOTAL_RATE)?).await?;
    for address in &addresses {
        socket.ask(*address, Question::Ping, ());
    }
    let mut outside = Outside { asked: addresses.len(), ..Outside::default() };
    let _ = timeout(limit, async {
        while outside.answered < addresses.len()
            && let Some(event) = socket.next_event().await
        {
            if let Event::Answered { answer, .. } = event {
                outside.answered += 1;
                if let Some(address) = answer.our_address {
                    *outside.votes.entry(address).or_default() += 1;
                }
            }
        }
    })
    .await;
    Ok(outside)
}

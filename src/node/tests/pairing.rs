//! Two peers and the Crawler that lets them meet.

use super::*;
use crate::nat::Traversed;
use crate::node::pairing::{Paired, Pairing, Place, Replied, Side};
use crate::probes::NatTraversal;

/// A peer that knows NATTRAVERSAL, or does not.
async fn peer(n: u8, knows: bool) -> Running {
    let probes: Vec<Arc<dyn Probe>> = if knows { vec![Arc::new(NatTraversal::default())] } else { Vec::new() };
    let registry = Registry::new(probes);
    let allow = vec![permid(CURRENT, 1)];
    Running::start(NodeConfig { listen: LOOPBACK, allow, registry, ..config(CURRENT, n) }).await
}

async fn pair(crawler: &mut Running, host: &str, peers: [&Running; 2], ip: Option<IpAddr>) -> Paired {
    let mut sides = Vec::new();
    for peer in peers {
        sides.push(Side { permid: crawler.connect(peer).await, ip });
    }
    let place = Place { bind: Ipv4Addr::LOCALHOST.into(), host: host.into(), port: None };
    let mut pairing = Pairing::begin(&crawler.node, place, [sides[0], sides[1]]).await.unwrap();
    loop {
        pairing.observe(&crawler.until(Some).await);
        if let Some(paired) = pairing.outcome() {
            return paired;
        }
    }
}

#[tokio::test]
async fn both_say_yes_where_nothing_is_between_them() {
    let (one, other) = (peer(2, true).await, peer(3, true).await);
    let mut crawler = Running::start(config(CURRENT, 1)).await;
    let paired = pair(&mut crawler, "localhost", [&one, &other], Some(Ipv4Addr::LOCALHOST.into())).await;
    let yes = |n| (permid(CURRENT, n), Replied::Traversed(Traversed::Yes));
    assert_eq!(paired.replies, [yes(2), yes(3)]);
    assert_eq!(paired.request_id.len(), 24);
}

#[tokio::test]
async fn each_side_s_reply_is_recorded_whatever_it_is() {
    let (one, other) = (peer(2, true).await, peer(3, false).await);
    let mut crawler = Running::start(config(CURRENT, 1)).await;
    let paired = pair(&mut crawler, "127.0.0.1", [&one, &other], None).await;
    let [(_, one), (_, other)] = paired.replies;
    assert_eq!(one, Replied::Traversed(Traversed::Error), "it waited for the other at the rendezvous");
    assert_eq!(other, Replied::Error(ErrorByte::UNKNOWN_MESSAGE, "unknown message".into()));
    assert_eq!((one.to_string(), other.to_string()), ("ERR".into(), "error 253: unknown message".into()));
}

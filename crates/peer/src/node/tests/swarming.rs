//! Discovery among real nodes.

use std::collections::HashSet;

use super::*;

async fn swarm_finds_itself(version: OverlayVersion) {
    let gossiping = |n| NodeConfig { gossip: true, listen: LOOPBACK, ..config(version, n) };
    let first = Running::start(gossiping(10)).await;
    let mut others = Vec::new();
    for n in 11..15 {
        others.push(
            Running::start(NodeConfig { bootstrap: vec![first.target()], ..gossiping(n) }).await,
        );
    }
    for mut node in others {
        let mut connected = HashSet::new();
        while connected.len() < 4 {
            connected.extend(
                node.until(|event| match event {
                    Event::Connected { permid, .. } => Some([permid]),
                    _ => None,
                })
                .await,
            );
        }
    }
}

#[tokio::test]
async fn five_nodes_of_version_18_find_each_other_from_one_address() {
    swarm_finds_itself(CURRENT).await;
}

#[tokio::test]
async fn five_nodes_of_version_17_find_each_other_from_one_address() {
    swarm_finds_itself(LEGACY).await;
}

#[tokio::test]
async fn initiators_run_when_they_are_switched_on() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler =
        Running::start(NodeConfig { initiators: vec![ECHO], ..config(CURRENT, 1) }).await;
    crawler.node.connect(peer.target());
    let (payload, origin) = crawler
        .until(|event| match event {
            Event::Sent { payload, origin, .. } => Some((payload, origin)),
            _ => None,
        })
        .await;
    assert_eq!((&payload[..], origin), (&b"5 0"[..], Origin::Initiator));
}

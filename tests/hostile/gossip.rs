//! What strangers say of others.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use swarmscope_peer::node::{Event, Node, NodeConfig, Target};
use swarmscope_peer::{Ask, Limits};
use swarmscope_wire::buddycast::{BuddyCast, ListedPeer};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion, Permid};

use super::attackers::Stranger;
use super::honest::{config, permid};
use super::victim::{Ceilings, PATIENCE, Setup, Victim};
use super::{alone, runtime};

const HONEST: u8 = 1;

/// A message that lists peers which do not exist.
fn gossip(from: u8) -> Frame {
    let listed = |n: u8| ListedPeer {
        permid: Permid::Ed25519([from.wrapping_mul(31).wrapping_add(n); 32]),
        ip: IpAddr::V4(Ipv4Addr::new(127, 0, 9, n)),
        port: 7000 + u16::from(n),
        similarity: 0,
        version: Some(OverlayVersion::CURRENT),
        services: Some(0),
    };
    let message = BuddyCast {
        ip: Ipv4Addr::LOCALHOST.into(),
        port: 7000,
        connectable: true,
        services: Some(0),
        taste_buddies: (0..10).map(listed).collect(),
        random_peers: (10..20).map(listed).collect(),
    };
    message.encode(OverlayVersion::CURRENT)
}

#[test]
fn keys_that_are_thrown_away_do_not_end_discovery() {
    let (_alone, runtime) = (alone(), runtime());
    let limits = "exchanges = 100\nexchanges-per-source = 50\nattempts-per-source = 100000\n";
    let mut victim = Victim::start(&[], Setup { limits, ..Setup::default() });
    runtime.block_on(async {
        for n in 0..150 {
            let mut stranger = Stranger::connect(victim.address).await.expect("it is let in");
            assert!(stranger.send(gossip(n)).await);
        }
        // a peer that exchanges as soon as it is connected hears of the victim's peers
        let config = NodeConfig { gossip: true, survey: true, ..config(HONEST) };
        let (node, mut events) = Node::start(config).await.expect("it starts");
        let (host, port) = (victim.address.ip().to_string(), victim.address.port());
        node.connect(Target { permid: Some(victim.permid), host, port }).await.expect("let in");
        let told = async {
            while let Some(event) = events.recv().await {
                if matches!(event, Event::Gossip { permid, .. } if permid == victim.permid) {
                    return;
                }
            }
            panic!("it has ended");
        };
        tokio::time::timeout(PATIENCE, told).await.expect("an exchange");
    });
    assert!(victim.refused("exchanges-per-source") >= 90);
    victim.check("150 exchanges with fresh keys", Ceilings { memory: 32, files: 200 });
}

#[test]
fn a_list_full_of_hearsay_has_room_for_whom_the_operator_dials() {
    let (_alone, runtime) = (alone(), runtime());
    let honest = Victim::start(&[permid(HONEST)], Setup::default());
    runtime.block_on(async {
        let limits = Limits { known: 60, attempts_per_source: 100_000, ..Limits::default() };
        let config = NodeConfig {
            gossip: true,
            listen: Some(([127, 0, 0, 1], 0).into()),
            max_peers: 0, // it dials nobody by itself
            limits,
            ..config(HONEST)
        };
        let (node, mut events) = Node::start(config).await.expect("it starts");
        let address = node.listening().expect("it listens");
        let mut crowd = Vec::new();
        for n in 0..20 {
            let mut stranger = Stranger::connect(address).await.expect("it is let in");
            assert!(stranger.send(gossip(n)).await);
            crowd.push(stranger);
        }
        let (host, port) = (honest.address.ip().to_string(), honest.address.port());
        let target = Target { permid: Some(honest.permid), host, port };
        assert_eq!(node.connect(target).await, Ok(honest.permid));
        node.disconnect(honest.permid);
        // who dials while the other side is still closing is one too many there
        while let Some(event) = events.recv().await {
            if matches!(event, Event::Disconnected { permid, .. } if permid == honest.permid) {
                break;
            }
        }
        // it is dialled again, which only somebody can be whose address is still known
        let ask = Ask {
            timeout: Duration::from_secs(30),
            ..Ask::new(honest.permid, MessageId::NATCHECK)
        };
        let reply = node.ask(ask).await.expect("it is known");
        assert_eq!(reply.error, ErrorByte::SUCCESS);
    });
}

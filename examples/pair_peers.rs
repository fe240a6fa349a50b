//! A Crawler that lets two peers try to reach each other through their NATs (NATTRAVERSAL), and
//! prints what each replies.
//!
//! `pair_peers 0.0.0.0:7760 crawler.example.org PEER PEER` listens there, and is reached by that
//! name. A PEER is `permid@host:port`, or a permid alone: then it waits for that peer to dial, as
//! one behind a NAT must, by `swarmscope peer --bootstrap FILE` with `crawler.example.org:7760` in
//! FILE. The first line is the Crawler's own permid, for their `--allow`; its key is
//! `pair_peers.pem`, made on first use.
use std::{env, error::Error, sync::Arc};

use swarmscope_peer::identity::{Identities, key_file};
use swarmscope_peer::node::{Event, Node, NodeConfig, Target};
use swarmscope_probes::nat::pairing::{Pairing, Place, Side};
use swarmscope_wire::Permid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [listen, host, peers @ ..] = &args[..] else {
        return Err("write: LISTEN HOST PEER PEER".into());
    };
    let [one, other] = peers else {
        return Err("write two peers, each permid@host:port or a permid".into());
    };
    let key = key_file::ed25519_or_new("pair_peers.pem".as_ref())?.key;
    let permid = key.permid();
    let identities = Identities { current: Some(Arc::new(key)), legacy: None };
    let config = NodeConfig { identities, listen: Some(listen.parse()?), ..NodeConfig::default() };
    let (node, mut events) = Node::start(config).await?;
    println!("{permid}");
    let mut sides = [dial(&node, one)?, dial(&node, other)?];
    let mut pairing: Option<Pairing> = None;
    while let Some(event) = events.recv().await {
        match &event {
            Event::Connected { permid, address, .. } => {
                sides
                    .iter_mut()
                    .filter(|side| side.permid == *permid)
                    .for_each(|side| side.ip = Some(address.ip()));
            }
            Event::ConnectFailed { failure, .. } => eprintln!("{failure}"),
            _ => {}
        }
        if let Some(pairing) = &mut pairing {
            pairing.observe(&event);
        } else if sides.iter().all(|side| side.ip.is_some()) {
            let bind = node.listening().ok_or("nothing to listen on")?.ip();
            let place = Place { bind, host: host.clone(), port: None };
            pairing = Some(Pairing::begin(&node, place, sides).await?);
        }
        if let Some(paired) = pairing.as_ref().and_then(Pairing::outcome) {
            paired.replies.iter().for_each(|(permid, replied)| println!("{permid} {replied}"));
            return Ok(());
        }
    }
    Ok(())
}

/// Dials the peer, where its address is told.
fn dial(node: &Node, peer: &str) -> Result<Side, Box<dyn Error>> {
    let permid = peer.split('@').next().unwrap_or_default();
    if peer.contains('@') {
        node.connect(peer.parse::<Target>()?);
    }
    Ok(Side { permid: Permid::from_base64(permid)?, ip: None })
}

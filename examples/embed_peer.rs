//! Any tokio program becomes a peer: this one answers id 200 with how long it has been running.
//! `embed_peer 127.0.0.1:7760 PERMID` lets that Crawler (`swarmscope key show`) run `swarmscope request 127.0.0.1:7760 200`.
#![allow(clippy::disallowed_methods)] // a program may look at the clock
use std::{env, error::Error, sync::Arc, time::Instant};

use swarmscope_peer::crawler::{Answer, Asked, Registry};
use swarmscope_peer::identity::{Identities, key_file};
use swarmscope_peer::node::{Node, NodeConfig};
use swarmscope_wire::{MessageId, Permid};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let listen = args.next().map(|address| address.parse()).transpose()?;
    let allow = args.map(|permid| Permid::from_base64(&permid)).collect::<Result<_, _>>()?;
    let key = key_file::ed25519_or_new("embed_peer.pem".as_ref())?.key;
    let identities = Identities { current: Some(Arc::new(key)), legacy: None };
    let began = Instant::now();
    let uptime = move |_: Asked| async move { Answer::success(format!("{} s", began.elapsed().as_secs())) };
    let registry = Registry::default().with_probe(MessageId(200), uptime);
    let (_node, mut events) =
        Node::start(NodeConfig { identities, listen, allow, registry, ..NodeConfig::default() }).await?;
    while let Some(event) = events.recv().await {
        println!("{event:?}");
    }
    Ok(())
}

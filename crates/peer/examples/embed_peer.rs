//! Any tokio program becomes a peer: this one answers id 200 with how long it has been running.
//! `embed_peer 127.0.0.1:7760 PERMID` lets that Crawler (`swarmscope key show`) run `swarmscope
//! request 127.0.0.1:7760 200`.
#![allow(clippy::disallowed_methods)] // a program may look at the clock
use std::{env, error::Error, time::Instant};

use swarmscope_peer::{Answer, Asked, MessageId, Node, Permid, identity::key_file};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let listen = args.next().ok_or("write: LISTEN PERMID...")?.parse()?;
    let key = key_file::ed25519_or_new("embed_peer.pem".as_ref())?.key; // made on first use
    let began = Instant::now();
    let uptime =
        move |_: Asked| async move { Answer::success(format!("{} s", began.elapsed().as_secs())) };

    let mut peer = Node::builder().identity(key).listen(listen).answer(MessageId(200), uptime);
    for permid in args {
        peer = peer.allow(Permid::from_base64(&permid)?);
    }
    let (_node, mut events) = peer.start().await?;
    while let Some(event) = events.recv().await {
        println!("{event:?}");
    }
    Ok(())
}

//! A Crawler without a screen: asks one question of many peers, 32 at a time, and prints each
//! answer when it is there. `ask_many 200 10.0.0.1:7760 10.0.0.2:7760` asks id 200. The first line
//! is the Crawler's own permid, for the peers' allow-lists; its key is `ask_many.pem`, made on
//! first use.
use std::{env, error::Error, sync::Arc};

use swarmscope_peer::{Ask, Failure, MessageId, Node, Reply, Target, identity::key_file};
use tokio::{sync::Semaphore, task::JoinSet};

/// How many peers are dialled or asked at the same time.
const AT_ONCE: usize = 32;

async fn ask(node: Node, target: Target, message: MessageId) -> Result<Reply, Failure> {
    let peer = node.connect(target).await?;
    let reply = node.ask(Ask::new(peer, message)).await;
    node.disconnect(peer);
    reply
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let message = MessageId(args.next().ok_or("write: ID TARGET...")?.parse()?);
    let targets = args.map(|target| target.parse()).collect::<Result<Vec<Target>, _>>()?;
    let key = key_file::ed25519_or_new("ask_many.pem".as_ref())?.key;
    println!("{}", key.permid());
    let (node, _) = Node::builder().identity(key).start().await?;

    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut asked = JoinSet::new();
    for target in targets {
        let (node, turns) = (node.clone(), Arc::clone(&turns));
        asked.spawn(async move {
            let _turn = turns.acquire().await;
            (target.to_string(), ask(node, target, message).await)
        });
    }
    while let Some((target, answer)) = asked.join_next().await.transpose()? {
        match answer {
            Ok(reply) => println!("{target} error {}: {:?}", reply.error.0, reply.payload),
            Err(failure) => println!("{target} {failure}"),
        }
    }
    Ok(())
}

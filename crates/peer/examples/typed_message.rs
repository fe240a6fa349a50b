//! A message-specific id with a typed request and a typed reply, both sides: a peer that adds up.
//! `typed_message serve 127.0.0.1:7760 PERMID` answers, and `typed_message ask 127.0.0.1:7760 1 2
//! 3` asks. Both print their own permid first; their keys are `serve.pem` and `ask.pem`, made on
//! first use.
use std::{env, error::Error};

use serde::{Deserialize, Serialize};
use swarmscope_peer::{Answer, Ask, Asked, Frequency, MessageId, Node, Permid, identity::key_file};

/// Which id it goes by: any that is free in the network.
const SUM: MessageId = MessageId(201);

#[derive(Serialize, Deserialize)]
struct Request {
    numbers: Vec<i64>,
}

#[derive(Serialize, Deserialize, Debug)]
struct Sum {
    count: usize,
    sum: Option<i64>, // none where it is too large
}

async fn add_up(asked: Asked) -> Answer {
    let answered = serde_json::from_slice(&asked.payload).and_then(|Request { numbers }| {
        let sum = numbers.iter().try_fold(0_i64, |sum, number| sum.checked_add(*number));
        serde_json::to_vec(&Sum { count: numbers.len(), sum })
    });
    answered.map_or_else(|error| Answer::failed(&error.to_string()), Answer::success)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [role, place, rest @ ..] = &args[..] else {
        return Err("write: serve|ask PLACE PERMID|NUMBER...".into());
    };
    let key = key_file::ed25519_or_new(format!("{role}.pem").as_ref())?.key;
    println!("{}", key.permid());
    let node = Node::builder().identity(key);
    if role == "serve" {
        let allowed =
            rest.iter().map(|permid| Permid::from_base64(permid)).collect::<Result<Vec<_>, _>>()?;
        let peer = allowed.into_iter().fold(
            node.listen(place.parse()?).answer(SUM, add_up),
            swarmscope_peer::NodeBuilder::allow,
        );
        let (_node, mut events) = peer.start().await?;
        while let Some(event) = events.recv().await {
            println!("{event:?}");
        }
        return Ok(());
    }
    let (node, _) = node.start().await?;
    let peer = node.connect(place.parse()?).await?;
    let numbers = rest.iter().map(|number| number.parse()).collect::<Result<_, _>>()?;
    let payload = serde_json::to_vec(&Request { numbers })?;
    let reply = node.ask(Ask::new(peer, SUM).payload(payload).frequency(Frequency(0))).await?;
    let sum: Sum = serde_json::from_slice(
        &reply.payload_or_error().map_err(|error| format!("error {}", error.0))?,
    )?;
    println!("{sum:?}");
    Ok(())
}

//! Replies of many parts, from a peer to the whole reply at the Crawler.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use swarmscope_peer::{
    Answer, Ask, Ed25519Identity, Frequency, Limits, MessageId, Node, Permid, Target,
};

use crate::Outcome;
use crate::process::{Core, Process, said, until_told};
use crate::reassembly;
use crate::report::{Goal, Report, Row, pairs};
use crate::usage::processor;
use crate::visits::text;

const ID: MessageId = MessageId(200);
const PAIRS: usize = 3;

pub fn measure(report: &Report) -> Outcome {
    reassembly::measure(report, &limits());
    let mut bare = Process::start(Core::Other, &["bare-peers", "1"])?;
    let address = text(&bare.line()?, "address")?;
    let mut peer = Process::start(Core::Other, &["replier", "512"])?;
    let target = text(&peer.line()?, "target")?;
    for mebibytes in [1, 8, 64, 512_u32] {
        let (size, what) = (mebibytes.to_string(), format!("a reply of {mebibytes} MiB over TLS"));
        let rate = |arguments: &[&str]| -> Result<f64, Box<dyn Error>> {
            let seconds = said(arguments)?["s"].as_f64().ok_or("no number")?;
            Ok(f64::from(mebibytes) * 1.048_576 / seconds)
        };
        let (value, floor) = pairs(
            PAIRS,
            || rate(&["asker", &size, &target]),
            || rate(&["bare-asker", &size, &address]),
        )?;
        let (unit, floor) = ("MB/s", ("bare TLS", floor));
        report.row(&Row { what: &what, unit, value, floor, goal: Goal::None });
    }
    Ok(())
}

/// As much as the largest of these replies takes.
pub fn limits() -> Limits {
    let enough = 2 << 30;
    Limits {
        reply_bytes: enough,
        reply_bytes_per_peer: enough,
        reply_bytes_in_all: enough,
        unsent_bytes: 2 << 30,
        unsent_bytes_per_crawler: 2 << 30,
        memory: 4 << 30,
        ..Limits::default()
    }
}

pub fn crawler() -> Ed25519Identity {
    Ed25519Identity::from_seed([9; 32])
}

/// Asks for so many MiB.
pub fn question(peer: Permid, mebibytes: usize) -> Ask {
    Ask::new(peer, ID).payload(mebibytes.to_string()).frequency(Frequency(0))
}

/// A peer whose replies are as long as they are asked to be, up to so many MiB.
#[tokio::main]
pub async fn replier(most: usize) -> Outcome {
    let peer = Ed25519Identity::from_seed([8; 32]);
    let permid = Some(peer.permid());
    let whole = Bytes::from(vec![0x61; most << 20]);
    let answer = move |asked: swarmscope_peer::Asked| {
        let text = String::from_utf8_lossy(&asked.payload).into_owned();
        let bytes = text.parse::<usize>().map_or(0, |mebibytes| mebibytes << 20);
        let payload = whole.slice(..bytes.min(whole.len()));
        async { Answer::success(payload) }
    };
    let node = Node::builder()
        .identity(peer)
        .listen(([127, 0, 0, 1], 0).into())
        .allow(crawler().permid())
        .answer(ID, answer)
        .limits(limits());
    let (node, events) = node.start().await?;
    drop(events);
    let address = node.listening().ok_or("it does not listen")?;
    let target = Target { permid, host: address.ip().to_string(), port: address.port() };
    println!("{}", json!({"target": target.to_string()}));
    until_told().await;
    Ok(())
}

/// Asks for so many MiB.
#[tokio::main]
pub async fn asker(mebibytes: usize, target: &str) -> Outcome {
    let (node, events) = Node::builder().identity(crawler()).limits(limits()).start().await?;
    drop(events);
    let peer = node.connect(target.parse()?).await?;
    let ask = question(peer, mebibytes).timeout(Duration::from_secs(300));
    let (began, before) = (Instant::now(), processor());
    let reply = node.ask(ask).await?;
    let (took, cpu) = (began.elapsed(), processor() - before);
    assert_eq!(reply.payload.len(), mebibytes << 20);
    println!("{}", json!({"s": took.as_secs_f64(), "cpu_s": cpu}));
    Ok(())
}

//! A peer for as long as is asked for, while strangers come, stop in the middle, break and go, and a
//! Crawler asks: whether memory and open files grow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use swarmscope_peer::node::Target;
use swarmscope_peer::{Event, Limits, Node};
use swarmscope_wire::frame::{Frame, FrameId};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::Outcome;
use crate::idle::stranger;
use crate::process::{Core, Process};
use crate::replies;
use crate::usage::{open_files, resident};
use crate::visits::text;

/// More takes the processor that the peer needs.
const STRANGERS: u32 = 8;
const LOOK: Duration = Duration::from_secs(10);
/// A visit that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was done so far.
#[derive(Default)]
struct Counts {
    strangers: AtomicU64,
    broken: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
}

#[tokio::main]
pub async fn run(minutes: u64) -> Outcome {
    let mut peer = Process::start(Core::Measured, &["replier", "1"])?;
    let target: Target = text(&peer.line()?, "target")?.parse()?;
    let address: SocketAddr = format!("{}:{}", target.host, target.port).parse()?;
    let counts = Arc::new(Counts::default());
    for number in 0..STRANGERS {
        tokio::spawn(come_and_go(number, address, Arc::clone(&counts)));
    }
    tokio::spawn(break_off(address, Arc::clone(&counts)));
    tokio::spawn(ask(target, Arc::clone(&counts)));
    let (ends, mut samples) = (Instant::now() + Duration::from_secs(minutes * 60), Vec::new());
    while Instant::now() < ends {
        sleep(LOOK).await;
        samples.push((resident(peer.id()) as f64 / 1024.0, open_files(peer.id()) as f64));
    }
    let settled = &samples[samples.len() / 2..];
    let a_minute = 60.0 / LOOK.as_secs_f64();
    let last = samples.last().copied().unwrap_or_default();
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let line = json!({
        "minutes": minutes, "strangers": count(&counts.strangers), "broken_off": count(&counts.broken),
        "answered": count(&counts.answered), "failed": count(&counts.failed),
        "memory_kib_per_minute": slope(settled.iter().map(|it| it.0)) * a_minute,
        "open_files_per_minute": slope(settled.iter().map(|it| it.1)) * a_minute,
        "memory_kib": [samples[0].0, last.0], "open_files": [samples[0].1, last.1],
    });
    println!("{line}");
    Ok(())
}

/// Strangers with fresh keys, one after the other: each says something that nobody wants to hear.
async fn come_and_go(first: u32, address: SocketAddr, counts: Arc<Counts>) {
    let limits = Limits::default();
    for number in (first..).step_by(STRANGERS as usize) {
        if let Ok((overlay, events, conn)) = stranger(number, address, &limits).await {
            let id = [FrameId::KEEP_ALIVE, FrameId::CRAWLER_REPLY, FrameId(77), FrameId::BUDDYCAST];
            let body = Bytes::from(vec![0; (number as usize % 7) * 10_000]);
            let _ = overlay.send(conn, Frame { id: id[number as usize % id.len()], body });
            if number % 3 > 0 {
                overlay.shutdown(Duration::from_secs(1)).await;
            }
            drop((overlay, events));
            counts.strangers.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(200)).await; // within the attempts of one source
    }
}

/// Connections that end in the middle of a handshake.
async fn break_off(address: SocketAddr, counts: Arc<Counts>) {
    for number in 0_usize.. {
        if let Ok(mut socket) = TcpStream::connect(address).await {
            let _ = socket.write_all(&vec![19; number % 70]).await;
            if number.is_multiple_of(2) {
                let _ = socket.set_zero_linger(); // and it is reset
            }
            counts.broken.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// A listed Crawler: connects, asks for a MiB, leaves.
async fn ask(target: Target, counts: Arc<Counts>) {
    let node = Node::builder().identity(replies::crawler()).limits(replies::limits());
    let Ok((node, mut events)) = node.start().await else { return };
    loop {
        let visit = async {
            let peer = node.connect(target.clone()).await?;
            let ask = replies::question(peer, 1);
            let reply = node.ask(ask).await?;
            node.disconnect(peer);
            while let Some(event) = events.recv().await {
                if let Event::Disconnected { .. } = event {
                    break;
                }
            }
            Ok::<usize, swarmscope_peer::Failure>(reply.payload.len())
        };
        let whole = matches!(timeout(PATIENCE, visit).await, Ok(Ok(bytes)) if bytes == 1 << 20);
        let count = if whole { &counts.answered } else { &counts.failed };
        count.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(500)).await;
    }
}

/// By how much values that follow one another grow, from one to the next: least squares.
fn slope(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, values.clone().sum::<f64>() / count);
    let off = values.enumerate().map(|(at, value)| (at as f64 - middle, value - mean));
    let both = off.clone().map(|(x, y)| x * y).sum::<f64>();
    both / off.map(|(x, _)| x * x).sum::<f64>()
}

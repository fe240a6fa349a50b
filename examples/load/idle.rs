//! What a connection takes on which nothing is said.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use swarmscope_peer::overlay::{AttemptId, ConnId, Events, Overlay, OverlayConfig, OverlayEvent};
use swarmscope_peer::{
    By, Cause, Ed25519Identity, Failure, Identities, Limits, Meter, Node, OverlayVersion,
};

use crate::Outcome;
use crate::process::{Core, Process, until_told};
use crate::report::{Goal, Report, Row};
use crate::usage::resident;
use crate::visits::text;

const COUNT: u32 = 10_000;

pub fn measure(report: &Report) -> Outcome {
    let value = per_connection(&["held"], "hold")?;
    let floor = ("bare TLS", per_connection(&["bare-peers", "1"], "bare-hold")?);
    let (what, unit) = ("an idle v18 connection of 10 000", "KiB");
    report.row(&Row { what, unit, value, floor, goal: Goal::AtMost(12.0) });
    Ok(())
}

/// KiB by which the accepting process grows.
fn per_connection(accepts: &[&str], holds: &str) -> Result<f64, Box<dyn Error>> {
    let mut accepting = Process::start(Core::Measured, accepts)?;
    let address = text(&accepting.line()?, "address")?;
    let before = resident(accepting.id());
    let mut holding = Process::start(Core::Other, &[holds, &COUNT.to_string(), &address])?;
    let held = holding.line()?["held"].as_u64().ok_or("no number")?;
    if held != u64::from(COUNT) {
        return Err(format!("{held} connections of {COUNT}").into());
    }
    std::thread::sleep(Duration::from_secs(1)); // what was freed is given back
    let grown = resident(accepting.id()) - before;
    Ok(grown as f64 / f64::from(COUNT) / 1024.0)
}

/// A peer that lets ten thousand strangers in.
#[tokio::main]
pub async fn held() -> Outcome {
    let limits = Limits {
        attempts: 100_000,
        attempts_per_source: 100_000,
        accepted: 20_000,
        accepted_per_source: 20_000,
        ..Limits::default()
    };
    let node = Node::builder().listen(([127, 0, 0, 1], 0).into()).limits(limits);
    let (node, events) = node.start().await?;
    drop(events);
    let address = node.listening().ok_or("it does not listen")?;
    println!("{}", json!({"address": address.to_string()}));
    until_told().await;
    Ok(())
}

/// So many strangers, each with a key of its own, until it is told to end.
#[tokio::main]
pub async fn hold(count: u32, address: SocketAddr) -> Outcome {
    let (mut held, limits) = (Vec::new(), Limits::default());
    for number in 0..count {
        held.push(stranger(number, address, &limits).await?);
    }
    println!("{}", json!({"held": held.len()}));
    until_told().await;
    Ok(())
}

/// A stranger with a key of its own, which is let in.
pub async fn stranger(
    number: u32,
    address: SocketAddr,
    limits: &Limits,
) -> Result<(Overlay, Events, ConnId), Failure> {
    let mut seed = [0x44; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let current = Some(Arc::new(Ed25519Identity::from_seed(seed)));
    let config = OverlayConfig {
        identities: Identities { current, legacy: None },
        version: OverlayVersion::CURRENT,
        listen: None,
        limits: *limits,
        meter: Meter::new(limits),
        trace: false,
        key_log: None,
    };
    let (overlay, mut events) = Overlay::start(config).await?;
    overlay.dial(AttemptId(1), &address.ip().to_string(), address.port(), None);
    loop {
        match events.recv().await {
            Some(OverlayEvent::Connected { conn, .. }) => return Ok((overlay, events, conn)),
            Some(OverlayEvent::DialFailed { failure, .. }) => return Err(failure),
            Some(_) => {}
            None => return Err(Failure::new(Cause::Stopped, By::Us, "")),
        }
    }
}

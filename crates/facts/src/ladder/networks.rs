//! The ladders of BitTorrent peers and of nodes of the DHT, and the rungs of a REACH as they were
//! measured.

use std::time::Duration;

use serde_json::Value;
use swarmscope_networks::target::Network;
use swarmscope_wire::failure::{Failure, Phase};

use super::{After, Rung, Standing};
use crate::networks;
use crate::now::Now;
use crate::peer::Peer;
use crate::request::{Outcome, Request};
use crate::words::{clean, failed, krpc_error};

/// The rungs of a REACH: what they are called, and the names of the engine's parts.
const REACH: [&str; 7] = ["resolve", "tcp", "handshake", "overlay", "mse", "utp", "krpc"];
const BITTORRENT: [(&str, Phase); 6] = [
    ("resolve", Phase::Resolve),
    ("tcp", Phase::Tcp),
    ("mse", Phase::Mse),
    ("handshake", Phase::Handshake),
    ("extensions", Phase::Extensions),
    ("reply", Phase::Reply),
];
const DHT: [(&str, Phase); 5] = [
    ("resolve", Phase::Resolve),
    ("udp", Phase::Udp),
    ("answer", Phase::Answer),
    ("id", Phase::Id),
    ("reply", Phase::Reply),
];

/// The ladder of one of its questions; of none, its names alone.
pub(super) fn ladder(at: Now, peer: &Peer, request: Option<&Request>) -> Vec<Rung> {
    let is_reach =
        |request: &&Request| networks::registry(peer.network()).label(request.message) == "REACH";
    if let Some(request) = request.filter(is_reach) {
        return REACH.into_iter().map(|name| measured(name, request)).collect();
    }
    let names: &[(&'static str, Phase)] =
        if peer.network() == Network::Dht { &DHT } else { &BITTORRENT };
    let last = names.len() - 1;
    let rungs = names.iter().enumerate().map(|(place, (name, phase))| {
        let Some(request) = request else { return rung(name, Standing::Ahead, "") };
        climbed(at, request, names, (place, name, *phase), place == last)
    });
    rungs.collect()
}

fn rung(name: &'static str, standing: Standing, detail: impl Into<String>) -> Rung {
    Rung { name, standing, detail: detail.into(), after: None }
}

/// A rung of a REACH, as its part says.
fn measured(name: &'static str, request: &Request) -> Rung {
    let part = request.told.iter().find(|(_, says)| says["rung"] == name);
    let Some((_, says)) = part else {
        let detail = if request.in_flight() { "" } else { "not tried" };
        return rung(name, Standing::Ahead, detail);
    };
    let outcome = says["outcome"].as_str().unwrap_or_default();
    let standing = match outcome {
        "ok" => Standing::Passed,
        "closed" => Standing::Refused,
        "refused" | "unreachable" => Standing::Failed,
        _ => Standing::Silent,
    };
    let detail = clean(says["detail"].as_str().unwrap_or_default());
    let detail = if detail.is_empty() { clean(outcome) } else { detail };
    Rung { name, standing, detail, after: took(says).map(After::Request) }
}

fn took(says: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(says["ms"].as_f64()? / 1e3).ok()
}

/// A rung that a question has passed, failed at, or not reached. Below the one that failed all were
/// passed, and each of them only then: in between nothing is told.
fn climbed(
    at: Now,
    request: &Request,
    names: &[(&'static str, Phase)],
    (place, name, phase): (usize, &'static str, Phase),
    is_last: bool,
) -> Rung {
    match &request.outcome {
        Outcome::Replied(reply) if is_last => {
            let standing = if reply.error.0 == 0 { Standing::Passed } else { Standing::Refused };
            let detail = if reply.error.0 == 0 {
                reply.decoding.as_ref().map_or(String::new(), |d| clean(&d.decoded.summary))
            } else {
                krpc_error(reply.error)
            };
            Rung { name, standing, detail, after: Some(After::Request(reply.elapsed)) }
        }
        Outcome::Replied(reply) if phase == Phase::Mse => {
            let forced = reply.decoding.as_ref().map(|d| d.decoded.json["encryption"] == "forced");
            match forced {
                Some(true) => rung(name, Standing::Passed, "the stream is obfuscated, not secure"),
                _ => rung(name, Standing::Ahead, "not needed"),
            }
        }
        Outcome::Replied(_) => rung(name, Standing::Passed, ""),
        Outcome::Failed { failure, at: ended } => {
            let after = Some(After::Request(ended.since(request.sent.unwrap_or(request.asked))));
            match place.cmp(&at_phase(names, failure)) {
                std::cmp::Ordering::Less if phase == Phase::Mse => rung(name, Standing::Ahead, ""),
                std::cmp::Ordering::Less => rung(name, Standing::Passed, ""),
                std::cmp::Ordering::Equal => {
                    Rung { name, standing: Standing::Failed, detail: failed(failure), after }
                }
                std::cmp::Ordering::Greater => rung(name, Standing::Ahead, ""),
            }
        }
        Outcome::Queued if place == 0 => rung(name, Standing::Now, "waits for its turn"),
        Outcome::Waiting if is_last => {
            let parts = request.part_count();
            let detail = if parts > 0 { format!("{parts} in") } else { String::new() };
            let after = Some(After::Request(request.elapsed(at)));
            Rung { name, standing: Standing::Now, detail, after }
        }
        // parts came, so the way to it was passed
        Outcome::Waiting if request.part_count() > 0 && phase != Phase::Mse => {
            rung(name, Standing::Passed, "")
        }
        _ => rung(name, Standing::Ahead, ""),
    }
}

/// Where a failure belongs: at its phase's rung, else at the last one.
fn at_phase(names: &[(&'static str, Phase)], failure: &Failure) -> usize {
    names.iter().position(|(_, phase)| *phase == failure.phase()).unwrap_or(names.len() - 1)
}

//! What a lookup says: each answer as it comes, and its reply in the end.

use serde_json::{Value, json};
use swarmscope_wire::krpc::{Distance, NodeId, Target};

use super::{Said, contact_json, merge};
use crate::dht::lookup::{Hop, LookupTally};
use crate::sockets::LookupOutcome;

/// One answer, and the sums up to then (`so_far`).
#[must_use]
pub fn step(answered: &Hop, target: Target, so_far: &LookupTally) -> Value {
    let mut json = hop(answered, target);
    merge(&mut json, &json!({ "so_far": sums(so_far) }));
    json
}

/// The whole reply.
#[must_use]
pub fn said(found: &LookupOutcome, target: Target) -> Said {
    let tally = found.tally;
    let mut json = json!({
        "ended": found.ended.name(),
        "closest": found.closest.iter().map(|found| hop(found, target)).collect::<Vec<_>>(),
        "late": found.queries.late,
    });
    merge(&mut json, &sums(&tally));
    let nearest = found.closest.first().map_or_else(String::new, |hop| {
        format!(", the closest at {}", distance_words(&hop.contact.id, target))
    });
    let summary = format!(
        "{}: {} of the closest 8 answered{nearest}; {} queries, {} answered, {} silent",
        found.ended.name(),
        found.closest.len(),
        tally.queries,
        tally.answered,
        tally.silent
    );
    Said { summary, json }
}

fn sums(tally: &LookupTally) -> Value {
    let kept_out = tally.kept_out;
    json!({
        "queries": tally.queries,
        "retries": tally.retries,
        "answered": tally.answered,
        "refused": tally.refused,
        "silent": tally.silent,
        "kept_out": {
            "addresses": kept_out.addresses,
            "system_ports": kept_out.system_ports,
            "misnamed": kept_out.misnamed,
            "unconfirmed": kept_out.unconfirmed,
            "surplus": kept_out.surplus,
            "crowded": kept_out.crowded,
        },
    })
}

fn hop(hop: &Hop, target: Target) -> Value {
    let mut json = contact_json(&hop.contact, target);
    let rtt_ms = (hop.rtt.as_secs_f64() * 1e4).round() / 10.0;
    merge(
        &mut json,
        &json!({ "depth": hop.depth, "rtt_ms": rtt_ms, "named": hop.named, "taken": hop.taken }),
    );
    json
}

/// `2^153`, or `0` for the target itself.
fn distance_words(id: &NodeId, target: Target) -> String {
    Distance::log2(&id.distance(&target)).map_or_else(|| "0".to_owned(), |log2| format!("2^{log2}"))
}

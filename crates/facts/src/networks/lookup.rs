//! What the parts of a LOOKUP say while it runs, and its reply in the end.

use serde_json::Value;
use swarmscope_wire::krpc::{NodeId, Security, Target};

use crate::request::Request;
use crate::words::clean;

/// How many of the closest nodes a lookup looks for (BEP 5's K).
pub const CLOSEST: usize = 8;

/// A node that answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Hop {
    /// What it calls itself; none where that is masked.
    pub node: Option<NodeId>,
    /// The same as it was told.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The distance to the target as a power of two; none for the target itself.
    pub log2: Option<u64>,
    /// How many nodes lie between it and the first one.
    pub depth: u64,
    /// Its round trip, in milliseconds.
    pub rtt_ms: f64,
    /// Whether its id follows from its address (BEP 42), as far as both are known.
    pub bep42: Option<&'static str>,
}

/// What became of a lookup's queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sums {
    /// Queries that were sent, repeated ones among them.
    pub queries: u64,
    /// Nodes that answered.
    pub answered: u64,
    /// Nodes that answered with an error.
    pub refused: u64,
    /// Nodes that did not answer.
    pub silent: u64,
    /// Contacts kept out: false ones, those beyond the closest eight of an answer, and those of a
    /// network of which another one answered.
    pub kept_out: u64,
}

fn hop(says: &Value) -> Option<Hop> {
    let text = |name: &str| says[name].as_str().map(clean);
    let name = text("id")?;
    let address = text("address")?;
    let node: Option<NodeId> = name.parse().ok();
    let socket = address.parse::<std::net::SocketAddr>().ok();
    let bep42 = node.zip(socket).map(|(node, socket)| Security::of(&node, socket.ip()).name());
    Some(Hop {
        node,
        name,
        address,
        log2: says["log2"].as_u64(),
        depth: says["depth"].as_u64().unwrap_or(0),
        rtt_ms: says["rtt_ms"].as_f64().unwrap_or(0.0),
        bep42,
    })
}

/// The closest nodes that have answered, closest first: as the reply says, else as far as the parts
/// do. Without the target, as in a recording, equal powers of two stay in the order in which they
/// came.
#[must_use]
pub fn closest(request: &Request) -> Vec<Hop> {
    let reply = request.reply().and_then(|reply| reply.decoding.as_ref());
    if let Some(list) = reply.and_then(|reply| reply.decoded.json["closest"].as_array()) {
        return list.iter().filter_map(hop).take(CLOSEST).collect();
    }
    let target = <[u8; NodeId::LEN]>::try_from(&request.payload[..]).ok().map(Target);
    let mut hops: Vec<Hop> = request.told.iter().filter_map(|(_, says)| hop(says)).collect();
    hops.sort_by_key(|hop| {
        let exact = hop.node.zip(target).map(|(node, target)| node.distance(&target));
        (hop.log2, exact)
    });
    hops.truncate(CLOSEST);
    hops
}

/// What became of its queries: all of them once it has ended, until then as far as the newest answer
/// says.
#[must_use]
pub fn sums(request: &Request) -> Option<Sums> {
    let reply = request.reply().and_then(|reply| reply.decoding.as_ref());
    let says = match reply {
        Some(reply) => &reply.decoded.json,
        None => &request.told.last()?.1["so_far"],
    };
    let number = |name: &str| says[name].as_u64();
    let kept_out = says["kept_out"].as_object()?.values().filter_map(Value::as_u64).sum();
    Some(Sums {
        queries: number("queries")?,
        answered: number("answered")?,
        refused: number("refused")?,
        silent: number("silent")?,
        kept_out,
    })
}

/// Each answer as it came: its distance to the target and the least one up to then, as powers of
/// two; the target itself counts as 0.
#[must_use]
pub fn approach(request: &Request) -> Vec<(u64, u64)> {
    let mut least = u64::MAX;
    let hops = request.told.iter().filter_map(|(_, says)| hop(says));
    hops.map(|hop| {
        let log2 = hop.log2.unwrap_or(0);
        least = least.min(log2);
        (log2, least)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::now::Now;
    use bytes::Bytes;
    use serde_json::json;
    use std::time::Duration;
    use swarmscope_peer::node::{Origin, Ticket};
    use swarmscope_wire::{Frequency, MessageId};

    #[test]
    #[allow(clippy::disallowed_methods)] // any moment will do
    fn the_closest_so_far_are_in_the_order_of_their_distance_to_the_target() {
        let now =
            Now { instant: std::time::Instant::now(), wall: std::time::SystemTime::UNIX_EPOCH };
        let about = Bytes::from_static(&[0; 20]);
        let mut request =
            Request::new(Ticket(1), 1, MessageId(208), Frequency(0), about, Origin::Operator, now);
        for last in [9_u8, 3, 200, 1, 8, 7, 6, 5, 4] {
            let id = format!("{:038}{last:02x}", 0);
            let log2 = u64::from(last.ilog2());
            let says = json!({ "id": id, "address": "203.0.113.1:1", "log2": log2 });
            request.told.push((Duration::ZERO, says));
        }
        request.told.push((Duration::ZERO, json!({ "rung": "tcp" })));
        let lasts: Vec<u8> =
            closest(&request).iter().filter_map(|hop| hop.node.map(|node| node.0[19])).collect();
        assert_eq!(lasts, [1, 3, 4, 5, 6, 7, 8, 9]);
        assert!(sums(&request).is_none(), "what is not known yet is not said");
        let steps = approach(&request);
        assert_eq!(steps[..4], [(3, 3), (1, 1), (7, 1), (0, 0)]);
        assert_eq!(steps.len(), 9, "a rung is no answer");
        let so_far = json!({ "queries": 12, "answered": 10, "refused": 0, "silent": 1,
            "kept_out": { "addresses": 2, "crowded": 1 } });
        request.told.push((Duration::ZERO, json!({ "id": "x", "address": "y", "so_far": so_far })));
        let sums = sums(&request).expect("the newest answer says it");
        assert_eq!((sums.queries, sums.silent, sums.kept_out), (12, 1, 3));
    }
}

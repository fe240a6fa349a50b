//! `swarmscope check` without a target: this machine, as those see it whom the operator named.
//! Nobody else is asked.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use swarmscope_networks::sockets::{self, Outside};
use swarmscope_peer::node::Target;
use swarmscope_probes::nat::axis::Filtering;
use swarmscope_probes::nat::{NatReport, Settings, measure};
use swarmscope_wire::failure::exit;

use super::super::CliError;
use super::super::output::{self, Line};

/// Checks, and gives the exit code of cli.md.
///
/// # Errors
/// Nobody was named, or nothing can be sent from here.
pub async fn check(
    nodes: &[Target],
    stun: &[String],
    timeout: Duration,
    json: bool,
) -> Result<u8, CliError> {
    if nodes.is_empty() && stun.is_empty() {
        return Err(CliError::usage(
            "nobody to ask how this machine looks from outside",
            "name nodes of the DHT with --dht-bootstrap HOST:PORT,…, a STUN server with --stun \
             HOST:PORT (both also in the configuration file), or a TARGET to check; nobody else is \
             asked",
        ));
    }
    let measured = async {
        if stun.is_empty() {
            return Ok(None);
        }
        let settings = Settings { servers: stun.to_vec(), ladder: Vec::new() };
        measure(&settings).await.map(Some)
    };
    let (outside, nat) = tokio::join!(sockets::outside(nodes, timeout), measured);
    let seen = Seen { outside: outside?, nat: nat.map_err(|error| error.to_string()) };
    if json {
        Line::Check(&seen.json()).print()?;
    } else {
        output::write_words(&seen.text())?;
    }
    Ok(if seen.is_answered() { 0 } else { exit::TIMEOUT })
}

/// What nodes and a server saw of this machine.
struct Seen {
    outside: Outside,
    /// None where no server was named; or why nothing could be measured.
    nat: Result<Option<NatReport>, String>,
}

impl Seen {
    fn report(&self) -> Option<&NatReport> {
        self.nat.as_ref().ok()?.as_ref()
    }

    fn is_answered(&self) -> bool {
        let measured = self.report().is_some_and(|report| report.external.is_some());
        measured || self.outside.answered() > 0
    }

    /// What the RFC 5780 tests say, in a sentence; none where no server was named.
    fn nat_words(&self) -> Option<String> {
        Some(match &self.nat {
            Ok(None) => return None,
            Err(why) => format!("STUN: {why}"),
            Ok(Some(report)) => match report.external {
                None => format!("STUN: UDP {}", report.udp),
                Some(external) => format!(
                    "STUN: seen at {external}, {} ({}); mapping {}, filtering {}",
                    if report.is_translated() { "behind a NAT" } else { "no NAT" },
                    report.legacy_type().text(),
                    report.mapping,
                    report.filtering,
                ),
            },
        })
    }

    /// Whether strangers reach a UDP port of ours, and how that is known. A TCP port is something
    /// else: nobody was asked to connect to one.
    fn reachable(&self) -> (Option<bool>, &'static str) {
        let filtering = self.report().and_then(|report| report.filtering.known());
        match (self.outside.strangers, filtering) {
            (0, Some(Filtering::EndpointIndependent)) => {
                (Some(true), "strangers' datagrams reach a UDP port of ours, by the STUN test")
            }
            (0, Some(_)) => (
                Some(false),
                "only those we have sent to reach a UDP port of ours, by the STUN test",
            ),
            (0, None) => (None, "whether strangers reach a UDP port of ours is unknown"),
            _ => (Some(true), "a stranger's query reached our UDP port"),
        }
    }

    /// Whether nodes and server agree on our address; none where one of them names none.
    fn agree(&self) -> Option<bool> {
        Some(self.outside.address()? == self.report()?.external?.ip())
    }

    fn summary(&self) -> String {
        let nodes = (!self.outside.nodes.is_empty()).then(|| self.outside.summary());
        let disagree = "nodes and STUN server disagree about our address: one of them lies, or \
                        there are several ways out";
        let parts = [
            nodes,
            self.nat_words(),
            self.agree().filter(|agree| !agree).map(|_| disagree.to_owned()),
            Some(self.reachable().1.to_owned()),
            Some(
                "whether a TCP port of ours is reachable is unknown: nobody was asked to connect"
                    .into(),
            ),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn next(&self) -> &'static str {
        match (self.is_answered(), self.reachable().0) {
            (false, _) => "check the names, and whether this network lets UDP out",
            (_, Some(false)) => "forward the port, or let peers be dialled from here",
            (_, None) if self.nat == Ok(None) => {
                "name a STUN server with a second address: --stun HOST:PORT"
            }
            _ => {
                "from another machine: `swarmscope check` with this address and the port you listen on"
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.outside.nodes {
            let how = match (&node.not_asked, node.rtt) {
                (Some(why), _) => format!("not asked: {why}"),
                (None, Some(rtt)) => format!("answers after {:.1} ms", rtt.as_secs_f64() * 1e3),
                (None, None) => "no answer".to_owned(),
            };
            let _ = writeln!(text, "{:<30} {how}", node.place);
        }
        let _ = writeln!(text, "{}\nnext: {}", self.summary(), self.next());
        text
    }

    fn json(&self) -> Value {
        let outside = &self.outside;
        let votes = outside.votes.iter();
        let votes: Vec<Value> = votes
            .map(|(address, count)| json!({ "address": address.to_string(), "nodes": count }))
            .collect();
        let ms = |rtt: Duration| (rtt.as_secs_f64() * 1e4).round() / 10.0;
        let nodes: Vec<Value> = outside
            .nodes
            .iter()
            .map(|node| {
                json!({ "node": node.place, "answered": node.rtt.is_some(), "rtt_ms": node.rtt.map(ms),
                    "not_asked": node.not_asked })
            })
            .collect();
        json!({
            "what": "self", "asked": outside.asked(), "answered": outside.answered(), "nodes": nodes,
            "votes": votes, "address": outside.address().map(|ip| ip.to_string()),
            "mapping": outside.mapping(), "strangers": outside.strangers, "stun": self.stun_json(),
            "agree": self.agree(), "udp_open": self.reachable().0, "tcp_open": Value::Null,
            "summary": self.summary(), "next": self.next(),
        })
    }

    fn stun_json(&self) -> Value {
        match &self.nat {
            Ok(None) => Value::Null,
            Err(why) => json!({ "error": why }),
            Ok(Some(report)) => json!({
                "server": report.server.map(|server| server.to_string()),
                "external": report.external.map(|external| external.to_string()),
                "type": report.legacy_type().text(),
                "udp": report.udp.to_string(),
                "mapping": report.mapping.to_string(),
                "filtering": report.filtering.to_string(),
            }),
        }
    }
}

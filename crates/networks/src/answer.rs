//! What answers say, in a line for people and as JSON for programs. Nothing here holds an infohash,
//! a sample, or a peer's address.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use swarmscope_wire::bittorrent::pex::Flags;
use swarmscope_wire::bittorrent::{Client, ExtensionHandshake, Handshake, PeerExchange};
use swarmscope_wire::krpc::{Contact, Response, Security, Target};
use swarmscope_wire::text::{clean_bytes, count};

use crate::dht::asker::Answer;
use crate::question::Question;
use crate::reach::{DhtNode, Encryption, Findings, Rung, Verdict, version_words};

pub mod lookup;

/// A line for people, and the same and more for programs.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// One line.
    pub summary: String,
    /// Everything.
    pub json: Value,
}

/// What an answered PING, FIND_NODE, GET_PEERS, SAMPLE, SCRAPE or CANARY says.
#[must_use]
pub fn node(question: &Question, from: SocketAddr, answer: &Answer, rtt_ms: f64) -> Said {
    let version = answer.version.as_deref();
    let client = version.and_then(Client::of_node).map(|client| client.to_string());
    let mut json = json!({
        "rtt_ms": rtt_ms,
        "v": version.map(version_words),
        "client": client,
        "our_address": answer.our_address.map(|address| address.to_string()),
        "deviations": answer.deviations,
    });
    let named = client.as_deref().unwrap_or("a node without a name");
    let summary = match &answer.said {
        Err(error) => {
            let words = error
                .name()
                .map_or_else(|| error.code.to_string(), |name| format!("{} ({name})", error.code));
            merge(
                &mut json,
                &json!({ "error": error.code, "message": clean_bytes(&error.message) }),
            );
            format!("{named} refuses: {words}, {:?}", clean_bytes(&error.message))
        }
        Ok(response) => {
            let security = Security::of(&response.id, from.ip());
            merge(&mut json, &json!({ "id": response.id.to_string(), "bep42": security.name() }));
            let said = fields(question, response);
            merge(&mut json, &said.json);
            format!("{named}, {}", said.summary)
        }
    };
    Said { summary, json }
}

/// What is particular to each question.
fn fields(question: &Question, response: &Response) -> Said {
    let list = |target: Target| -> Vec<Value> {
        let mut contacts: Vec<&Contact> = response.contacts().collect();
        contacts.sort_by_key(|contact| contact.id.distance(&target));
        contacts.iter().map(|contact| contact_json(contact, target)).collect()
    };
    let nodes = count(response.contacts().count(), "node", "nodes");
    match question {
        Question::FindNode(target) => {
            Said { summary: format!("names {nodes}"), json: json!({ "nodes": list(*target) }) }
        }
        Question::GetPeers(target) => {
            let peers = response.values.as_ref().map_or(0, Vec::len);
            let json = json!({ "nodes": list(*target), "peers": peers, "token": response.token.is_some() });
            Said { summary: format!("{} and {nodes}", count(peers, "peer", "peers")), json }
        }
        Question::Sample(_) => {
            let samples = response.samples.unwrap_or_default();
            let json = json!({ "samples": samples.count, "num": response.num, "interval": response.interval,
                "nodes": response.contacts().count() });
            let next = response.interval.map_or_else(String::new, |seconds| {
                format!("; asks for {seconds} s until the next")
            });
            let num =
                response.num.map_or_else(|| "an unknown number".to_owned(), |num| num.to_string());
            let supported = if response.samples.is_some() {
                ""
            } else {
                "; no samples: it may not know BEP 51"
            };
            Said {
                summary: format!(
                    "{} of {num} infohashes counted and dropped{next}{supported}",
                    samples.count
                ),
                json,
            }
        }
        Question::Scrape(_) => scrape(response),
        Question::Canary => Said {
            summary: "answers an undefined question: no known client does".to_owned(),
            json: json!({ "canary": "answered" }),
        },
        _ => Said { summary: format!("calls itself {}", response.id), json: json!({}) },
    }
}

fn scrape(response: &Response) -> Said {
    let estimate = |filter: Option<&swarmscope_wire::krpc::ScrapeFilter>| {
        filter.map(|filter| filter.estimate().round())
    };
    let (seeds, peers) = (estimate(response.seeds.as_deref()), estimate(response.peers.as_deref()));
    let json = json!({ "seeds": seeds, "peers": peers, "values": response.values.as_ref().map_or(0, Vec::len) });
    let summary = match (seeds, peers) {
        (None, None) => "no filters: it may not know BEP 33".to_owned(),
        _ => format!(
            "about {} seeds and {} peers, by its filters",
            seeds.unwrap_or(0.0),
            peers.unwrap_or(0.0)
        ),
    };
    Said { summary, json }
}

fn contact_json(contact: &Contact, target: Target) -> Value {
    let distance = contact.id.distance(&target);
    json!({ "id": contact.id.to_string(), "address": contact.address.to_string(), "log2": distance.log2() })
}

/// What a HELLO says: handshake and extension handshake.
#[must_use]
pub fn hello(
    handshake: &Handshake,
    extensions: Option<&ExtensionHandshake>,
    encryption: Encryption,
) -> Said {
    let by_id = Client::of_peer_id(&handshake.peer_id).map(|client| client.to_string());
    let by_name = extensions.and_then(|extensions| extensions.client.as_deref()).map(clean_bytes);
    let reserved = handshake.reserved;
    let mut json = json!({
        "client": by_name,
        "peer_id_client": by_id,
        "encryption": encryption.word(),
        "flags": { "dht": reserved.dht(), "fast": reserved.fast(), "extensions": reserved.extensions(), "v2": reserved.version_2() },
    });
    if let Some(extensions) = extensions {
        let names: BTreeMap<String, u8> =
            extensions.extensions.iter().map(|(name, id)| (clean_bytes(name), *id)).collect();
        let more = json!({
            "extensions": names,
            "reqq": extensions.request_queue,
            "port": extensions.port,
            "yourip": extensions.your_ip.map(|ip| ip.to_string()),
            "metadata_size": extensions.metadata_size,
            "prefers_encryption": extensions.prefers_encryption,
            "upload_only": extensions.upload_only,
            "deviations": extensions.deviations.len(),
        });
        merge(&mut json, &more);
    }
    let named = by_name
        .or(by_id)
        .unwrap_or_else(|| "a client that follows no known naming convention".to_owned());
    let how = match encryption {
        Encryption::Open => "plain",
        Encryption::Forced => {
            "encrypted stream (obfuscated, not secure): it closed the plain one without a byte"
        }
    };
    Said { summary: format!("{named}, {how}"), json }
}

/// A peer exchange as counts by family and flag; its addresses are dropped.
#[must_use]
pub fn peer_exchange(exchange: &PeerExchange) -> Said {
    let v6 = exchange.added.iter().filter(|(address, _)| address.is_ipv6()).count();
    let dropped_v6 = exchange.dropped.iter().filter(|address| address.is_ipv6()).count();
    let flagged: BTreeMap<&str, usize> = Flags::NAMED
        .iter()
        .map(|(bit, name)| {
            (*name, exchange.added.iter().filter(|(_, flags)| flags.0 & bit != 0).count())
        })
        .collect();
    let json = json!({
        "added": { "v4": exchange.added.len() - v6, "v6": v6 },
        "dropped": { "v4": exchange.dropped.len() - dropped_v6, "v6": dropped_v6 },
        "flags": flagged,
        "trailing": exchange.trailing,
    });
    let summary = format!(
        "{} met, {} lost",
        count(exchange.added.len(), "peer", "peers"),
        exchange.dropped.len()
    );
    Said { summary, json }
}

/// A rung, as `check --json` prints it but for its `event`.
#[must_use]
pub fn rung(rung: &Rung) -> Value {
    let ms = (rung.took.as_secs_f64() * 1e4).round() / 10.0;
    json!({ "rung": rung.name.word(), "outcome": rung.outcome.json_word(), "detail": rung.detail, "ms": ms })
}

/// The end of a REACH, as `check --json` prints it but for its `event`.
#[must_use]
pub fn verdict(findings: &Findings, verdict: &Verdict) -> Said {
    let node = |node: &DhtNode| json!({ "id": node.id.to_string(), "v": node.version.as_deref().map(version_words), "bep42": node.security.name() });
    let json = json!({
        "what": verdict.what.word(),
        "client": Value::Null, // nothing names it without a torrent
        "version": findings.overlay.map(|version| version.0),
        "encryption": verdict.encryption.map(Encryption::word),
        "utp": verdict.utp,
        "dht": findings.node.as_ref().map(node),
        "summary": verdict.summary,
        "next": verdict.next,
    });
    Said { summary: verdict.summary.clone(), json }
}

/// Adds the members of one object to another.
fn merge(to: &mut Value, from: &Value) {
    if let (Value::Object(to), Value::Object(from)) = (to, from) {
        to.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

#[cfg(test)]
mod tests {
    use swarmscope_wire::bittorrent::{Infohash, Reserved};
    use swarmscope_wire::krpc::{Body, Message};

    use super::*;

    const SECRET: &str = "5345435245545345435245545345435245543132"; // SECRETSECRETSECRET12
    const PEER: [u8; 6] = [203, 0, 113, 77, 0x1a, 0xe1];

    /// What a node answers that gives samples, peers and contacts.
    fn answer() -> Answer {
        let mut datagram =
            b"d1:rd2:id20:abcdefghij01234567898:intervali60e3:numi9e7:samples40:".to_vec();
        datagram.extend(b"SECRETSECRETSECRET12".repeat(2));
        datagram.extend(b"5:token4:TOKN6:valuesl6:");
        datagram.extend(PEER);
        datagram.extend(b"ee1:t2:aa1:v4:LT\x02\x081:y1:re");
        let message = Message::decode(&datagram).unwrap();
        let Body::Response(response) = message.body else { panic!() };
        Answer {
            said: Ok(response),
            version: message.version,
            our_address: None,
            deviations: 0,
            bytes: 0,
            watched: None,
        }
    }

    /// Neither what is printed nor what is debugged holds an infohash, a sample, a token or a
    /// peer's address.
    #[test]
    fn nothing_that_others_share_leaves_an_answer() {
        let target: Target = SECRET.parse().unwrap();
        let from: SocketAddr = ([192, 0, 2, 1], 6881).into();
        let mut texts = Vec::new();
        for question in
            [Question::GetPeers(target), Question::Sample(target), Question::Scrape(target)]
        {
            let said = node(&question, from, &answer(), 1.0);
            texts.extend([said.summary, said.json.to_string(), format!("{question:?}")]);
        }
        let exchange = PeerExchange {
            added: vec![(([203, 0, 113, 77], 6881).into(), Flags(2))],
            ..Default::default()
        };
        let said = peer_exchange(&exchange);
        assert_eq!(said.json["added"]["v4"], 1);
        texts.extend([said.summary, said.json.to_string()]);
        let handshake = Handshake {
            reserved: Reserved::OURS,
            infohash: Infohash(*b"SECRETSECRETSECRET12"),
            peer_id: *b"-TR3000-abcdefghijkl",
        };
        let said = hello(&handshake, None, Encryption::Open);
        texts.extend([said.summary, said.json.to_string(), format!("{handshake:?}")]);
        for text in texts {
            for secret in ["SECRET", &SECRET[..12], "203.0.113", "TOKN"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }

    #[test]
    fn texts_of_peers_are_clean() {
        let extensions =
            ExtensionHandshake { client: Some(b"x\x1b[2Jy".to_vec()), ..Default::default() };
        let handshake =
            Handshake { reserved: Reserved::OURS, infohash: Infohash([0; 20]), peer_id: [0; 20] };
        let said = hello(&handshake, Some(&extensions), Encryption::Open);
        assert!(
            !said.summary.contains('\x1b') && !said.json.to_string().contains("\\u001b"),
            "{said:?}"
        );
    }
}

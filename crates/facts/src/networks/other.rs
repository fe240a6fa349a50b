//! What is known of a peer of another network than the overlay.

use std::time::Duration;

use serde_json::Value;
use swarmscope_networks::target::Network;
use swarmscope_wire::krpc::NodeId;
use swarmscope_wire::text::clean;

use crate::now::Now;

/// What its answers say of a peer.
#[derive(Clone, PartialEq, Debug)]
pub struct Other {
    /// Of which network it is.
    pub network: Network,
    /// What a node of the DHT calls itself.
    pub node: Option<NodeId>,
    /// Its client, as far as it names one.
    pub client: Option<String>,
    /// The `v` of a node: `LT 02 08`.
    pub version: Option<String>,
    /// Whether a node's id is valid for its address (BEP 42), in its own word.
    pub bep42: Option<String>,
    /// How many requests a BitTorrent peer queues: `reqq`.
    pub queue: Option<u64>,
    /// Whether a BitTorrent client takes plain connections: `open`; `forced` is inferred.
    pub encryption: Option<String>,
    /// How many questions in a row had no answer.
    pub silent: u32,
    /// When it last answered.
    pub answered: Option<Now>,
    /// From then on it gives samples again: exact (BEP 51).
    pub samples_from: Option<Now>,
}

impl Other {
    /// Nothing is known of it yet.
    #[must_use]
    pub const fn new(network: Network) -> Self {
        Self {
            network,
            node: None,
            client: None,
            version: None,
            bep42: None,
            queue: None,
            encryption: None,
            silent: 0,
            answered: None,
            samples_from: None,
        }
    }

    /// What the list says of its program: the shortest name there is.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.client.as_deref().or(self.version.as_deref())
    }

    /// Takes in an answer of the peer.
    pub(crate) fn learn(&mut self, question: &str, says: &Value, now: Now) {
        self.silent = 0;
        self.answered = Some(now);
        let text = |value: &Value| value.as_str().map(|text| clean(text).into_owned());
        let node = if question == "REACH" { &says["dht"] } else { says };
        if self.network == Network::Dht && question != "LOOKUP" {
            let id = node["id"].as_str().and_then(|id| id.parse().ok());
            self.node = id.or(self.node);
            self.bep42 = text(&node["bep42"]).or(self.bep42.take());
            self.version = text(&node["v"]).or(self.version.take());
        }
        if question != "LOOKUP" {
            self.client = text(&says["client"]).or(self.client.take());
        }
        self.encryption = text(&says["encryption"]).or(self.encryption.take());
        self.queue = says["reqq"].as_u64().or(self.queue);
        if let Some(seconds) = says["interval"].as_u64().filter(|_| question == "SAMPLE") {
            self.samples_from = Some(now.later(Duration::from_secs(seconds)));
        }
    }
}

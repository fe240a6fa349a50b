//! What becomes known of BitTorrent peers and nodes of the DHT.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{MessageId, serial};

/// A fact about a peer of another network than the overlay, or found out over one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The operator named it.
    Named {
        /// Its address, with its scheme.
        peer: PeerKey,
    },
    /// A word for it: `simulated`.
    Labelled {
        /// Whose.
        peer: PeerKey,
        /// The word.
        label: String,
    },
    /// It is asked a question.
    Asked {
        /// Whom.
        peer: PeerKey,
        /// Which request it is.
        ticket: Ticket,
        /// The question, by its number among those of its network.
        question: MessageId,
        /// What it is about. An infohash is held in memory alone: never written.
        #[serde(skip)]
        about: Bytes,
        /// How long the whole reply may take.
        #[serde(with = "serial::micros")]
        whole: Duration,
    },
    /// The question has left its queue.
    Sent {
        /// Whom it goes to.
        peer: PeerKey,
        /// Which request it is.
        ticket: Ticket,
    },
    /// A part of the reply: a rung, a peer exchange, a hop.
    Part {
        /// Whose.
        peer: PeerKey,
        /// Of which request.
        ticket: Ticket,
        /// From 1.
        index: u32,
        /// Since it was asked.
        #[serde(with = "serial::micros")]
        after: Duration,
        /// What it says.
        #[serde(with = "stored")]
        says: Value,
    },
    /// The whole reply, which may be an error.
    Answered {
        /// Whose.
        peer: PeerKey,
        /// Of which request.
        ticket: Ticket,
        /// 0, or the code by which it refused.
        error: u8,
        /// In one line.
        summary: String,
        /// What it says.
        #[serde(with = "stored")]
        says: Value,
        /// In how many parts it came.
        parts: u32,
        /// Since it was asked.
        #[serde(with = "serial::micros")]
        elapsed: Duration,
    },
    /// No reply.
    Failed {
        /// Whose.
        peer: PeerKey,
        /// Of which request.
        ticket: Ticket,
        /// Why.
        failure: Failure,
    },
    /// What listens where a peer of the overlay was expected, which had closed without a byte.
    Examined {
        /// The peer that was dialled.
        peer: PeerKey,
        /// What listens there, as REACH says it.
        #[serde(with = "stored")]
        says: Value,
    },
}

impl Event {
    /// Whom it is about.
    #[must_use]
    pub const fn peer(&self) -> &PeerKey {
        match self {
            Self::Named { peer }
            | Self::Labelled { peer, .. }
            | Self::Asked { peer, .. }
            | Self::Sent { peer, .. }
            | Self::Part { peer, .. }
            | Self::Answered { peer, .. }
            | Self::Failed { peer, .. }
            | Self::Examined { peer, .. } => peer,
        }
    }
}

/// How an answer is written: without what is shown, and never stored.
mod stored {
    use serde::{Deserializer, Serializer};
    use serde_json::Value;
    use swarmscope_wire::serial::json;

    /// The size of a torrent's description tells which torrent it is.
    const NEVER: &str = "metadata_size";

    pub fn serialize<S: Serializer>(says: &Value, to: S) -> Result<S::Ok, S::Error> {
        match says {
            Value::Object(members) if members.contains_key(NEVER) => {
                let mut rest = members.clone();
                rest.remove(NEVER);
                json::serialize(&Value::Object(rest), to)
            }
            other => json::serialize(other, to),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        json::deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_must_not_be_stored_is_not_written() {
        let peer = PeerKey::Address("bt://203.0.113.40:51413".to_owned());
        let answered = Event::Answered {
            peer: peer.clone(),
            ticket: Ticket(1),
            error: 0,
            summary: "qBittorrent, plain".to_owned(),
            says: json!({ "client": "qBittorrent", "metadata_size": 393 }),
            parts: 0,
            elapsed: Duration::ZERO,
        };
        let asked = Event::Asked {
            peer,
            ticket: Ticket(1),
            question: MessageId(201),
            about: Bytes::from_static(b"SECRETSECRETSECRET12"),
            whole: Duration::from_secs(20),
        };
        for (event, secrets) in
            [(answered, ["metadata_size", "393"]), (asked, ["SECRET", "534543"])]
        {
            let text = serde_json::to_string(&event).expect("JSON");
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
            assert!(serde_json::from_str::<Event>(&text).is_ok(), "{text}");
        }
    }
}

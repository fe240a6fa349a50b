//! One request that a Crawler is to make.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::event::Origin;
use swarmscope_wire::{Frequency, MessageId, Permid, serial};

/// One request to make.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ask {
    /// Who is asked. It has to be connected, or known from discovery or from an earlier
    /// connection.
    pub to: Permid,
    /// What is asked.
    pub message: MessageId,
    /// How long ago the peer must have answered this id last, else it says 254 (§4).
    pub frequency: Frequency,
    /// As the id wants it.
    #[serde(with = "serial::base64")]
    pub payload: Bytes,
    /// From the moment the request is sent to its last part.
    #[serde(with = "serial::micros")]
    pub timeout: Duration,
    /// On whose behalf.
    pub origin: Origin,
    /// Where the connection is lost: wait for the peer to dial back until the timeout, instead of
    /// failing at once.
    pub wait_for_dial_back: bool,
}

impl Ask {
    /// Asks with an empty payload, and with what most programs want of the rest: a frequency of an
    /// hour, as the original's Crawler, and a minute's patience.
    #[must_use]
    pub fn new(to: Permid, message: MessageId) -> Self {
        Self {
            to,
            message,
            frequency: Frequency::DEFAULT,
            payload: Bytes::new(),
            timeout: Duration::from_secs(60),
            origin: Origin::Operator,
            wait_for_dial_back: false,
        }
    }

    /// The same with this payload.
    #[must_use]
    pub fn payload(self, payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..self }
    }

    /// The same with this frequency: how long ago the peer must have answered the same id, else it
    /// says 254 (§4).
    #[must_use]
    pub fn frequency(self, frequency: Frequency) -> Self {
        Self { frequency, ..self }
    }

    /// The same with so much time for the whole reply.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

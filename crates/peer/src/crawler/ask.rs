//! One request that a Crawler is to make.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::event::Origin;
use swarmscope_wire::{Frequency, MessageId, Permid, serial};

/// One request to make.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ask {
    pub to: Permid,
    pub message: MessageId,
    pub frequency: Frequency,
    #[serde(with = "serial::base64")]
    pub payload: Bytes,
    /// From the moment the request is sent to its last part.
    #[serde(with = "serial::micros")]
    pub timeout: Duration,
    pub origin: Origin,
    /// Where the connection is lost: wait for the peer to dial back until the timeout, instead of failing at once.
    pub wait_for_dial_back: bool,
}

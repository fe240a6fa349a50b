//! A whole reply.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::event::Ticket;
use swarmscope_wire::{ChannelId, ErrorByte, MessageId, Permid, serial};

/// A whole reply. Its error byte may say that the peer did not do what it was asked: see
/// [`Reply::payload_or_error`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request.
    pub ticket: Ticket,
    /// Who answered.
    pub permid: Permid,
    /// What was asked.
    pub message: MessageId,
    /// The channel that it went over.
    pub channel: ChannelId,
    /// The error byte of the last part: 0 success, 253 unknown id, 254 asked too soon (protocol.md
    /// §4).
    pub error: ErrorByte,
    /// All parts in the order in which they came, as they went over the wire.
    #[serde(with = "serial::base64")]
    pub payload: Bytes,
    /// How many parts there were.
    pub parts: u32,
    /// From the request to the last part.
    #[serde(with = "serial::micros")]
    pub elapsed: Duration,
    /// It came on a connection that the peer dialled after ours was lost.
    pub dialled_back: bool,
}

impl Reply {
    /// The payload, where the error byte says success.
    ///
    /// # Errors
    /// The error byte, where it doesn't.
    pub fn payload_or_error(self) -> Result<Bytes, ErrorByte> {
        if self.error == ErrorByte::SUCCESS { Ok(self.payload) } else { Err(self.error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawler::Event;

    /// Recordings have it like this.
    #[test]
    fn as_json_it_is_one_object_with_the_event_s_name() {
        let json = concat!(
            r#"{"reply":{"ticket":7,"#,
            r#""permid":"MCowBQYDK2VwAyEAAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=","#,
            r#""message":3,"channel":9,"error":254,"payload":"/3RvbyBzb29u","parts":2,"#,
            r#""elapsed":1500001,"dialled_back":true}}"#
        );
        let event = Event::Reply(Reply {
            ticket: Ticket(7),
            permid: Permid::Ed25519([3; 32]),
            message: MessageId::NATCHECK,
            channel: ChannelId(9),
            error: ErrorByte::FREQUENCY,
            payload: Bytes::from_static(b"\xfftoo soon"),
            parts: 2,
            elapsed: Duration::from_micros(1_500_001),
            dialled_back: true,
        });
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
        assert_eq!(serde_json::from_str::<Event>(json).unwrap(), event);
    }
}

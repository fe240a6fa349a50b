//! What a reply says: read by its id's decoder, else by the format it is in.

use serde::{Deserialize, Serialize};
use swarmscope_wire::{ContentId, Decoded, ErrorByte, MessageId, Sha256Sum, formats};

use super::registry::Registry;

/// How a payload was read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decoding {
    /// What it was read as; where the registered decoder failed, what the formats make of it.
    pub decoded: Decoded,
    /// Why the registered decoder could not read it.
    pub failed: Option<String>,
    /// What it says: the same for replies with equal values, whatever their encoding; fields that
    /// the question declares [volatile](super::Question::volatile) do not count.
    pub content: ContentId,
    /// The same but for numbers.
    pub shape: ContentId,
    /// Its bytes.
    pub bytes: Sha256Sum,
}

impl Decoding {
    /// Of a reply that was read before and kept without its bytes: `content` is the digest that was
    /// kept with it, `payload` what stands for the bytes.
    #[must_use]
    pub fn kept(decoded: Decoded, content: ContentId, payload: &[u8]) -> Self {
        Self { decoded, failed: None, content, shape: content, bytes: Sha256Sum::of(payload) }
    }

    /// Of a reply whose decoder panicked: its bytes and nothing else.
    #[must_use]
    pub fn of_bytes(payload: &[u8]) -> Self {
        let bytes = Sha256Sum::of(payload);
        let failed = Some("a fault of this program: its decoder panicked".to_owned());
        let decoded = formats::as_bytes(payload);
        Self { decoded, failed, content: bytes.id(), shape: bytes.id(), bytes }
    }
}

/// Reads a whole reply: with error 0 by the id's registered decoder, else, or where that fails, by
/// its format. May take a while; belongs on a blocking thread.
#[must_use]
pub fn decode_reply(
    registry: &Registry,
    message: MessageId,
    error: ErrorByte,
    payload: &[u8],
) -> Decoding {
    let probe = registry.get(message).filter(|_| error == ErrorByte::SUCCESS);
    let (decoded, failed) = match probe.map(|probe| probe.decode(payload)) {
        Some(Ok(decoded)) => (decoded, None),
        Some(Err(failure)) => (formats::decode(payload), Some(failure.to_string())),
        None => (formats::decode(payload), None),
    };
    let bytes = Sha256Sum::of(payload);
    let volatile = probe.map_or(&[][..], |question| question.volatile());
    let content = ContentId::of_reply(error, &decoded, failed.is_none(), bytes.id(), volatile);
    let shape = ContentId::of_shape(error, &decoded, failed.is_none(), volatile);
    Decoding { decoded, failed, content, shape, bytes }
}

//! Replies, read by the decoder of their message-specific id.

use std::sync::LazyLock;

use swarmscope_peer::crawler::{Registry, decode_reply};
use swarmscope_probes::Statistics;
use swarmscope_wire::{ErrorByte, MessageId};

use crate::values::shown;

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| swarmscope_probes::registry(Statistics::empty()));

/// A reply of any id with any error byte is read, and nothing of what is shown acts on a terminal.
/// The first two bytes are the id and the error.
pub fn reply(data: &[u8]) {
    let Some(([id, error], payload)) = data.split_first_chunk() else { return };
    let (id, error) = (MessageId(id % 13), ErrorByte(error % 2));
    let decoding = decode_reply(&REGISTRY, id, error, payload);
    shown(&decoding.decoded, payload.len());
    let again = decode_reply(&REGISTRY, id, error, payload);
    assert_eq!(again.content, decoding.content, "the same bytes say the same");
}

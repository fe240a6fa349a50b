//! What a Crawler can ask under one message-specific id, and how the reply reads: the asking half.
//! The answering half is [`Probe`](super::Probe). Those that are built in live in
//! `swarmscope-probes`; a program brings its own.

use std::time::Duration;

use bytes::Bytes;

use super::field::{Field, Value};
use swarmscope_wire::rows::Rows;
use swarmscope_wire::{Decoded, Frequency, MessageId, OverlayVersion, Permid, formats};

/// A payload that a question's decoder could not read. The raw bytes are still there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReplyDecodeError(pub String);

/// Whom a request is for, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// Who it is; `None` before it has proved that.
    pub permid: Option<Permid>,
    /// The overlay version that is spoken with it.
    pub version: OverlayVersion,
}

impl From<OverlayVersion> for Recipient {
    /// Anybody who speaks this version.
    fn from(version: OverlayVersion) -> Self {
        Self { permid: None, version }
    }
}

/// What a payload begins with that is a form: `fields:since=0; who=me`. See [`Question::fields`].
pub const FORM: &str = "fields:";

/// One message-specific id as a Crawler sees it: its name, its payload, its limits, and how its
/// reply reads.
pub trait Question: Send + Sync + 'static {
    /// The message-specific id (protocol.md §4, §5).
    fn id(&self) -> MessageId;

    /// The name by which people ask for it, in capitals, without `_QUERY`: `NATCHECK`.
    fn name(&self) -> &str;

    /// One line for the picker: what it asks, and what to know before asking.
    fn doc(&self) -> &str;

    /// The lowest overlay version of peers that know this id (§5).
    fn min_version(&self) -> OverlayVersion {
        OverlayVersion::CRAWLER
    }

    /// The highest overlay version of peers that know it.
    fn max_version(&self) -> OverlayVersion {
        OverlayVersion(u16::MAX)
    }

    /// Whether a request has a payload at all.
    fn takes_payload(&self) -> bool {
        true
    }

    /// What goes into the frequency field where nobody says otherwise.
    fn default_frequency(&self) -> Frequency {
        Frequency::DEFAULT
    }

    /// How long the whole reply may take, from the moment the request is sent.
    fn timeout(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Whether asking uses something up at the peer, so that the next Crawler doesn't get it.
    fn consumes(&self) -> bool {
        false
    }

    /// The initiator: the payload to ask this peer with. By default it is empty.
    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::new()
    }

    /// What a person may fill in, where the request has such places.
    fn fields(&self) -> &[Field] {
        &[]
    }

    /// The payload with these values, one a field, for this peer.
    ///
    /// # Errors
    /// What is wrong with which field.
    fn fill(&self, _values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        Ok(self.initiate(to))
    }

    /// What is wrong with a request that no peer can answer, before it costs an hour of one. May
    /// take a while; never called on the UI task. By default nothing is.
    ///
    /// # Errors
    /// What is wrong with it, as far as that can be told from here.
    fn check(&self, _payload: &[u8]) -> Result<(), String> {
        Ok(())
    }

    /// The reply, on the Crawler's side: the payload of a reply with error 0. May take a while;
    /// never called on the UI task. By default it is read by its format.
    ///
    /// # Errors
    /// A payload that is not what this id's peers send.
    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        Ok(formats::decode(payload))
    }

    /// The rows that a reply yields: what a crawl stores of it. By default nothing is kept but its
    /// size and a digest.
    fn rows(&self) -> Rows {
        Rows::default()
    }

    /// Names of fields in the decoded reply's JSON that differ between healthy peers or from one
    /// answer to the next, such as addresses, ports and times.
    /// [`Decoding::shape`](super::Decoding::shape) leaves them out, so that replies group by
    /// what they say.
    fn volatile(&self) -> &[&str] {
        &[]
    }
}

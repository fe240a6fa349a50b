//! A message-specific id: what a Crawler asks, what a peer answers, how the reply reads. One implementation each in
//! [`swarmscope_probes`]; a program that embeds a peer brings its own.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::field::{Field, Value};
use swarmscope_wire::{Decoded, ErrorByte, Frequency, MessageId, OverlayVersion, Permid, formats};

/// An answer that is being worked out.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A request as it reaches a peer's probe: authenticated, allowed, and past the frequency gate.
#[derive(Clone, Debug)]
pub struct Asked {
    pub from: Permid,
    /// The overlay version of the connection it came on.
    pub version: OverlayVersion,
    pub payload: Bytes,
}

/// What a probe wants to hear again once its answer has arrived: which records it handed over. Its own business; it is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt(pub u64);

/// What a peer answers: an error byte (§4) and a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub error: ErrorByte,
    pub payload: Bytes,
    /// Where the probe is to be told that the answer has arrived: see [`Probe::delivered`].
    pub receipt: Option<Receipt>,
}

impl Answer {
    /// Error 0.
    #[must_use]
    pub fn success(payload: impl Into<Bytes>) -> Self {
        Self { error: ErrorByte::SUCCESS, payload: payload.into(), receipt: None }
    }

    /// Error 1, with the reason as text.
    #[must_use]
    pub fn failed(reason: &str) -> Self {
        Self { error: ErrorByte::HANDLER, payload: Bytes::copy_from_slice(reason.as_bytes()), receipt: None }
    }

    /// The same, and the probe is told when it has arrived.
    #[must_use]
    pub fn with_receipt(self, receipt: Receipt) -> Self {
        Self { receipt: Some(receipt), ..self }
    }
}

/// What a probe may know of the peer it answers for.
#[derive(Clone, Copy, Debug)]
pub struct PeerView {
    /// Where this peer listens, if it does.
    pub listening: Option<SocketAddr>,
}

/// A payload that a registered decoder could not read. The raw bytes are still there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReplyDecodeError(pub String);

/// What a payload begins with that is a form: `fields:since=0; who=me`. See [`Probe::fields`].
pub const FORM: &str = "fields:";

/// One message-specific id with its three callbacks: [`initiate`](Self::initiate) (what is asked),
/// [`answer`](Self::answer) (the request, at the peer) and [`decode`](Self::decode) (the reply, at the Crawler).
pub trait Probe: Send + Sync + 'static {
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

    /// The initiator: the payload to ask a peer of this version with.
    fn initiate(&self, to: OverlayVersion) -> Bytes;

    /// What a person may fill in, where the request has such places.
    fn fields(&self) -> &[Field] {
        &[]
    }

    /// The payload with these values, one a field, for a peer of this version.
    ///
    /// # Errors
    /// What is wrong with which field.
    fn fill(&self, _values: &[Value], to: OverlayVersion) -> Result<Bytes, String> {
        Ok(self.initiate(to))
    }

    /// The request, on the peer's side. Runs on a task of its own and may take its time; anything that blocks belongs on a
    /// blocking thread.
    fn answer<'a>(&'a self, asked: Asked, peer: &'a PeerView) -> Answering<'a>;

    /// On the peer's side: an answer that was given with a receipt has arrived at its Crawler. That is so when every part of it was
    /// written and the connection was still there 5 s later, or a further frame had come on it by then. Of an answer whose connection
    /// was lost nobody is told. Called in order, and before any later request is answered; must not block.
    fn delivered(&self, _to: Permid, _receipt: Receipt) {}

    /// The reply, on the Crawler's side: the payload of a reply with error 0. May take a while; never called on the UI task.
    /// By default it is read by its format.
    ///
    /// # Errors
    /// A payload that is not what this id's peers send.
    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        Ok(formats::decode(payload))
    }
}

/// The ids a peer answers and a Crawler knows by name.
#[derive(Clone, Default)]
pub struct Registry {
    probes: Vec<Arc<dyn Probe>>,
}

impl Registry {
    /// In the order of their ids.
    ///
    /// # Panics
    /// Two probes with the same id: a mistake in the program that registers them.
    #[must_use]
    pub fn new(mut probes: Vec<Arc<dyn Probe>>) -> Self {
        probes.sort_by_key(|probe| probe.id());
        assert!(probes.windows(2).all(|two| two[0].id() != two[1].id()), "a message-specific id is registered twice");
        Self { probes }
    }

    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Arc<dyn Probe>> {
        self.probes.iter().find(|probe| probe.id() == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Probe>> {
        self.probes.iter()
    }

    /// The id that `word` means: a number 0–255, a registered name, or a name of §5; any case, the `_QUERY` suffix optional.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<MessageId> {
        if let Ok(number) = word.parse() {
            return Some(MessageId(number));
        }
        let word = word.to_ascii_uppercase().replace('-', "_");
        let bare = |name: &str| name.trim_end_matches("_QUERY").to_owned();
        let same = |name: &str| bare(name) == bare(&word);
        let registered = self.probes.iter().find(|probe| same(probe.name())).map(|probe| probe.id());
        registered.or_else(|| MessageId::NAMED.iter().find(|(_, name)| same(name)).map(|(id, _)| *id))
    }

    /// What people call this id: the registered name, else the one of §5 without its suffix, else the number.
    #[must_use]
    pub fn label(&self, id: MessageId) -> String {
        let registered = self.get(id).map(|probe| probe.name().to_owned());
        registered
            .or_else(|| id.name().map(|name| name.trim_end_matches("_QUERY").to_owned()))
            .unwrap_or_else(|| id.to_string())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.probes.iter().map(|probe| probe.name())).finish()
    }
}

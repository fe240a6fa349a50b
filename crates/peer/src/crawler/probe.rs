//! What a peer answers under one message-specific id: the answering half. The asking half is
//! [`Question`](super::Question).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use swarmscope_wire::{ErrorByte, OverlayVersion, Permid};

/// A request as it reaches a peer's probe: authenticated, allowed, and past the frequency gate.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The Crawler that asks.
    pub from: Permid,
    /// The overlay version of the connection it came on.
    pub version: OverlayVersion,
    /// The request's payload, as it came.
    pub payload: Bytes,
}

/// What a probe wants to hear again once its answer has arrived: which records it handed over. Its
/// own business; it is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt(pub u64);

/// What a peer answers: an error byte (§4) and a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// 0 for success; see [`ErrorByte`].
    pub error: ErrorByte,
    /// The reply's payload, of any length within the peer's limits; it is cut into parts on its
    /// way.
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
        Self {
            error: ErrorByte::HANDLER,
            payload: Bytes::copy_from_slice(reason.as_bytes()),
            receipt: None,
        }
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

/// What a peer does when it is asked. A closure from an [`Asked`] to a future of an
/// [`Answer`] is one, too: `|asked| async move { Answer::success(asked.payload) }`.
pub trait Probe: Send + Sync + 'static {
    /// Works out the answer. Runs on a task of its own and may take its time; anything that blocks
    /// belongs on a blocking thread.
    fn answer(&self, asked: Asked, peer: &PeerView) -> impl Future<Output = Answer> + Send;

    /// The longest payload of a request, in bytes. A longer one is refused before it waits for its
    /// turn. By default whatever fits into a frame.
    fn longest_payload(&self) -> usize {
        usize::MAX
    }

    /// An answer that was given with a receipt has arrived at its Crawler. That is so when every
    /// part of it was written and the connection was still there 5 s later, or a further frame
    /// had come on it by then. Of an answer whose connection was lost nobody is told. Called in
    /// order, and before any later request is answered; must not block.
    fn delivered(&self, _to: Permid, _receipt: Receipt) {}
}

impl<F, Answering> Probe for F
where
    F: Fn(Asked) -> Answering + Send + Sync + 'static,
    Answering: Future<Output = Answer> + Send,
{
    fn answer(&self, asked: Asked, _peer: &PeerView) -> impl Future<Output = Answer> + Send {
        self(asked)
    }
}

/// Any [`Probe`], shared; cheap to clone.
#[derive(Clone)]
pub struct AnyProbe(Arc<dyn Erased>);

impl AnyProbe {
    /// Wraps one.
    #[must_use]
    pub fn new(probe: impl Probe) -> Self {
        Self(Arc::new(probe))
    }

    /// As [`Self::new`], for one that is shared.
    #[must_use]
    pub fn shared(probe: Arc<impl Probe>) -> Self {
        Self(probe)
    }
}

impl Probe for AnyProbe {
    async fn answer(&self, asked: Asked, peer: &PeerView) -> Answer {
        self.0.answer_boxed(asked, peer).await
    }

    fn longest_payload(&self) -> usize {
        self.0.longest()
    }

    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.0.delivered_to(to, receipt);
    }
}

/// [`Probe`] as a trait object: the language can't make one of a trait with `impl Future` in it.
trait Erased: Send + Sync + 'static {
    fn answer_boxed<'a>(
        &'a self,
        asked: Asked,
        peer: &'a PeerView,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;
    fn longest(&self) -> usize;
    fn delivered_to(&self, to: Permid, receipt: Receipt);
}

impl<P: Probe> Erased for P {
    fn answer_boxed<'a>(
        &'a self,
        asked: Asked,
        peer: &'a PeerView,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.answer(asked, peer))
    }

    fn longest(&self) -> usize {
        self.longest_payload()
    }

    fn delivered_to(&self, to: Permid, receipt: Receipt) {
        self.delivered(to, receipt);
    }
}

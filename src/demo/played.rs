//! A probe that answers as an honest one does, except for what its peer plays. Only a peer has it: a Crawler asks with its own.

use std::sync::Arc;

use bytes::Bytes;

use swarmscope_peer::crawler::probe::{Answering, Receipt};
use swarmscope_peer::crawler::{Asked, PeerView, Probe};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// What is played.
pub trait Part: Send + Sync + 'static {
    fn answer<'a>(&'a self, honest: &'a dyn Probe, asked: Asked, peer: &'a PeerView) -> Answering<'a>;
}

/// The honest probe, but for its answer.
pub fn played(honest: Arc<dyn Probe>, part: impl Part) -> Arc<dyn Probe> {
    Arc::new(Played { honest, part })
}

struct Played<P> {
    honest: Arc<dyn Probe>,
    part: P,
}

impl<P: Part> Probe for Played<P> {
    fn id(&self) -> MessageId {
        self.honest.id()
    }
    fn name(&self) -> &str {
        self.honest.name()
    }
    fn doc(&self) -> &str {
        self.honest.doc()
    }
    fn initiate(&self, to: OverlayVersion) -> Bytes {
        self.honest.initiate(to)
    }
    fn answer<'a>(&'a self, asked: Asked, peer: &'a PeerView) -> Answering<'a> {
        self.part.answer(&*self.honest, asked, peer)
    }
    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.honest.delivered(to, receipt);
    }
}

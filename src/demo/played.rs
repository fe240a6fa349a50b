//! A probe that answers as an honest one does, except for what its peer plays.

use std::future::Future;

use swarmscope_peer::crawler::{Answer, AnyProbe, Asked, PeerView, Probe, Receipt};
use swarmscope_wire::Permid;

/// What is played.
pub trait Part: Send + Sync + 'static {
    fn answer(
        &self,
        honest: &AnyProbe,
        asked: Asked,
        peer: &PeerView,
    ) -> impl Future<Output = Answer> + Send;
}

/// The honest probe, but for its answer.
pub fn played(honest: AnyProbe, part: impl Part) -> AnyProbe {
    AnyProbe::new(Played { honest, part })
}

struct Played<P> {
    honest: AnyProbe,
    part: P,
}

impl<P: Part> Probe for Played<P> {
    async fn answer(&self, asked: Asked, peer: &PeerView) -> Answer {
        self.part.answer(&self.honest, asked, peer).await
    }
    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.honest.delivered(to, receipt);
    }
}

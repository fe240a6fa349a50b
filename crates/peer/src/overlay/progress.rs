//! Who hears of the phases of a connection that is being made.

use super::tracer::Tracer;
use super::{AttemptId, OverlayEvent};
use crate::weighed;
use swarmscope_wire::failure::Phase;

/// Who hears of the setup: of its phases those who dialled.
pub(super) struct Progress {
    pub(super) attempt: Option<AttemptId>,
    pub(super) events: weighed::Sender<OverlayEvent>,
    /// Hears of everything.
    pub(super) tracer: Tracer,
}

impl Progress {
    pub(super) async fn rung(&self, phase: Phase, detail: String) {
        if let Some(attempt) = self.attempt {
            // No one listens any more, so no one needs to know.
            let _ = self.events.send(OverlayEvent::Progress { attempt, phase, detail }).await;
        }
    }
}

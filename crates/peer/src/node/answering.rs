//! Probes at work for Crawlers: each on a task of its own, not many at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::crawler::{Answer, AnyProbe, Asked, PeerView, Probe as _, ReplyId};

/// How many probes work at the same time; more requests wait for their turn. A statistics reply may take 64 MiB while it is made.
const AT_ONCE: usize = 8;
/// A channel's life (protocol.md §4): no Crawler waits longer for an answer.
const LONGEST: Duration = Duration::from_secs(3600);

/// The answers that are being worked out.
pub(super) struct Answering {
    tasks: JoinSet<(ReplyId, Answer)>,
    turns: Arc<Semaphore>,
    view: PeerView,
}

impl Answering {
    pub(super) fn new(view: PeerView) -> Self {
        Self { tasks: JoinSet::new(), turns: Arc::new(Semaphore::new(AT_ONCE)), view }
    }

    /// Starts a probe. A lost connection doesn't stop it: the reply goes by dial-back.
    pub(super) fn start(&mut self, id: ReplyId, probe: AnyProbe, asked: Asked) {
        let (turns, view) = (Arc::clone(&self.turns), self.view);
        self.tasks.spawn(async move {
            let _turn = turns.acquire_owned().await;
            // A task within the task: a probe that panics is an error 1 to its Crawler and nobody else's problem.
            let work = tokio::spawn(async move { probe.answer(asked, &view).await });
            let answer = tokio::time::timeout(LONGEST, AbortOnDropHandle::new(work)).await;
            let answer = match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Answer::failed("the handler failed"),
                Err(_) => Answer::failed("the handler took longer than a channel lives"),
            };
            (id, answer)
        });
    }

    /// The next answer that is ready; `None` where none is being worked out. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<(ReplyId, Answer)> {
        self.tasks.join_next().await?.ok()
    }
}

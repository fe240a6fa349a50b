//! Probes at work for Crawlers: each on a task of its own, in turns.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio_util::task::AbortOnDropHandle;

use super::turns::{Place, Turns};
use crate::crawler::{Answer, AnyProbe, Asked, PeerView, Probe as _, ReplyId};
use crate::limits::{Limits, Meter};
use swarmscope_wire::MessageId;

/// A channel's life (protocol.md §4): no Crawler waits longer for an answer.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a probe is to answer.
pub(super) struct Question {
    pub(super) id: ReplyId,
    pub(super) message: MessageId,
    pub(super) asked: Asked,
    pub(super) probe: AnyProbe,
}

/// The answers that are being worked out.
pub(super) struct Answering {
    tasks: JoinSet<(ReplyId, Answer)>,
    working: HashMap<ReplyId, AbortHandle>,
    turns: Turns<Question>,
    view: PeerView,
}

impl Answering {
    pub(super) fn new(view: PeerView, limits: &Limits, meter: Meter) -> Self {
        Self {
            tasks: JoinSet::new(),
            working: HashMap::new(),
            turns: Turns::new(limits, meter),
            view,
        }
    }

    /// Starts a probe when its turn comes. A lost connection doesn't stop it: the reply goes by
    /// dial-back.
    pub(super) fn start(&mut self, question: Question) {
        let place = Place { id: question.id, message: question.message, from: question.asked.from };
        self.turns.push(place, question);
        self.go_on();
    }

    /// The answer can no longer be delivered.
    pub(super) fn abandon(&mut self, id: ReplyId) {
        if let Some(task) = self.working.remove(&id) {
            task.abort();
        }
        self.turns.done(id);
        self.go_on();
    }

    /// Starts those whose turn it is.
    fn go_on(&mut self) {
        while let Some((_, Question { id, asked, probe, .. })) = self.turns.next() {
            let view = self.view;
            let task = self.tasks.spawn(async move {
                // A task within the task: a probe that panics is an error 1 to its Crawler and
                // nobody else's problem.
                let work = tokio::spawn(async move { probe.answer(asked, &view).await });
                let answer = match tokio::time::timeout(LONGEST, AbortOnDropHandle::new(work)).await
                {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) => Answer::failed("the handler failed"),
                    Err(_) => Answer::failed("the handler took longer than a channel lives"),
                };
                (id, answer)
            });
            self.working.insert(id, task);
        }
    }

    /// The next answer that is ready; `None` where none is being worked out. Nothing is lost when
    /// the future is dropped.
    pub(super) async fn next(&mut self) -> Option<(ReplyId, Answer)> {
        loop {
            // one that was abandoned gives none
            if let Ok((id, answer)) = self.tasks.join_next().await? {
                self.working.remove(&id);
                self.turns.done(id);
                self.go_on();
                return Some((id, answer));
            }
        }
    }
}

//! Where the probes' questions to the statistics wait for their turn: on blocking threads, few at a
//! time, over all ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::Statistics;
use super::sql::Limits;
use swarmscope_peer::crawler::Answer;

/// How many questions run at a time: each may keep a processor busy for its ten seconds.
const RUNNING: usize = 2;
/// How many questions there may be with those that wait for their turn.
pub(super) const ACCEPTED: usize = 16;

/// One for all probes of a peer; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub(super) statistics: Statistics,
    pub(super) accepted: Arc<Semaphore>,
    pub(super) running: Arc<Semaphore>,
}

impl Desk {
    /// A desk for these statistics, with the usual limits.
    #[must_use]
    pub fn new(statistics: Statistics) -> Self {
        Self {
            statistics,
            accepted: Arc::new(Semaphore::new(ACCEPTED)),
            running: Arc::new(Semaphore::new(RUNNING)),
        }
    }

    /// Works a question out.
    ///
    /// # Errors
    /// Why it can't be: the reason that `work` gives, or that there are too many questions.
    pub async fn ask(
        &self,
        work: impl FnOnce(&Statistics, &Limits) -> Result<Answer, String> + Send + 'static,
    ) -> Result<Answer, String> {
        let Ok(_accepted) = self.accepted.try_acquire() else {
            return Err(format!("busy: {ACCEPTED} questions are waiting already; ask again later"));
        };
        let Ok(_running) = self.running.acquire().await else {
            return Err("the peer is shutting down".into());
        };
        let cancel = CancelOnDrop::default();
        let (statistics, cancelled) = (self.statistics.clone(), cancel.0.clone());
        let worked_out =
            tokio::task::spawn_blocking(move || work(&statistics, &Limits::from_now(cancelled)))
                .await;
        worked_out.unwrap_or_else(|error| Err(format!("the question was not completed: {error}")))
    }
}

/// Why a question can't be asked at all.
pub(super) fn not_open(error: &rusqlite::Error) -> String {
    format!("the statistics can't be opened: {error}")
}

/// Stops a query whose answer is no longer awaited.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

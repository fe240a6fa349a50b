//! Records that a peer hands over once (protocol.md §5, ids 2, 8, 9 and 11). The original deleted
//! them when it had queued the reply, so that a lost connection lost them; here
//!
//! * a request is offered all records that nobody has collected, the oldest [`MOST`] at a time;
//! * when the reply has arrived (see
//!   [`Probe::delivered`](swarmscope_peer::crawler::Probe::delivered)) they are marked as
//!   collected, with who and when, and nobody is offered them again;
//! * they go at the next accepted request of who collected them, or with any request after
//!   [`KEPT_S`], if nobody asks in between;
//! * a reply that does not arrive changes nothing: the same records are offered again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, params};
use sha2::{Digest as _, Sha256};

use super::desk::{Desk, not_open};
use super::{Statistics, sql};
use swarmscope_peer::crawler::{Answer, Receipt};
use swarmscope_wire::{Permid, text};

/// How many records go into one reply: what fits into the longest reply at the longest that each
/// may be.
pub const MOST: u32 = 10_000;
/// How long collected records are kept, in seconds: a day, for the peer's operator to see
/// what was handed over.
pub const KEPT_S: i64 = 24 * 60 * 60;
/// How many bytes of a hash tell a few Crawlers apart.
const CRAWLER: usize = 16;

/// The records of one table; cheap to clone.
#[derive(Clone)]
pub struct HandOver {
    shared: Arc<Shared>,
}

struct Shared {
    statistics: Statistics,
    /// A table of the schema with the columns id, `collected_by` and `collected_at`.
    table: &'static str,
    /// What has arrived and is not marked yet.
    arrived: Mutex<Vec<(Permid, Receipt)>>,
    /// Held while marks are written, so that waiters find them.
    marking: Mutex<()>,
}

/// What a request is offered.
pub struct Offer {
    /// Sees the records as they were when the offer was made.
    pub database: Connection,
    /// The last record that is offered; none where there are none.
    pub up_to: Option<i64>,
}

impl Offer {
    /// What is to come back when the records have arrived.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        self.up_to.and_then(|up_to| u64::try_from(up_to).ok()).map(Receipt)
    }
}

impl HandOver {
    /// Hands over the records of this table.
    #[must_use]
    pub fn new(statistics: Statistics, table: &'static str) -> Self {
        let (arrived, marking) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { statistics, table, arrived, marking }) }
    }

    /// Records have arrived. Returns at once; they are marked on a blocking thread, and in any case
    /// before the next offer.
    pub fn delivered(&self, to: Permid, receipt: Receipt) {
        lock(&self.shared.arrived).push((to, receipt));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let shared = Arc::clone(&self.shared);
            runtime.spawn_blocking(move || shared.mark());
        }
    }

    /// An accepted request: what `to` collected before goes, and the rest is offered. Blocks.
    ///
    /// # Errors
    /// Why the statistics can't be read.
    pub fn offer(&self, to: Permid) -> Result<Offer, String> {
        let Shared { statistics, table, .. } = &*self.shared;
        self.shared.mark();
        self.shared.forget(to);
        let database = statistics.open().map_err(|error| not_open(&error))?;
        database.execute_batch("BEGIN").map_err(|error| not_open(&error))?; // what is read from now on is of one moment
        let last = format!(
            "SELECT max(id) FROM (SELECT id FROM {table} WHERE collected_at IS NULL ORDER BY id \
             LIMIT {MOST})"
        );
        let up_to = database
            .query_row(&last, [], |row| row.get(0))
            .map_err(|error| format!("SQLError: {error}"))?;
        Ok(Offer { database, up_to })
    }

    /// Answers a request from `to` with what `reply` makes of its offer.
    pub async fn answer(
        &self,
        desk: &Desk,
        to: Permid,
        reply: fn(&Offer) -> Result<Answer, String>,
    ) -> Answer {
        let records = self.clone();
        let work = move |_: &Statistics, _: &sql::Limits| reply(&records.offer(to)?);
        desk.ask(work).await.unwrap_or_else(|reason| Answer::failed(&reason))
    }
}

impl Shared {
    /// Marks what has arrived. What can't be marked is offered again, later to be marked.
    fn mark(&self) {
        let _marking = lock(&self.marking);
        let arrived = std::mem::take(&mut *lock(&self.arrived));
        if arrived.is_empty() {
            return;
        }
        let marks = format!(
            "UPDATE {} SET collected_by = ?1, collected_at = unixepoch() WHERE id <= ?2 AND \
             collected_at IS NULL",
            self.table
        );
        let mark = |database: &Transaction<'_>| {
            for (to, Receipt(up_to)) in &arrived {
                database.execute(
                    &marks,
                    params![crawler(to), i64::try_from(*up_to).unwrap_or(i64::MAX)],
                )?;
            }
            Ok(())
        };
        if let Err(error) = self.statistics.write(mark) {
            tracing::warn!(
                "{}: records that were handed over could not be marked and will be offered again: \
                 {error}",
                self.table
            );
        }
    }

    /// Lets collected records go whose time has come.
    fn forget(&self, asker: Permid) {
        let gone = format!(
            "FROM {} WHERE collected_by = ?1 OR collected_at <= unixepoch() - ?2",
            self.table
        );
        let crawler = crawler(&asker);
        let any = |database: Connection| {
            database.query_row(
                &format!("SELECT EXISTS (SELECT 1 {gone})"),
                params![crawler, KEPT_S],
                |row| row.get(0),
            )
        };
        // most of the time there are none, and nobody has to wait for the right to write
        if !self.statistics.open().and_then(any).unwrap_or(false) {
            return;
        }
        let delete = |database: &Transaction<'_>| {
            database.execute(&format!("DELETE {gone}"), params![crawler, KEPT_S])
        };
        if let Err(error) = self.statistics.write(delete) {
            tracing::warn!("{}: records that were collected can't be deleted: {error}", self.table);
        }
    }
}

/// What tells Crawlers apart in the tables; what it is called is hidden from those who ask.
fn crawler(permid: &Permid) -> String {
    text::hex(&Sha256::digest(permid.to_der())[..CRAWLER])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

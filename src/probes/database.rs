//! DATABASE_QUERY (protocol.md §5, id 1): SQL questions to a peer's own statistics.
//!
//! The request is SQL, several statements together; the reply is one list of the rows of all of them, in encoding "a" (peers
//! before 5.3.9: a pickle). [`sql`] runs it, on a blocking thread, within limits; what exceeds one is a reply with
//! error 1 that names it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::{Statistics, sql};
use crate::crawler::probe::{Answering, ReplyDecodeError};
use crate::crawler::{Answer, Asked, PeerView, Probe};
use crate::wire::formats::{self, Format};
use crate::wire::{Decoded, MessageId, OverlayVersion};

/// How many questions run at a time: each may keep a processor busy for its ten seconds.
const RUNNING: usize = 2;
/// How many questions there may be with those that wait for their turn.
const ACCEPTED: usize = 16;
/// The version from which peers have the tables of channels and votes.
const CHANNELS: OverlayVersion = OverlayVersion(11);

/// Both sides of DATABASE_QUERY.
pub struct Database {
    statistics: Statistics,
    accepted: Semaphore,
    running: Semaphore,
}

impl Database {
    #[must_use]
    pub fn new(statistics: Statistics) -> Self {
        Self { statistics, accepted: Semaphore::new(ACCEPTED), running: Semaphore::new(RUNNING) }
    }

    async fn ask(&self, request: Bytes) -> Answer {
        let Ok(_accepted) = self.accepted.try_acquire() else {
            return Answer::failed(&format!("busy: {ACCEPTED} questions are waiting already; ask again later"));
        };
        let Ok(_running) = self.running.acquire().await else {
            return Answer::failed("the peer is shutting down");
        };
        let cancel = CancelOnDrop::default();
        let (statistics, cancelled) = (self.statistics.clone(), cancel.0.clone());
        let answered = tokio::task::spawn_blocking(move || match statistics.open() {
            Ok(database) => sql::run(database, &request, &cancelled).map_err(|error| error.to_string()),
            Err(error) => Err(format!("the statistics can't be opened: {error}")),
        });
        match answered.await {
            Ok(Ok(rows)) => Answer::success(rows),
            Ok(Err(reason)) => Answer::failed(&reason),
            Err(error) => Answer::failed(&format!("the question was not run to its end: {error}")),
        }
    }
}

/// Stops a query whose answer nobody waits for any more.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Probe for Database {
    fn id(&self) -> MessageId {
        MessageId::DATABASE_QUERY
    }

    fn name(&self) -> &'static str {
        "DATABASE"
    }

    fn doc(&self) -> &'static str {
        "SQL on the peer's statistics: Peer, Torrent, VoteCast, ChannelCast; only SELECT"
    }

    /// The counts that the original asks for, as far as a peer of this version has the tables.
    fn initiate(&self, to: OverlayVersion) -> Bytes {
        const OLD: &str = "SELECT 'peer_count', count(*) FROM Peer;SELECT 'torrent_count', count(*) FROM Torrent";
        const NEW: &str = "SELECT 'channel_files', count(*) FROM ChannelCast;\
            SELECT 'all_subscriptions', count(*) FROM VoteCast where vote=2;\
            SELECT 'all_negative_votes', count(*) FROM VoteCast where vote=-1";
        if to >= CHANNELS { format!("{OLD};{NEW}").into() } else { OLD.into() }
    }

    fn answer<'a>(&'a self, asked: Asked, _peer: &'a PeerView) -> Answering<'a> {
        Box::pin(self.ask(asked.payload))
    }

    /// A table, whichever of the two encodings it is in.
    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let format = match formats::sniff(payload) {
            Format::Pickle => Format::Pickle,
            _ => Format::A,
        };
        let mut decoded = formats::decode_as(format, payload).map_err(|error| ReplyDecodeError(error.to_string()))?;
        let is_table = |rows: &Vec<serde_json::Value>| rows.first().is_none_or(serde_json::Value::is_array);
        if !decoded.json.as_array().is_some_and(is_table) {
            return Err(ReplyDecodeError("not a list of rows".into()));
        }
        if decoded.tree.children.is_empty() {
            "0 rows".clone_into(&mut decoded.tree.value);
            "0 rows".clone_into(&mut decoded.summary);
        }
        Ok(decoded)
    }
}

#[cfg(test)]
mod tests;

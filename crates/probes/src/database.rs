//! DATABASE_QUERY (protocol.md §5, id 1): SQL questions to a peer's own statistics.
//!
//! The request is SQL, several statements together; the reply is one list of the rows of all of
//! them, in encoding "a" (peers before 5.3.9: a pickle). [`sql`] runs it, on a blocking thread,
//! within limits; what exceeds one is a reply with error 1 that names it.

use std::sync::LazyLock;

use bytes::Bytes;

use super::desk::{Desk, not_open};
use super::sql::LONGEST_PAYLOAD;
use super::{Statistics, choices, rows, sql};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, OverlayVersion, Permid};

mod original;

/// The version from which peers have the tables of channels and votes.
const CHANNELS: OverlayVersion = OverlayVersion(11);

/// Both sides of DATABASE_QUERY.
pub struct Database {
    desk: Desk,
}

impl Database {
    /// Answers from these statistics.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

/// What a peer has voted and published itself. A permid in base64 has no quote in it.
fn of_its_own(permid: &Permid) -> [String; 3] {
    let votes = |name: &str, vote: i32| {
        format!("SELECT '{name}', count(*) FROM VoteCast where voter_id='{permid}' and vote={vote}")
    };
    let files = "SELECT 'my_channel_files', count(*) FROM ChannelCast where publisher_id=";
    [votes("my_subscriptions", 2), votes("my_negative_votes", -1), format!("{files}'{permid}'")]
}

/// Runs a request that is SQL: rows in encoding "a".
pub(super) async fn ask(desk: &Desk, request: Bytes) -> Answer {
    let answered = desk.ask(move |statistics, limits| {
        let database = statistics.open().map_err(|error| not_open(&error))?;
        let rows: sql::ARows =
            sql::run(database, &request, limits).map_err(|error| error.to_string())?;
        Ok(Answer::success(rows.into_reply()))
    });
    answered.await.unwrap_or_else(|reason| Answer::failed(&reason))
}

impl Question for Database {
    fn id(&self) -> MessageId {
        MessageId::DATABASE_QUERY
    }

    fn name(&self) -> &'static str {
        "DATABASE"
    }

    fn doc(&self) -> &'static str {
        "SQL on the peer's statistics: Peer, Torrent, VoteCast, ChannelCast; only SELECT"
    }

    /// What the original asks, byte by byte, as far as a peer of this version has the tables. Three
    /// of the seven statements name the peer itself: they are left out where nobody knows who it is.
    fn initiate(&self, to: &Recipient) -> Bytes {
        const OLD: [&str; 2] = [
            "SELECT 'peer_count', count(*) FROM Peer",
            "SELECT 'torrent_count', count(*) FROM Torrent",
        ];
        const ALL: [&str; 2] = [
            "SELECT 'all_subscriptions', count(*) FROM VoteCast where vote=2",
            "SELECT 'all_negative_votes', count(*) FROM VoteCast where vote=-1",
        ];
        let mut statements = OLD.map(str::to_owned).to_vec();
        if to.version >= CHANNELS {
            statements.extend(to.permid.iter().flat_map(of_its_own));
            statements.extend(ALL.map(str::to_owned));
        }
        statements.join(";").into()
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("counts", "as the original: counts of peers, torrents, files, votes"),
                ("versions", "its peers by overlay version"),
                ("swarms", "its torrents by seeders"),
                ("seen", "its peers by day last seen"),
            ])]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        Ok(choices::payload(values, &[("versions", b"SELECT oversion, count(*) FROM Peer GROUP BY oversion ORDER BY oversion"), ("swarms", b"SELECT num_seeders, count(*) FROM Torrent GROUP BY num_seeders ORDER BY num_seeders DESC LIMIT 50"), ("seen", b"SELECT last_seen / 86400, count(*) FROM Peer GROUP BY 1 ORDER BY 1 DESC LIMIT 50")], self.initiate(to)))
    }

    /// By empty tables: those of this program and all others that the original has had.
    fn check(&self, payload: &[u8]) -> Result<(), String> {
        static TABLES: LazyLock<rusqlite::Result<Statistics>> =
            LazyLock::new(|| Statistics::filled(original::BEYOND_OURS));
        let tables = TABLES.as_ref().map_err(not_open)?;
        let database = tables.open().map_err(|error| not_open(&error))?;
        sql::check(database, payload).map_err(|error| error.to_string())
    }

    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("what", ColumnKind::Text).from("0"),
            Column::new("count", ColumnKind::Int).from("1"),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        rows::decode(payload)
    }
}

impl Probe for Database {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        ask(&self.desk, asked.payload).await
    }
}

#[cfg(test)]
mod tests;

//! CHANNEL_QUERY (protocol.md §5, id 10): SQL questions about channels and votes. As DATABASE, over
//! the same tables.

use std::sync::LazyLock;

use bytes::Bytes;

use super::desk::Desk;
use super::sql::LONGEST_PAYLOAD;
use super::{choices, database, rows};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, OverlayVersion};

/// What the original asks, but for one thing: it asks for the votes of the peer itself and for
/// those of others apart, by the peer's permid, which the tables of our peers don't hold.
const QUESTIONS: &str = "SELECT 'channel_files', publisher_id, count(*) FROM ChannelCast group by publisher_id;\
    SELECT 'votes', mod_id, voter_id, vote, time_stamp FROM VoteCast order by time_stamp desc limit 200";

/// Both sides of CHANNEL_QUERY.
pub struct Channel {
    desk: Desk,
}

impl Channel {
    /// Answers from these statistics.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

impl Question for Channel {
    fn id(&self) -> MessageId {
        MessageId::CHANNEL_QUERY
    }

    fn name(&self) -> &'static str {
        "CHANNEL"
    }

    fn doc(&self) -> &'static str {
        "SQL on the peer's channels and votes: ChannelCast, VoteCast; only SELECT"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(13)
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::from_static(QUESTIONS.as_bytes())
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("both", "as the original: files by channel, and the newest votes"),
                ("files", "files by channel"),
                ("votes", "votes by value"),
            ])]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        Ok(choices::payload(
            values,
            &[
                (
                    "files",
                    b"SELECT publisher_id, count(*) FROM ChannelCast GROUP BY publisher_id ORDER BY 2 DESC LIMIT 200",
                ),
                ("votes", b"SELECT vote, count(*) FROM VoteCast GROUP BY vote"),
            ],
            self.initiate(to),
        ))
    }

    /// Rows of two kinds: `what` says which. A channel has `files`; a vote a voter and what it says.
    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("what", ColumnKind::Text).from("0"),
            Column::new("subject", ColumnKind::Text).from("1").sensitive(),
            Column::new("files", ColumnKind::Int).from("2"),
            Column::new("voter", ColumnKind::Text).from("2").sensitive(),
            Column::new("vote", ColumnKind::Int).from("3"),
            Column::new("at", ColumnKind::Int).from("4").volatile(),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        rows::decode(payload)
    }
}

impl Probe for Channel {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        database::ask(&self.desk, asked.payload).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Statistics;
    use crate::testing::{FIRST, ask_as};
    use swarmscope_wire::ErrorByte;

    #[tokio::test]
    async fn channels_and_votes_are_told() {
        let statistics = Statistics::filled(
            "INSERT INTO ChannelCast VALUES ('aa', '01', 3600), ('aa', '02', 3600), ('bb', '01', 7200);
             INSERT INTO VoteCast VALUES ('aa', 'cc', 2, 3600), ('bb', 'cc', -1, 7200)",
        );
        let probe = Channel::new(Desk::new(statistics.unwrap()));
        let answer = ask_as(&probe, FIRST, probe.initiate(&OverlayVersion(17).into())).await;
        let rows = json!([
            ["channel_files", "aa", 2],
            ["channel_files", "bb", 1],
            ["votes", "bb", "cc", -1, 7200],
            ["votes", "aa", "cc", 2, 3600]
        ]);
        assert_eq!(probe.decode(&answer.payload).unwrap().json, rows);
        assert_eq!(ask_as(&probe, FIRST, "DELETE FROM VoteCast").await.error, ErrorByte::HANDLER);
    }

    #[test]
    fn replies_of_the_original_read() {
        let probe = Channel::new(Desk::new(Statistics::empty()));
        for (payload, rows) in [
            (&b"a0l"[..], json!([])),
            (b"a1l1t1i1", json!([[1]])),
            (b"\x80\x02].", json!([])),
            (b"\x80\x02]q\x01K\x01\x85q\x02a.", json!([[1]])),
        ] {
            assert_eq!(probe.decode(payload).unwrap().json, rows);
        }
    }
}

//! VIDEOPLAYBACK_INFO_QUERY and VIDEOPLAYBACK_EVENT_QUERY (protocol.md §5, ids 6 and 7): SQL
//! questions about how videos played.
//!
//! Peers of versions 8 and 9 kept a table of playbacks and one of their events, and answered with a
//! pickle; from version 10 on there were only events, in a pickle inside a zlib stream. The
//! original's Crawler deleted the events with the same request. Here nothing is deleted: a DELETE
//! of all events at the end of a request is passed over, so that the original's request is
//! answered, and the events stay until the peer itself lets them go. What the Crawler here asks
//! deletes nothing at an original peer either.

use std::io::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::desk::{Desk, not_open};
use super::sql::LONGEST_PAYLOAD;
use super::{choices, rows, sql, statement};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, OverlayVersion};

/// The version from which on there are only events, and replies are compressed.
const EVENTS_ONLY: OverlayVersion = OverlayVersion(10);
const DELETE: &str = "DELETE FROM playback_event";

/// Both sides of VIDEOPLAYBACK_INFO_QUERY.
pub struct PlaybackInfo {
    desk: Desk,
}

/// Both sides of VIDEOPLAYBACK_EVENT_QUERY.
pub struct PlaybackEvent {
    desk: Desk,
}

impl PlaybackInfo {
    /// Answers from these statistics.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

impl PlaybackEvent {
    /// Answers from these statistics.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

async fn ask(desk: &Desk, sql: Bytes, compress: bool) -> Answer {
    let answered = desk.ask(move |statistics, limits| {
        let database = statistics.open().map_err(|error| not_open(&error))?;
        let rows: sql::PickledRows =
            sql::run(database, &sql, limits).map_err(|error| error.to_string())?;
        let pickle = rows.into_list().into_pickle();
        Ok(Answer::success(if compress { deflate(&pickle)? } else { pickle }))
    });
    answered.await.unwrap_or_else(|reason| Answer::failed(&reason))
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder.write_all(bytes).and_then(|()| encoder.finish());
    deflated.map_err(|error| format!("zlib: {error}"))
}

impl Question for PlaybackInfo {
    fn id(&self) -> MessageId {
        MessageId::VIDEOPLAYBACK_INFO_QUERY
    }

    fn name(&self) -> &'static str {
        "VIDEOPLAYBACK_INFO"
    }

    fn doc(&self) -> &'static str {
        "SQL on the peer's playbacks; only SELECT; originals of version 10 and later have no such \
         table"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(8)
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::from_static(
            b"SELECT key, timestamp, piece_size, num_pieces, bitrate, nat FROM playback_info ORDER BY timestamp DESC LIMIT 50",
        )
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("playbacks", "as the original: its newest playbacks"),
                ("bitrates", "its playbacks by bitrate"),
                ("nat", "its playbacks by NAT type"),
                ("days", "its playbacks by day"),
            ])]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        const NAMED: [(&str, &[u8]); 3] = [
            ("bitrates", b"SELECT bitrate, count(*) FROM playback_info GROUP BY bitrate ORDER BY bitrate LIMIT 200"),
            ("nat", b"SELECT nat, count(*) FROM playback_info GROUP BY nat ORDER BY 2 DESC LIMIT 200"),
            ("days", b"SELECT timestamp / 86400, count(*) FROM playback_info GROUP BY 1 ORDER BY 1 DESC LIMIT 50"),
        ];
        Ok(choices::payload(values, &NAMED, self.initiate(to)))
    }

    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("playback", ColumnKind::Text).from("0").sensitive(),
            Column::new("at", ColumnKind::Int).from("1").volatile(),
            Column::new("piece_size", ColumnKind::Int).from("2"),
            Column::new("pieces", ColumnKind::Int).from("3"),
            Column::new("bitrate", ColumnKind::Int).from("4"),
            Column::new("nat", ColumnKind::Text).from("5"),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let mut decoded = rows::decode(payload)?;
        rows::name_columns(
            &mut decoded.tree,
            &["key", "timestamp", "piece size", "pieces", "bitrate", "nat"],
        );
        Ok(decoded)
    }
}

impl Probe for PlaybackInfo {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        ask(&self.desk, asked.payload, false).await
    }
}

impl Question for PlaybackEvent {
    fn id(&self) -> MessageId {
        MessageId::VIDEOPLAYBACK_EVENT_QUERY
    }

    fn name(&self) -> &'static str {
        "VIDEOPLAYBACK_EVENT"
    }

    fn doc(&self) -> &'static str {
        "SQL on the events of the peer's playbacks; only SELECT"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(8)
    }

    fn initiate(&self, to: &Recipient) -> Bytes {
        Bytes::from_static(if to.version >= EVENTS_ONLY {
            b"SELECT key, timestamp, event FROM playback_event"
        } else {
            b"SELECT key, timestamp, origin, event FROM playback_event ORDER BY timestamp ASC LIMIT 50"
        })
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("events", "as the original: the events of each playback"),
                ("kinds", "events by type"),
                ("lengths", "playbacks by number of events"),
                ("days", "events by day"),
            ])]
        });
        &*FIELDS
    }

    /// Without the column `origin`, which peers of version 10 on don't have.
    fn fill(&self, values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        const NAMED: [(&str, &[u8]); 3] = [
            ("kinds", b"SELECT event, count(*) FROM playback_event GROUP BY event ORDER BY 2 DESC, 1 LIMIT 200"),
            ("lengths", b"SELECT events, count(*) FROM (SELECT count(*) AS events FROM playback_event GROUP BY key) GROUP BY events ORDER BY events"),
            ("days", b"SELECT timestamp / 86400, count(*) FROM playback_event GROUP BY 1 ORDER BY 1 DESC LIMIT 50"),
        ];
        Ok(choices::payload(values, &NAMED, self.initiate(to)))
    }

    /// The event is the last value of a row, with an origin before it or without.
    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("playback", ColumnKind::Text).from("0").sensitive(),
            Column::new("at", ColumnKind::Int).from("1").volatile(),
            Column::new("event", ColumnKind::Text).from("-1"),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let mut decoded = rows::decode(payload)?;
        rows::name_columns(&mut decoded.tree, &["key", "timestamp", "event"]);
        rows::name_columns(&mut decoded.tree, &["key", "timestamp", "origin", "event"]);
        Ok(decoded)
    }
}

impl Probe for PlaybackEvent {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        let Asked { payload, version, .. } = asked;
        let before =
            str::from_utf8(&payload).ok().and_then(|request| statement::before(request, DELETE));
        let read = before.map(|before| payload.slice_ref(before.as_bytes()));
        ask(&self.desk, read.unwrap_or(payload), version >= EVENTS_ONLY).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Statistics;
    use crate::testing::{FIRST, VIEW, ask_as, asked};
    use swarmscope_peer::crawler::Registry;
    use swarmscope_wire::ErrorByte;

    const ORIGINAL: &str =
        "SELECT key, timestamp, event FROM playback_event; DELETE FROM playback_event;";

    fn desk() -> Desk {
        Desk::new(
            Statistics::filled(
                "INSERT INTO playback_info VALUES ('aa', 3600, 65536, 1024, 131072, 'Unknown');
                 INSERT INTO playback_event (key, timestamp, event) VALUES ('aa', 3600, 'play'), ('aa', 7200, 'stop')",
            )
            .unwrap(),
        )
    }

    #[tokio::test]
    async fn playbacks_are_told_in_a_pickle() {
        let probe = PlaybackInfo::new(desk());
        let answer = ask_as(&probe, FIRST, probe.initiate(&OverlayVersion(9).into())).await;
        let decoded = probe.decode(&answer.payload).unwrap();
        assert_eq!(
            (decoded.json, &*decoded.format),
            (json!([["aa", 3600, 65536, 1024, 131_072, "Unknown"]]), "pickle")
        );
        assert_eq!(decoded.tree.children[0].children[4].label, "bitrate");
        assert_eq!(
            ask_as(&probe, FIRST, "DELETE FROM playback_info").await.error,
            ErrorByte::HANDLER
        );
    }

    #[tokio::test]
    async fn events_are_told_as_the_asker_s_version_reads_them() {
        let probe = PlaybackEvent::new(desk());
        for (version, format, columns) in
            [(9, "pickle", 4), (10, "zlib, pickle", 3), (18, "zlib, pickle", 3)]
        {
            let version = OverlayVersion(version);
            let asked = Asked { version, ..asked(FIRST, probe.initiate(&version.into())) };
            let decoded = probe.decode(&probe.answer(asked, &VIEW).await.payload).unwrap();
            let row = &decoded.tree.children[1].children;
            assert_eq!(
                (&*decoded.format, row.len(), &*row[columns - 1].label),
                (format, columns, "event")
            );
            assert_eq!(decoded.json[1][columns - 1], "stop");
        }
    }

    #[tokio::test]
    async fn the_original_s_delete_is_passed_over_and_no_other() {
        let probe = PlaybackEvent::new(desk());
        for _ in 0..2 {
            let answer = ask_as(&probe, FIRST, ORIGINAL).await;
            assert_eq!(probe.decode(&answer.payload).unwrap().summary, "2 rows", "nothing goes");
            assert_eq!(answer.receipt, None);
        }
        for request in
            ["DELETE FROM playback_event WHERE key = 'aa'", "DELETE FROM playback_event; SELECT 1"]
        {
            assert_eq!(ask_as(&probe, FIRST, request).await.error, ErrorByte::HANDLER, "{request}");
        }
    }

    #[tokio::test]
    async fn what_is_asked_by_name_is_counted() {
        let (info, event) = (PlaybackInfo::new(desk()), PlaybackEvent::new(desk()));
        let registry = Registry::default().with(info).with(event);
        let (info, event) =
            (MessageId::VIDEOPLAYBACK_INFO_QUERY, MessageId::VIDEOPLAYBACK_EVENT_QUERY);
        let cases = [
            (info, "bitrates", json!([[131_072, 1]])),
            (info, "nat", json!([["Unknown", 1]])),
            (info, "days", json!([[0, 1]])),
            (event, "kinds", json!([["play", 1], ["stop", 1]])),
            (event, "lengths", json!([[2, 1]])),
            (event, "days", json!([[0, 2]])),
        ];
        for (id, name, rows) in cases {
            let question = registry.get(id).unwrap();
            let request =
                question.fill(&[Value::Text(name.into())], &OverlayVersion(18).into()).unwrap();
            let answer = ask_as(registry.probe(id).unwrap(), FIRST, request).await;
            assert_eq!(question.decode(&answer.payload).unwrap().json, rows, "{name}");
        }
    }

    #[test]
    fn replies_of_the_original_read() {
        let probe = PlaybackEvent::new(desk());
        let decoded = probe.decode(b"x\xdak`\x8a\xd5\x03\x00\x02\xf2\x01\x0e").unwrap();
        assert_eq!((decoded.json, &*decoded.summary), (json!([]), "0 rows"));
        assert!(probe.decode(b"SQLError: no such table: playback_info").is_err());
    }
}

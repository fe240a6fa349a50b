//! USEREVENTLOG_QUERY (protocol.md §5, id 11): what was done in the program, by type and in counts;
//! handed over once.
//!
//! The original's request is a SELECT and a DELETE, which it ran. Here the two together mean "hand
//! over and mark as collected"; a SELECT alone is answered and leaves everything as it is, and
//! nothing else is run.

use std::sync::LazyLock;

use bytes::Bytes;

use super::desk::{Desk, not_open};
use super::hand_over::HandOver;
use super::sql::LONGEST_PAYLOAD;
use super::{Statistics, choices, rows, sql, statement};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Receipt, Recipient};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, OverlayVersion, Permid};

/// What the original's Crawler sends.
const REQUEST: &str = "SELECT * FROM UserEventLog; DELETE FROM UserEventLog;";
const SELECT: &str = "SELECT * FROM UserEventLog";
const DELETE: &str = "DELETE FROM UserEventLog";
const COLUMNS: [&str; 3] = ["timestamp", "type", "message"];

/// Both sides of USEREVENTLOG_QUERY.
pub struct UserEventLog {
    desk: Desk,
    events: HandOver,
}

impl UserEventLog {
    /// Answers from these statistics.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let events = HandOver::new(desk.statistics.clone(), "UserEvent");
        Self { desk, events }
    }
}

fn reply(
    statistics: &Statistics,
    limits: &sql::Limits,
    events: &HandOver,
    asked: &Asked,
) -> Result<Answer, String> {
    let read = |database, sql: &[u8]| {
        let rows: sql::ARows =
            sql::run(database, sql, limits).map_err(|error| error.to_string())?;
        Ok(Answer::success(rows.into_reply()))
    };
    let request = str::from_utf8(&asked.payload).unwrap_or_default(); // what is no text is refused by its reader
    match statement::before(request, DELETE) {
        None => read(statistics.open().map_err(|error| not_open(&error))?, &asked.payload),
        Some(before) if statement::is(before, SELECT) => {
            let offer = events.offer(asked.from)?;
            let receipt = offer.receipt();
            let select = format!(
                "SELECT timestamp, type, message FROM UserEvent WHERE collected_at IS NULL AND id \
                 <= {} ORDER BY id",
                offer.up_to.unwrap_or_default()
            );
            Ok(Answer { receipt, ..read(offer.database, select.as_bytes())? })
        }
        Some(_) => Err(format!(
            "SQLError: not authorized: only `{REQUEST}` hands events over; a SELECT alone only \
             reads"
        )),
    }
}

impl Question for UserEventLog {
    fn id(&self) -> MessageId {
        MessageId::USEREVENTLOG_QUERY
    }

    fn name(&self) -> &'static str {
        "USEREVENTLOG"
    }

    fn doc(&self) -> &'static str {
        "user actions; collected once: the next Crawler gets only new records"
    }

    fn min_version(&self) -> OverlayVersion {
        OverlayVersion(15)
    }

    fn consumes(&self) -> bool {
        true
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::from_static(REQUEST.as_bytes())
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("collect", "as the original: all events, and collect them"),
                ("read", "all events, without collecting them"),
                ("counts", "events by type, without collecting them"),
            ])]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Value], to: &Recipient) -> Result<Bytes, String> {
        Ok(choices::payload(
            values,
            &[
                ("read", SELECT.as_bytes()),
                ("counts", b"SELECT type, count(*) FROM UserEventLog GROUP BY type"),
            ],
            self.initiate(to),
        ))
    }

    /// A message may hold whatever a person typed.
    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("at", ColumnKind::Int).from("0").volatile(),
            Column::new("type", ColumnKind::Int).from("1"),
            Column::new("message", ColumnKind::Text).from("2").sensitive(),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let mut decoded = rows::decode(payload)?;
        rows::name_columns(&mut decoded.tree, &COLUMNS);
        Ok(decoded)
    }
}

impl Probe for UserEventLog {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        let events = self.events.clone();
        let work = move |statistics: &Statistics, limits: &sql::Limits| {
            reply(statistics, limits, &events, &asked)
        };
        self.desk.ask(work).await.unwrap_or_else(|reason| Answer::failed(&reason))
    }

    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.events.delivered(to, receipt);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{FIRST, SECOND, ask_as};
    use swarmscope_wire::ErrorByte;

    fn events() -> UserEventLog {
        let fill = "INSERT INTO UserEventLog VALUES (3600, 2, 'MyChannel: 3 manual adds'), (7200, 1, 'search: 4 words')";
        UserEventLog::new(Desk::new(Statistics::filled(fill).unwrap()))
    }

    #[tokio::test]
    async fn the_original_s_request_gets_the_events_until_they_have_arrived() {
        let probe = events();
        let answer = ask_as(&probe, FIRST, probe.initiate(&OverlayVersion(17).into())).await;
        let decoded = probe.decode(&answer.payload).unwrap();
        assert_eq!(
            decoded.json,
            json!([[3600, 2, "MyChannel: 3 manual adds"], [7200, 1, "search: 4 words"]])
        );
        let labels: Vec<_> =
            decoded.tree.children[0].children.iter().map(|value| &*value.label).collect();
        assert_eq!(labels, COLUMNS);
        assert_eq!(ask_as(&probe, SECOND, REQUEST).await, answer, "it has not arrived");
        probe.delivered(SECOND, answer.receipt.unwrap());
        assert_eq!(ask_as(&probe, FIRST, REQUEST).await, Answer::success(&b"a0l"[..]));
    }

    #[tokio::test]
    async fn a_select_alone_reads_and_any_other_delete_is_refused() {
        let probe = events();
        let all = ask_as(&probe, FIRST, "SELECT * FROM UserEventLog").await;
        assert_eq!(
            (probe.decode(&all.payload).unwrap().summary.as_str(), all.receipt),
            ("2 rows", None)
        );
        let some = ask_as(&probe, FIRST, "SELECT count(*) FROM UserEventLog WHERE type = 2").await;
        assert_eq!(&some.payload[..], b"a1l1t1i1");
        for (request, why) in [
            ("DELETE FROM UserEventLog", "only `SELECT"),
            ("SELECT message FROM UserEventLog; DELETE FROM UserEventLog", "only `SELECT"),
            ("SELECT * FROM UserEventLog LIMIT 1; DELETE FROM UserEventLog", "only `SELECT"),
            ("SELECT * FROM UserEventLog; DELETE FROM UserEventLog WHERE type = 2", "SQLError"),
            ("DELETE FROM UserEvent", "not authorized"),
            ("INSERT INTO UserEventLog VALUES (0, 0, '')", "not authorized"),
            ("UPDATE UserEvent SET collected_at = NULL", "not authorized"),
        ] {
            let answer = ask_as(&probe, FIRST, request).await;
            assert_eq!(answer.error, ErrorByte::HANDLER, "{request}");
            let text = str::from_utf8(&answer.payload).unwrap();
            assert!(text.contains(why), "{request}: {text}");
        }
        assert_eq!(
            ask_as(&probe, FIRST, b"\xff").await,
            Answer::failed("the request is not UTF-8 text")
        );
        assert_eq!(ask_as(&probe, FIRST, "").await, Answer::success(&b"a0l"[..]));
        assert_eq!(
            ask_as(&probe, SECOND, "SELECT * FROM UserEventLog").await,
            all,
            "nothing was collected"
        );
    }

    #[test]
    fn replies_of_the_original_read() {
        for payload in [&b"a0l"[..], b"\x80\x02]."] {
            assert_eq!(events().decode(payload).unwrap().summary, "0 rows");
        }
    }
}

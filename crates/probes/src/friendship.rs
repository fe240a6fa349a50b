//! FRIENDSHIP_STATS (protocol.md §5, id 4): requests to become friends that a peer sent, got or
//! passed on.
//!
//! The request is a bencoded `{'current time': int}`, the reply the same time and the requests that
//! are later. An original peer names the people by their permids; what is shown in privacy mode or
//! kept goes through [`swarmscope_wire::mask`]. A peer here has hashes.

use std::sync::LazyLock;

use bytes::Bytes;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json};

use super::desk::{Desk, not_open};
use super::sql::LONGEST_PAYLOAD;
use super::{rows, sql};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Kind, Value as Filled};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Recipient};
use swarmscope_wire::bencode::{self, Value};
use swarmscope_wire::formats::{self, Format};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, text};

const TIME: &str = "current time";
/// The values of a row, and the keys of their JSON form. Older peers leave out the last.
const COLUMNS: [(&str, &str); 8] = [
    ("source", "source"),
    ("target", "target"),
    ("is forwarder", "is_forwarder"),
    ("request time", "request_time"),
    ("response time", "response_time"),
    ("attempts", "attempts"),
    ("helpers", "helpers"),
    ("modified on", "modified_on"),
];
/// The values that are text; the others are numbers.
const TEXTS: usize = 2;

/// Both sides of FRIENDSHIP_STATS.
pub struct Friendship {
    desk: Desk,
}

impl Friendship {
    /// Answers from these statistics.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    async fn reply(&self, request: Bytes) -> Result<Answer, String> {
        let since = since(&request)?;
        let select = format!(
            "SELECT source_permid, target_permid, isForwarder, request_time, response_time, no_of_attempts, no_of_helpers, \
             modified_on FROM FriendshipStatistics WHERE request_time > {since} ORDER BY request_time"
        );
        let work = move |statistics: &super::Statistics, limits: &sql::Limits| {
            let database = statistics.open().map_err(|error| not_open(&error))?;
            let rows: BencodedRows =
                sql::run(database, select.as_bytes(), limits).map_err(|error| error.to_string())?;
            Ok(Answer::success(rows.into_reply(since)))
        };
        self.desk.ask(work).await
    }
}

/// The time of a request; errors in the words of the original.
fn since(request: &[u8]) -> Result<i64, String> {
    let value = bencode::decode_message(request).map_err(|_| "bad bencoded data")?;
    let time = value.get(TIME).ok_or("'current time'")?;
    time.as_int().ok_or_else(|| "'current time' is not a number of seconds".into())
}

/// A list of rows as the original bencodes it; NULL, which it can't send, as 0.
#[derive(Default)]
struct BencodedRows(Vec<u8>);

impl BencodedRows {
    /// What stands around the list at most.
    const AROUND: usize = 64;

    fn into_reply(self, since: i64) -> Vec<u8> {
        let mut reply = format!("d{}:{TIME}i{since}e5:statsl", TIME.len()).into_bytes();
        reply.extend_from_slice(&self.0);
        reply.extend_from_slice(b"ee");
        reply
    }
}

impl sql::Rows for BencodedRows {
    fn add(&mut self, row: &[ValueRef<'_>]) {
        let value = |value: &ValueRef<'_>| match value {
            ValueRef::Null => Value::from(0),
            ValueRef::Integer(number) => Value::from(*number),
            #[allow(clippy::cast_possible_truncation)] // whole seconds
            ValueRef::Real(number) => Value::from(*number as i64),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        };
        self.0.extend(Value::from(row.iter().map(value).collect::<Vec<_>>()).encode());
    }

    fn encoded_len(&self) -> usize {
        self.0.len() + Self::AROUND
    }
}

impl Question for Friendship {
    fn id(&self) -> MessageId {
        MessageId::FRIENDSHIP_STATS
    }

    fn name(&self) -> &'static str {
        "FRIENDSHIP"
    }

    fn doc(&self) -> &'static str {
        "friendship requests since a time, 0 for all; originals include people's permids"
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::from_static(b"d12:current timei0ee")
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> =
            LazyLock::new(|| [Field::new("since", Kind::Int { min: 0, max: i64::MAX }, "0")]);
        &*FIELDS
    }

    fn fill(&self, values: &[Filled], to: &Recipient) -> Result<Bytes, String> {
        match values {
            [Filled::Int(since)] => Ok(format!("d{}:{TIME}i{since}ee", TIME.len()).into()),
            _ => Ok(self.initiate(to)),
        }
    }

    /// Both parties are kept as keyed digests.
    fn rows(&self) -> Rows {
        let int = |name| Column::new(name, ColumnKind::Int);
        let columns = vec![
            Column::new("source", ColumnKind::Text).sensitive(),
            Column::new("target", ColumnKind::Text).sensitive(),
            int("is_forwarder"),
            int("request_time").volatile(),
            int("response_time").volatile(),
            int("attempts"),
            int("helpers"),
        ];
        Rows::of(columns).at("stats")
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let mut decoded = formats::decode_as(Format::Bencode, payload)
            .map_err(|error| ReplyDecodeError(error.to_string()))?;
        let Json::Object(mut reply) = std::mem::take(&mut decoded.json) else {
            return Err(ReplyDecodeError("not a dict".into()));
        };
        let time = reply.remove("current time").filter(Json::is_i64);
        let time = time
            .ok_or_else(|| ReplyDecodeError("`current time` is not a number of seconds".into()))?;
        let Some(Json::Array(rows)) = reply.remove("stats") else {
            return Err(ReplyDecodeError("`stats` is not a list".into()));
        };
        rows::check_number(rows.len())?;
        decoded.summary = text::count(rows.len(), "friendship request", "friendship requests");
        let rows = rows.into_iter().enumerate().map(|(number, row)| {
            request(row).ok_or_else(|| {
                ReplyDecodeError(format!(
                    "row {number} is not 7 or 8 of {}",
                    COLUMNS.map(|(label, _)| label).join(", ")
                ))
            })
        });
        let stats = rows.collect::<Result<Vec<_>, _>>()?;
        decoded.json = serde_json::json!({ "current_time": time, "stats": stats });
        for row in decoded
            .tree
            .children
            .iter_mut()
            .filter(|node| node.label == "stats")
            .flat_map(|node| &mut node.children)
        {
            for (value, (label, _)) in row.children.iter_mut().zip(COLUMNS) {
                label.clone_into(&mut value.label);
            }
        }
        Ok(decoded)
    }

    fn volatile(&self) -> &[&str] {
        &["current_time"]
    }
}

impl Probe for Friendship {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        self.reply(asked.payload).await.unwrap_or_else(|reason| Answer::failed(&reason))
    }
}

/// A row as an object.
fn request(row: Json) -> Option<Json> {
    let Json::Array(values) = row else { return None };
    if !(COLUMNS.len() - 1..=COLUMNS.len()).contains(&values.len()) {
        return None;
    }
    let mut request = Map::new();
    for (number, (value, (_, key))) in values.into_iter().zip(COLUMNS).enumerate() {
        let fits = if number < TEXTS { value.is_string() } else { value.is_number() };
        request.insert(key.into(), fits.then_some(value)?);
    }
    Some(request.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Statistics;
    use crate::testing::{FIRST, ask_as};
    use swarmscope_wire::ErrorByte;
    use swarmscope_wire::OverlayVersion;

    fn friendship() -> Friendship {
        let fill = "INSERT INTO FriendshipStatistics VALUES ('aa', 'bb', 0, 3600, 7200, 2, 1, 7200), ('cc', 'bb', 1, 7200, 0, 1, 0, 0)";
        Friendship::new(Desk::new(Statistics::filled(fill).unwrap()))
    }

    #[tokio::test]
    async fn requests_since_a_time_are_told() {
        let probe = friendship();
        let answer = ask_as(&probe, FIRST, probe.initiate(&OverlayVersion(17).into())).await;
        let decoded = probe.decode(&answer.payload).unwrap();
        let first = json!({
            "source": "aa", "target": "bb", "is_forwarder": 0, "request_time": 3600, "response_time": 7200,
            "attempts": 2, "helpers": 1, "modified_on": 7200,
        });
        assert_eq!((&decoded.json["current_time"], &decoded.json["stats"][0]), (&json!(0), &first));
        assert_eq!(decoded.summary, "2 friendship requests");
        assert_eq!(decoded.tree.children[1].children[1].children[5].label, "attempts");
        let later = ask_as(&probe, FIRST, "d12:current timei3600ee").await;
        assert_eq!(
            str::from_utf8(&later.payload).unwrap(),
            "d12:current timei3600e5:statsll2:cc2:bbi1ei7200ei0ei1ei0ei0eeee"
        );
    }

    /// `f_friendship` of the transcripts.
    #[tokio::test]
    async fn what_is_wrong_is_said_as_by_the_original() {
        for (request, reason) in [
            (&b"junk"[..], "bad bencoded data"),
            (b"", "bad bencoded data"),
            (b"de", "'current time'"),
            (b"d12:current time1:0e", "'current time' is not a number of seconds"),
            (
                b"d12:current timei99999999999999999999ee",
                "'current time' is not a number of seconds",
            ),
        ] {
            assert_eq!(ask_as(&friendship(), FIRST, request).await, Answer::failed(reason));
        }
        let extra = ask_as(&friendship(), FIRST, "d12:current timei9999999e1:xi1ee").await;
        assert_eq!(
            (extra.error, &extra.payload[..]),
            (ErrorByte::SUCCESS, &b"d12:current timei9999999e5:statslee"[..])
        );
    }

    #[test]
    fn rows_of_7_or_8_read() {
        let probe = friendship();
        let decoded = probe.decode(b"d12:current timei0e5:statslee").unwrap();
        assert_eq!(
            (decoded.json, &*decoded.summary),
            (json!({"current_time": 0, "stats": []}), "0 friendship requests")
        );
        let seven = probe.decode(b"d12:current timei5e5:statsll1:a1:bi0ei1ei2ei3ei4eeee").unwrap();
        assert_eq!(
            (seven.json["stats"][0]["helpers"].as_i64(), seven.json["stats"][0].get("modified_on")),
            (Some(4), None)
        );
        for wrong in [
            &b""[..],
            b"le",
            b"de",
            b"d12:current timei0ee",
            b"d12:current timei0e5:statsi1ee",
            b"d12:current timei0e5:statsl1:aee",
            b"d12:current timei0e5:statsllee",
            b"d12:current time1:x5:statslee",
            b"d12:current timei0e5:statsll1:a1:bi0ei1ei2ei3eeee",
            b"d12:current timei0e5:statslli0e1:bi0ei1ei2ei3ei4eeee",
        ] {
            assert!(probe.decode(wrong).is_err(), "{wrong:?}");
        }
    }
}

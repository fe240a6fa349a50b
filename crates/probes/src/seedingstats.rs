//! SEEDINGSTATS_QUERY (protocol.md §5, id 2): samples of what a peer seeds, handed over once.
//!
//! The request is a pickle of `[("read" | "write", sql), …]`, the reply a pickle of a list of
//! results: rows for a read, None for a write. The original ran whatever it was sent and unpickled
//! it in a way that runs code; it disabled this id in June 2011. Here the pickle is read as data,
//! the read is SQL that only reads, and the one write there is, the original's own, means "hand
//! over and mark as collected".

use std::sync::LazyLock;

use bytes::Bytes;

use super::desk::{Desk, not_open};
use super::hand_over::HandOver;
use super::sql::LONGEST_PAYLOAD;
use super::{choices, rows, sql, statement};
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value as Filled};
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Receipt, Recipient};
use swarmscope_wire::pickle::{self, Opcodes, Pickle, Scalar, Value};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, ErrorByte, Frequency, MessageId, Permid, text};

/// What the original's Crawler sends, to the byte.
const REQUEST: &[u8] = b"\x80\x02]q\x01(\
    U\x04readq\x02U,SELECT * FROM SeedingStats WHERE crawled = 0q\x03\x86q\x04\
    U\x05writeq\x05U5UPDATE SeedingStats SET crawled = 1 WHERE crawled = 0q\x06\x86q\x07e.";
/// The same without the write: nothing is collected.
const READ_ONLY: &[u8] =
    b"\x80\x02]q\x01U\x04readq\x02U,SELECT * FROM SeedingStats WHERE crawled = 0q\x03\x86q\x04a.";
const READ: &str = "SELECT * FROM SeedingStats WHERE crawled = 0";
const WRITE: &str = "UPDATE SeedingStats SET crawled = 1 WHERE crawled = 0";
const COLUMNS: [&str; 6] =
    ["timestamp", "permid", "info hash", "seeding time", "reputation", "crawled"];
/// The longest request that is looked at, in bytes: what an SQL request may have.
const MAX_REQUEST: usize = 128 << 10;

/// Both sides of SEEDINGSTATS_QUERY.
pub struct SeedingStats {
    desk: Desk,
    records: HandOver,
}

/// What a request asks for.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// One read, and nothing is collected.
    Read(String),
    Collect,
}

impl SeedingStats {
    /// Answers from these statistics.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let records = HandOver::new(desk.statistics.clone(), "SeedingRecord");
        Self { desk, records }
    }

    async fn reply(&self, asked: Asked) -> Result<Answer, String> {
        let question = parse(&asked.payload)?;
        let records = self.records.clone();
        let work = move |statistics: &super::Statistics, limits: &sql::Limits| match question {
            Wanted::Read(sql) => {
                let database = statistics.open().map_err(|error| not_open(&error))?;
                let rows: sql::PickledRows = sql::run(database, sql.as_bytes(), limits)
                    .map_err(|error| error.to_string())?;
                Ok(Answer::success(results(rows, false)))
            }
            Wanted::Collect => {
                let offer = records.offer(asked.from)?;
                let receipt = offer.receipt();
                let select = format!(
                    "SELECT timestamp, permID, info_hash, seeding_time, reputation, 0 FROM SeedingRecord \
                     WHERE collected_at IS NULL AND id <= {} ORDER BY id",
                    offer.up_to.unwrap_or_default()
                );
                let rows: sql::PickledRows = sql::run(offer.database, select.as_bytes(), limits)
                    .map_err(|error| error.to_string())?;
                Ok(Answer { receipt, ..Answer::success(results(rows, true)) })
            }
        };
        self.desk.ask(work).await
    }
}

/// What is asked, of the only pickles that mean something here.
fn parse(request: &[u8]) -> Result<Wanted, String> {
    if request.len() > MAX_REQUEST {
        return Err(format!(
            "the request has {} bytes; the maximum is {MAX_REQUEST}",
            request.len()
        ));
    }
    let pickle = pickle::decode(request).map_err(|error| format!("pickle: {error}"))?;
    if let Some(call) = pickle.calls.first() {
        return Err(call.to_string());
    }
    let queries = queries(&pickle).ok_or("not a list of (\"read\" or \"write\", SQL)")?;
    match &queries[..] {
        [("read", sql)] => Ok(Wanted::Read((*sql).into())),
        [("read", read), ("write", write)]
            if statement::is(read, READ) && statement::is(write, WRITE) =>
        {
            Ok(Wanted::Collect)
        }
        _ => Err(format!(
            "one read is answered, and {READ} with {WRITE} hands the records over; nothing else is \
             written"
        )),
    }
}

fn queries(pickle: &Pickle) -> Option<Vec<(&str, &str)>> {
    let Value::List(list) = &pickle.item(pickle.root()).value else { return None };
    let text = |id| match &pickle.item(id).value {
        Value::Bytes(bytes) => str::from_utf8(bytes).ok(),
        Value::Text(text) => Some(&**text),
        _ => None,
    };
    let query = |id: &pickle::Id| match &pickle.item(*id).value {
        Value::Tuple(two) if two.len() == 2 => Some((text(two[0])?, text(two[1])?)),
        _ => None,
    };
    list.iter().take(3).map(query).collect()
}

/// The reply: rows, and None for the write.
fn results(rows: sql::PickledRows, write: bool) -> Vec<u8> {
    let mut results = rows.into_list();
    if write {
        results.scalar(Scalar::None);
    }
    let mut list = Opcodes::default();
    list.list(&results);
    list.into_pickle()
}

impl Question for SeedingStats {
    fn id(&self) -> MessageId {
        MessageId::SEEDINGSTATS_QUERY
    }

    fn name(&self) -> &'static str {
        "SEEDINGSTATS"
    }

    fn doc(&self) -> &'static str {
        "what the peer seeds and for how long; collected once: the next Crawler gets only new \
         records"
    }

    fn default_frequency(&self) -> Frequency {
        Frequency(1800) // the original's
    }

    fn consumes(&self) -> bool {
        true
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        Bytes::from_static(REQUEST)
    }

    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> = LazyLock::new(|| {
            [choices::field(&[
                ("collect", "as the original: all records, and collect them"),
                ("read", "all records, without collecting them"),
            ])]
        });
        &*FIELDS
    }

    fn fill(&self, values: &[Filled], to: &Recipient) -> Result<Bytes, String> {
        Ok(choices::payload(values, &[("read", READ_ONLY)], self.initiate(to)))
    }

    /// Of what is read; what is written has no rows.
    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("at", ColumnKind::Int).from("0").volatile(),
            Column::new("permid", ColumnKind::Text).from("1").sensitive(),
            Column::new("infohash", ColumnKind::Text).from("2").sensitive(),
            Column::new("seconds", ColumnKind::Int).from("3"),
            Column::new("reputation", ColumnKind::Real).from("4"),
            Column::new("crawled", ColumnKind::Int).from("5"),
        ])
        .at("0")
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        let mut decoded = rows::read(payload)?;
        let is_rows = |rows: &serde_json::Value| {
            rows.as_array().is_some_and(|rows| rows.iter().all(serde_json::Value::is_array))
        };
        let results = decoded
            .json
            .as_array()
            .filter(|results| results.iter().all(|result| result.is_null() || is_rows(result)));
        let Some(results) = results else {
            return Err(ReplyDecodeError("not a list of results".into()));
        };
        let rows: usize = results.iter().filter_map(|result| result.as_array()).map(Vec::len).sum();
        decoded.summary = text::count(rows, "row", "rows");
        decoded.tree.value = text::count(results.len(), "result", "results");
        for (result, node) in results.iter().zip(&mut decoded.tree.children) {
            let kind = if result.is_null() { "write" } else { "read" };
            node.label = format!("{kind} {}", node.label);
            if result.is_null() {
                "done".clone_into(&mut node.value);
            } else {
                rows::describe(node);
                rows::name_columns(node, &COLUMNS);
            }
        }
        Ok(decoded)
    }
}

impl Probe for SeedingStats {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        self.reply(asked).await.unwrap_or_else(|reason| {
            let mut reasons = Opcodes::default();
            reasons.scalar(Scalar::Bytes(reason.as_bytes()));
            let mut list = Opcodes::default();
            list.list(&reasons);
            let (error, payload) = (ErrorByte::HANDLER, list.into_pickle().into());
            Answer { error, payload, receipt: None }
        })
    }

    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.records.delivered(to, receipt);
    }
}

#[cfg(test)]
mod tests;

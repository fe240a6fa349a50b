//! Visits and replies as one table: a row for each visit, and for each cell of a reply.

use std::io::Write;

use serde_json::{Value, json};
use swarmscope_store::Store;
use swarmscope_store::store::{ReplyRow, Selection, VisitRow};
use swarmscope_wire::rows::Cell;
use swarmscope_wire::{csv, text};

use super::CliError;

/// Characters of a value: a peer chooses how long it is. What is cut ends in ….
const LONGEST: usize = 4096;
const COLUMNS: [&str; 12] = [
    "network", "round", "peer", "at", "kind", "question", "outcome", "version", "ms", "bytes",
    "column", "value",
];

/// A row of the table.
#[derive(Clone)]
pub struct Row {
    pub network: &'static str,
    pub round: i64,
    pub peer: String,
    pub at: String,
    pub kind: &'static str,
    pub question: Option<String>,
    pub outcome: String,
    pub version: Option<i64>,
    pub ms: i64,
    pub bytes: Option<i64>,
    pub column: Option<String>,
    pub value: Option<String>,
}

/// Reads the table; `each` says whether to go on.
pub fn each(
    store: &mut Store,
    wanted: Selection,
    each: &mut dyn FnMut(Row) -> bool,
) -> Result<(), CliError> {
    store.visits(wanted, &mut |visit| each(of_visit(visit)))?;
    store.replies(wanted, &mut |reply| of_reply(reply).into_iter().all(&mut *each))?;
    Ok(())
}

fn of_visit(visit: VisitRow) -> Row {
    Row {
        network: visit.network.name(),
        round: visit.round,
        peer: visit.peer,
        at: visit.at.to_string(),
        kind: "visit",
        question: None,
        outcome: clean(&visit.outcome),
        version: visit.version,
        ms: visit.took,
        bytes: None,
        column: None,
        value: None,
    }
}

/// A reply without cells is one row.
fn of_reply(reply: ReplyRow) -> Vec<Row> {
    let row = Row {
        network: reply.network.name(),
        round: reply.round,
        peer: reply.peer,
        at: reply.at.to_string(),
        kind: "reply",
        question: Some(clean(&reply.question)),
        outcome: clean(&reply.outcome),
        version: None,
        ms: reply.took,
        bytes: Some(reply.bytes),
        column: None,
        value: None,
    };
    if reply.rows.is_empty() {
        return vec![row];
    }
    let cell = |(column, cell): (&String, &Cell)| Row {
        column: Some(column.clone()),
        value: value(cell),
        ..row.clone()
    };
    reply.rows.iter().flat_map(|cells| reply.columns.iter().zip(cells).map(cell)).collect()
}

fn value(cell: &Cell) -> Option<String> {
    match json!(cell) {
        Value::Null => None,
        Value::String(text) => Some(clean(&text)),
        other => Some(other.to_string()),
    }
}

fn clean(words: &str) -> String {
    text::clip(words.as_bytes(), LONGEST)
}

/// RFC 4180. What is not there is empty.
pub fn csv(
    store: &mut Store,
    wanted: Selection,
    out: &mut (dyn Write + Send),
) -> Result<u64, CliError> {
    out.write_all(csv::row(COLUMNS).as_bytes())?;
    let (mut written, mut failed) = (0, None);
    each(store, wanted, &mut |row| {
        written += 1;
        failed = out.write_all(csv::row(words(row)).as_bytes()).err();
        failed.is_none()
    })?;
    failed.map_or(Ok(written), |error| Err(error.into()))
}

fn words(row: Row) -> [String; 12] {
    let number = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
    [
        row.network.into(),
        row.round.to_string(),
        row.peer,
        row.at,
        row.kind.into(),
        row.question.unwrap_or_default(),
        row.outcome,
        number(row.version),
        row.ms.to_string(),
        number(row.bytes),
        row.column.unwrap_or_default(),
        row.value.unwrap_or_default(),
    ]
}

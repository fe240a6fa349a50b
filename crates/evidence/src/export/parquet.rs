//! Parquet, a row for each question, as columns that DuckDB and pandas read.

use std::io::{self, Write};

use super::Export;
use super::columns::{Cell, Columns};
use super::csv::numbers;
use crate::record::Record;

/// The columns, in the order of [`Record`].
const COLUMNS: &[(&str, Cell<Record>)] = &[
    ("entry", Cell::Number(|r| number(r.entry))),
    ("end_entry", Cell::Number(|r| r.end_entry.and_then(number))),
    ("network", Cell::Text(|r| Some(r.network.clone()))),
    ("peer", Cell::Text(|r| r.peer.clone())),
    ("address", Cell::Text(|r| r.address.clone())),
    ("node", Cell::Text(|r| r.node.clone())),
    ("client", Cell::Text(|r| r.client.clone())),
    ("peer_version", Cell::Number(|r| r.peer_version.and_then(number))),
    ("question", Cell::Text(|r| Some(r.question.clone()))),
    ("message", Cell::Number(|r| r.message.and_then(number))),
    ("frequency_s", Cell::Number(|r| r.frequency_s.and_then(number))),
    ("round", Cell::Number(|r| r.round.and_then(number))),
    ("part_of", Cell::Number(|r| r.part_of.and_then(number))),
    ("sent_at", Cell::Text(|r| Some(r.sent_at.clone()))),
    ("ended_at", Cell::Text(|r| r.ended_at.clone())),
    ("elapsed_us", Cell::Number(|r| r.elapsed_us.and_then(number))),
    ("outcome", Cell::Text(|r| Some(r.outcome.name().into()))),
    ("error", Cell::Number(|r| r.error.and_then(number))),
    ("code", Cell::Text(|r| r.code.clone())),
    ("by", Cell::Text(|r| r.by.clone())),
    ("request_bytes", Cell::Number(|r| r.request_bytes.and_then(number))),
    ("request_payload", Cell::Bytes(|r| r.request_payload.clone())),
    ("continued_by", Cell::Text(|r| some(numbers(&r.continued_by)))),
    ("reply_bytes", Cell::Number(|r| r.reply_bytes.and_then(number))),
    ("parts", Cell::Number(|r| r.parts.and_then(number))),
    ("reply_payload", Cell::Bytes(|r| r.reply_payload.clone())),
    ("reply_sha256", Cell::Text(|r| r.reply_sha256.clone())),
    ("reply_masked", Cell::Text(|r| r.reply_masked.clone())),
    ("reply_summary", Cell::Text(|r| r.reply_summary.clone())),
    ("reply_decoded", Cell::Text(|r| r.reply_decoded.clone())),
    ("reply_steps", Cell::Text(|r| r.reply_steps.clone())),
    ("content", Cell::Text(|r| r.content.clone())),
    ("shape", Cell::Text(|r| r.shape.clone())),
    ("hash_algorithm", Cell::Text(|r| Some(r.hash_algorithm.into()))),
    ("notes", Cell::Text(|r| some(r.notes.join("\n")))),
    ("signals", Cell::Text(|r| some(r.signals.join(" ")))),
    ("program", Cell::Text(|r| r.program.clone())),
    ("identity", Cell::Text(|r| r.identity.clone())),
    ("withheld", Cell::Text(|r| some(r.withheld.join(" ")))),
];

fn number(number: u64) -> Option<i64> {
    Some(i64::try_from(number).unwrap_or(i64::MAX))
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub fn write(export: Export<'_>, to: &mut (impl Write + Send)) -> io::Result<()> {
    let mut columns = Columns::begin("question", COLUMNS, to)?;
    columns.rows(&export.contents.records)?;
    columns.end()
}

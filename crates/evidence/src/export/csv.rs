//! RFC 4180: a row for each question.

use std::io::{self, Write};

use swarmscope_wire::csv;

use super::Export;
use crate::record::Record;

type Column = (&'static str, fn(&Record) -> String);

/// The columns, in the order of [`Record`].
pub(super) const COLUMNS: &[Column] = &[
    ("entry", |r| r.entry.to_string()),
    ("end_entry", |r| number(r.end_entry)),
    ("network", |r| r.network.clone()),
    ("peer", |r| words(r.peer.as_ref())),
    ("address", |r| words(r.address.as_ref())),
    ("node", |r| words(r.node.as_ref())),
    ("client", |r| words(r.client.as_ref())),
    ("peer_version", |r| number(r.peer_version)),
    ("question", |r| r.question.clone()),
    ("message", |r| number(r.message)),
    ("frequency_s", |r| number(r.frequency_s)),
    ("round", |r| number(r.round)),
    ("part_of", |r| number(r.part_of)),
    ("sent_at", |r| r.sent_at.clone()),
    ("ended_at", |r| r.ended_at.clone().unwrap_or_default()),
    ("elapsed_us", |r| number(r.elapsed_us)),
    ("outcome", |r| r.outcome.name().into()),
    ("error", |r| number(r.error)),
    ("code", |r| words(r.code.as_ref())),
    ("by", |r| words(r.by.as_ref())),
    ("request_bytes", |r| number(r.request_bytes)),
    ("request_payload_hex", |r| hex(r.request_payload.as_ref())),
    ("continued_by", |r| numbers(&r.continued_by)),
    ("reply_bytes", |r| number(r.reply_bytes)),
    ("parts", |r| number(r.parts)),
    ("reply_payload_hex", |r| hex(r.reply_payload.as_ref())),
    ("reply_sha256", |r| words(r.reply_sha256.as_ref())),
    ("reply_masked", |r| words(r.reply_masked.as_ref())),
    ("reply_summary", |r| words(r.reply_summary.as_ref())),
    ("reply_decoded", |r| words(r.reply_decoded.as_ref())),
    ("reply_steps", |r| words(r.reply_steps.as_ref())),
    ("content", |r| words(r.content.as_ref())),
    ("shape", |r| words(r.shape.as_ref())),
    ("hash_algorithm", |r| r.hash_algorithm.into()),
    ("notes", |r| r.notes.join("\n")),
    ("signals", |r| r.signals.join(" ")),
    ("program", |r| words(r.program.as_ref())),
    ("identity", |r| words(r.identity.as_ref())),
    ("withheld", |r| r.withheld.join(" ")),
];

pub fn write(export: Export<'_>, to: &mut impl Write) -> io::Result<()> {
    to.write_all(csv::row(COLUMNS.iter().map(|(name, _)| name)).as_bytes())?;
    for record in &export.contents.records {
        to.write_all(csv::row(COLUMNS.iter().map(|(_, value)| value(record))).as_bytes())?;
    }
    Ok(())
}

fn number(value: Option<u64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// `3 5`
pub(super) fn numbers(values: &[u64]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn words(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

/// Hexadecimal: base64 may begin with a plus.
fn hex(bytes: Option<&Vec<u8>>) -> String {
    bytes.map(|bytes| data_encoding::HEXLOWER.encode(bytes)).unwrap_or_default()
}

//! What became of every peer of a campaign, as a file for other programs: a JSON object a line, or
//! a table.
//!
//! Text of peers is clean in both. In a table a cell that a spreadsheet would take for a formula
//! begins with an apostrophe. Where addresses are hidden, permids and addresses are pseudonyms, and
//! digests can't be checked against a guess.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::campaign::{Campaign, Row};
use crate::facts::Facts;
use crate::naming::Naming;
use crate::words;
use swarmscope_peer::node::{PeerKey, Transport};
use swarmscope_wire::{ContentId, text};

/// One peer.
#[derive(Serialize, Debug)]
struct Line {
    permid: String,
    address: Option<String>,
    version: Option<u16>,
    transport: Option<&'static str>,
    nat: Option<String>,
    outcome: &'static str,
    error: Option<u8>,
    cause: Option<&'static str>,
    /// Seconds since 1970.
    sent_at: Option<f64>,
    first_part_ms: Option<u64>,
    elapsed_ms: Option<u64>,
    parts: u32,
    bytes: usize,
    /// Digest of the content, and the same without numbers.
    content: Option<String>,
    shape: Option<String>,
    /// What it says, in a line.
    summary: Option<String>,
}

/// The names of the columns, in the order of [`Line::cells`].
const COLUMNS: [&str; 16] = [
    "permid",
    "address",
    "version",
    "transport",
    "nat",
    "outcome",
    "error",
    "cause",
    "sent_at",
    "first_part_ms",
    "elapsed_ms",
    "parts",
    "bytes",
    "content",
    "shape",
    "summary",
];

impl Line {
    fn of(facts: &Facts, naming: &Naming, campaign: &Campaign, row: &Row) -> Self {
        let mask = naming.privacy.then_some(&naming.mask);
        let hidden =
            |text: String| mask.map_or_else(|| text.clone(), |mask| mask.text(&text).into_owned());
        let peer = facts.peer(&PeerKey::Permid(row.permid));
        let address = peer.and_then(|peer| peer.address);
        let (content, shape) = campaign.ids_of(row).unzip();
        let id = |id: ContentId| mask.map_or(id, |mask| mask.content(id)).to_string();
        let sample = campaign.by_content_of(row).and_then(|group| group.sample.as_ref());
        let ms =
            |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            permid: mask.map_or_else(|| row.permid.to_string(), |mask| mask.permid(&row.permid)),
            address: address.map(|address| {
                mask.map_or_else(|| address.to_string(), |mask| mask.address(address))
            }),
            version: peer.and_then(|peer| peer.version).map(|version| version.0),
            transport: peer.and_then(|peer| peer.transport).map(|transport| match transport {
                Transport::Tls => "tls",
                Transport::Legacy => "legacy",
            }),
            nat: peer.and_then(|peer| peer.nat.clone()).map(hidden),
            outcome: row.outcome.code(),
            error: row.error.map(|error| error.0),
            cause: row.cause.map(swarmscope_wire::failure::Cause::code),
            sent_at: row.asked.map(|asked| seconds(asked.wall)),
            first_part_ms: row.first_part.map(ms),
            elapsed_ms: row.ended.map(|_| ms(row.elapsed)),
            parts: row.parts,
            bytes: row.bytes,
            content: content.map(id),
            shape: shape.map(id),
            summary: sample.map(|sample| hidden(words::clean(&sample.line))),
        }
    }

    fn cells(self) -> [String; 16] {
        fn cell<T: ToString>(value: Option<T>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        [
            self.permid,
            cell(self.address),
            cell(self.version),
            cell(self.transport),
            cell(self.nat),
            self.outcome.to_owned(),
            cell(self.error),
            cell(self.cause),
            cell(self.sent_at),
            cell(self.first_part_ms),
            cell(self.elapsed_ms),
            self.parts.to_string(),
            self.bytes.to_string(),
            cell(self.content),
            cell(self.shape),
            cell(self.summary),
        ]
    }
}

fn seconds(wall: SystemTime) -> f64 {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1000.0).round() / 1000.0
}

/// A JSON object for each peer, a line each.
#[must_use]
pub fn ndjson(facts: &Facts, naming: &Naming, campaign: &Campaign) -> String {
    let lines = campaign.rows().iter().map(|row| Line::of(facts, naming, campaign, row));
    lines.filter_map(|line| text::json(&line).ok()).map(|line| line + "\n").collect()
}

/// A table with a line of headings (RFC 4180).
#[must_use]
pub fn csv(facts: &Facts, naming: &Naming, campaign: &Campaign) -> String {
    let mut table = COLUMNS.join(",") + "\r\n";
    for row in campaign.rows() {
        let cells =
            Line::of(facts, naming, campaign, row).cells().map(|cell| quoted(&words::clean(&cell)));
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// A cell that is what it says in every program: quoted where it must be, and never a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r', ';']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_its_row() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}

//! Peers, visits and replies, one object or one line each.

use std::io;

use serde_json::{Map, Value, json};
use swarmscope_store::store::{PeerRow, ReplyRow, Selection, VisitRow};
use swarmscope_store::{Place, Store};
use swarmscope_wire::rows::Cell;
use swarmscope_wire::text;

use super::super::output::write_text;
use super::filter::Filter;
use super::{CliError, network_name};

/// A row by the names of its columns.
pub type Row = Map<String, Value>;

pub fn peers(
    place: &Place,
    wanted: Selection,
    filter: &Filter,
    json: bool,
) -> Result<u8, CliError> {
    let mut out = Out::new(
        json,
        &["PEER", "NETWORK", "OUTCOME", "VERSION", "REACHED", "FAILURES"],
        &["peer", "network", "outcome", "version", "reached", "failures"],
    );
    Store::read(place)?.peers(wanted, &mut |row| out.take(&peer(&row), filter))?;
    out.end()
}

pub fn visits(
    place: &Place,
    wanted: Selection,
    filter: &Filter,
    json: bool,
) -> Result<u8, CliError> {
    let mut out = Out::new(
        json,
        &["ROUND", "PEER", "AT", "OUTCOME", "VERSION", "MS", "LISTED"],
        &["round", "peer", "at", "outcome", "version", "ms", "listed"],
    );
    Store::read(place)?.visits(wanted, &mut |row| out.take(&visit(&row), filter))?;
    out.end()
}

pub fn replies(
    place: &Place,
    wanted: Selection,
    filter: &Filter,
    json: bool,
) -> Result<u8, CliError> {
    let mut out = Out::new(
        json,
        &["ROUND", "PEER", "QUESTION", "OUTCOME", "BYTES", "MS", "ROWS"],
        &["round", "peer", "question", "outcome", "bytes", "ms", "rows"],
    );
    Store::read(place)?.replies(wanted, &mut |row| out.take(&reply(&row), filter))?;
    out.end()
}

pub fn peer(row: &PeerRow) -> Row {
    object(json!({
        "peer": row.peer, "network": network_name(row.network), "first_heard": row.first_heard.to_string(),
        "last_heard": row.last_heard.to_string(), "version": row.version, "tried": row.tried.map(|time| time.to_string()),
        "outcome": row.outcome, "reached": row.reached.map(|time| time.to_string()),
        "online_since": row.online_since.map(|time| time.to_string()), "failures": row.failures, "due": row.due.to_string(),
    }))
}

pub fn visit(row: &VisitRow) -> Row {
    object(json!({
        "network": network_name(row.network), "round": row.round, "peer": row.peer, "at": row.at.to_string(),
        "outcome": row.outcome, "version": row.version, "ms": row.took,
        "rtt_ms": row.rtt.map(|micros| micros as f64 / 1000.0), "listed": row.listed,
    }))
}

pub fn reply(row: &ReplyRow) -> Row {
    let named = |cells: &Vec<Cell>| -> Value {
        row.columns
            .iter()
            .cloned()
            .zip(cells.iter().map(|cell| json!(cell)))
            .collect::<Map<_, _>>()
            .into()
    };
    object(json!({
        "network": network_name(row.network), "round": row.round, "peer": row.peer, "question": row.question,
        "at": row.at.to_string(), "outcome": row.outcome, "bytes": row.bytes, "parts": row.parts, "ms": row.took,
        "content": row.content, "rows": row.rows.iter().map(named).collect::<Vec<_>>(),
    }))
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// Where rows go while they come: a store may hold millions.
struct Out {
    json: bool,
    head: Option<String>,
    columns: &'static [&'static str],
    failed: Option<io::Error>,
    buffer: String,
}

/// Written at once.
const CHUNK: usize = 64 * 1024;

impl Out {
    fn new(json: bool, head: &[&str], columns: &'static [&'static str]) -> Self {
        let head = (!json).then(|| format!("{}\n", head.join("\t")));
        Self { json, head, columns, failed: None, buffer: String::new() }
    }

    /// Whether more is wanted.
    fn take(&mut self, row: &Row, filter: &Filter) -> bool {
        if !filter.passes(row) {
            return true;
        }
        self.buffer.extend(self.head.take());
        if self.json {
            match text::json(row) {
                Ok(line) => self.buffer.push_str(&line),
                Err(error) => self.failed = Some(error.into()),
            }
        } else {
            let cells = self.columns.iter().map(|column| plain(row.get(*column)));
            self.buffer.push_str(&cells.collect::<Vec<_>>().join("\t"));
        }
        self.buffer.push('\n');
        if self.buffer.len() >= CHUNK {
            self.flush();
        }
        self.failed.is_none()
    }

    fn flush(&mut self) {
        if let Err(error) = write_text(&self.buffer) {
            self.failed = Some(error);
        }
        self.buffer.clear();
    }

    fn end(mut self) -> Result<u8, CliError> {
        self.buffer.extend(self.head.take());
        self.flush();
        self.failed.map_or(Ok(0), |error| Err(error.into()))
    }
}

/// A cell of a table; text of peers without control characters.
pub fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".into(),
        Some(Value::String(it)) => text::clip(it.as_bytes(), 200),
        Some(other) => text::clip(other.to_string().as_bytes(), 200),
    }
}

/// A small table with aligned columns.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
        let cells = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    text.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    write_text(&text)
}

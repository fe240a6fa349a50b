//! `store export` and `store report`: files for other programs and for people.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swarmscope_store::store::Selection;
use swarmscope_store::{Place, Store};
use swarmscope_wire::{csv, text};

use super::super::output::say;
use super::CliError;
use super::rows::{self, Row};

/// Characters of a cell.
const LONGEST_CELL: usize = 4096;
/// Of a CSV file.
const COLUMNS: [&str; 12] = [
    "network", "round", "peer", "at", "kind", "question", "outcome", "version", "ms", "bytes",
    "column", "value",
];

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    /// jsonl has rounds, visits and replies; csv has visits, with a column for each kind of reply
    #[arg(long, value_name = "FORMAT", env = "SWARMSCOPE_FORMAT")]
    format: Format,
    /// The file to write
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_OUT")]
    out: PathBuf,
    /// Of this round only
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ROUND")]
    round: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum Format {
    Jsonl,
    Csv,
    Parquet,
}

#[derive(Args, Debug)]
pub struct ReportArgs {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    /// The page to write
    #[arg(long, value_name = "FILE.html", env = "SWARMSCOPE_OUT")]
    out: PathBuf,
}

pub fn run(args: &ExportArgs) -> Result<u8, CliError> {
    if matches!(args.format, Format::Parquet) {
        return Err(CliError::NotYetBuilt {
            name: "--format parquet",
            is: "a columnar export; jsonl and csv are there",
        });
    }
    let mut store = Store::read(&args.store)?;
    let wanted = Selection { round: args.round, network: None };
    let written = write_file(&args.out, |out| match args.format {
        Format::Csv => csv(&mut store, wanted, out),
        Format::Jsonl | Format::Parquet => jsonl(&mut store, wanted, out),
    })?;
    say(format_args!("{written} rows in {}", args.out.display()));
    Ok(0)
}

pub fn report(args: &ReportArgs) -> Result<u8, CliError> {
    let page = swarmscope_store::report::page(
        &mut Store::read(&args.store)?,
        swarmscope_store::Time::now(),
    )?;
    write_file(&args.out, |out| out.write_all(page.as_bytes()).map_err(CliError::from))?;
    Ok(0)
}

/// Writes a file as a whole: what is there already stays until the new one is complete.
fn write_file<T>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let failed = |error: io::Error| CliError::file(path, error);
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut out = BufWriter::new(File::create(&part).map_err(failed)?);
    let done = fill(&mut out)
        .and_then(|done| out.flush().map(|()| done).map_err(failed))
        .and_then(|done| std::fs::rename(&part, path).map(|()| done).map_err(failed));
    if done.is_err() {
        let _ = std::fs::remove_file(&part); // the error itself is what is said
    }
    done
}

fn jsonl(store: &mut Store, wanted: Selection, out: &mut dyn Write) -> Result<u64, CliError> {
    let mut written = 0;
    for round in
        store.rounds()?.iter().filter(|round| wanted.round.is_none_or(|id| id == round.id.0))
    {
        writeln!(out, "{}", tagged("round", super::round_json(round)))?;
        written += 1;
    }
    let mut failed = None;
    let mut line = |kind: &str, row: Row| {
        written += 1;
        failed = writeln!(out, "{}", tagged(kind, Value::Object(row))).err();
        failed.is_none()
    };
    store.visits(wanted, &mut |row| line("visit", rows::visit(&row)))?;
    store.replies(wanted, &mut |row| line("reply", rows::reply(&row)))?;
    failed.map_or(Ok(written), |error| Err(error.into()))
}

fn tagged(kind: &str, value: Value) -> Value {
    let mut tagged = json!({"event": kind});
    if let (Value::Object(tagged), Value::Object(row)) = (&mut tagged, value) {
        tagged.extend(row);
    }
    tagged
}

/// A line for each row of a reply, or for a visit without any.
fn csv(store: &mut Store, wanted: Selection, out: &mut dyn Write) -> Result<u64, CliError> {
    out.write_all(csv::row(COLUMNS).as_bytes())?;
    let (mut written, mut failed) = (0, None);
    let mut line = |cells: &[&str]| {
        written += 1;
        // a peer chooses how long a value is; what is cut ends in …
        let cells = cells.iter().map(|cell| text::clip(cell.as_bytes(), LONGEST_CELL));
        failed = out.write_all(csv::row(cells).as_bytes()).err();
        failed.is_none()
    };
    store.visits(wanted, &mut |row| {
        let version = row.version.map(|version| version.to_string()).unwrap_or_default();
        let (round, at, ms) = (row.round.to_string(), row.at.to_string(), row.took.to_string());
        line(&[
            row.network.name(),
            &round,
            &row.peer,
            &at,
            "visit",
            "",
            &row.outcome,
            &version,
            &ms,
            "",
            "",
            "",
        ])
    })?;
    store.replies(wanted, &mut |row| {
        let (round, at, ms, bytes) = (
            row.round.to_string(),
            row.at.to_string(),
            row.took.to_string(),
            row.bytes.to_string(),
        );
        let fixed = [
            row.network.name(),
            &round,
            &row.peer,
            &at,
            "reply",
            &row.question,
            &row.outcome,
            "",
            &ms,
            &bytes,
        ];
        if row.rows.is_empty() {
            return line(&[&fixed[..], &["", ""]].concat());
        }
        row.rows.iter().all(|cells| {
            row.columns.iter().zip(cells).all(|(column, cell)| {
                let value = json!(cell);
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                line(&[&fixed[..], &[column, &value]].concat())
            })
        })
    })?;
    failed.map_or(Ok(written), |error| Err(error.into()))
}

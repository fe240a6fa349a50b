//! `store export` and `store report`: files for other programs and for people.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swarmscope_store::store::Selection;
use swarmscope_store::{Place, Store};
use swarmscope_wire::text::write_json;

use super::super::output::say;
use super::CliError;
use super::rows::{self, Row};

mod cells;
#[cfg(feature = "parquet")]
mod parquet;

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    /// jsonl: an object per round, visit and reply; csv and parquet: a row per visit and per cell
    /// of a reply
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
    let mut store = Store::read(&args.store)?;
    let wanted = Selection { round: args.round, ..Selection::default() };
    let written = write_file(&args.out, |out| match args.format {
        Format::Jsonl => jsonl(&mut store, wanted, out),
        Format::Csv => cells::csv(&mut store, wanted, out),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::write(&mut store, wanted, out),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(CliError::io(swarmscope_evidence::export::NO_PARQUET)),
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
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, CliError>,
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

fn jsonl(
    store: &mut Store,
    wanted: Selection,
    out: &mut (dyn Write + Send),
) -> Result<u64, CliError> {
    let mut written = 0;
    for round in
        store.rounds()?.iter().filter(|round| wanted.round.is_none_or(|id| id == round.id.0))
    {
        object_line(out, &tagged("round", super::round_json(round)))?;
        written += 1;
    }
    let mut failed = None;
    let mut line = |kind: &str, row: Row| {
        written += 1;
        failed = object_line(out, &tagged(kind, Value::Object(row))).err();
        failed.is_none()
    };
    store.visits(wanted, &mut |row| line("visit", rows::visit(&row)))?;
    store.replies(wanted, &mut |row| line("reply", rows::reply(&row)))?;
    failed.map_or(Ok(written), |error| Err(error.into()))
}

fn object_line(out: &mut (dyn Write + Send), object: &Value) -> io::Result<()> {
    write_json(&mut *out, object)?;
    out.write_all(b"\n")
}

fn tagged(kind: &str, value: Value) -> Value {
    let mut tagged = json!({"event": kind});
    if let (Value::Object(tagged), Value::Object(row)) = (&mut tagged, value) {
        tagged.extend(row);
    }
    tagged
}

//! `case export`: what a case says, for other programs and for people. Every export is an entry of
//! the case.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use swarmscope_evidence::case::{Draft, kind, sha256_hex};
use swarmscope_evidence::export::{self, Export, Format};
use swarmscope_evidence::record::{self, Contents};
use swarmscope_evidence::signals::{self, Card};
use swarmscope_wire::text;

use super::file::{self, Clock, program};
use super::verify::{BROKEN, report, sentence};
use super::{CaseFile, KeyOption};
use crate::cli::{CliError, output};

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The case file
    file: PathBuf,
    /// jsonl, csv, parquet, stix, markdown or html
    #[arg(long, value_name = "FORMAT", env = "SWARMSCOPE_FORMAT", value_parser = format)]
    format: Format,
    /// Output file, with the format's extension; an existing file is never overwritten
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_OUT")]
    out: PathBuf,
    /// Only the group of replies whose content digest begins with this
    #[arg(long, value_name = "HEX", env = "SWARMSCOPE_CONTENT")]
    content: Option<String>,
    /// Only these entries' questions
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ENTRIES", value_delimiter = ',')]
    entries: Vec<u64>,
    #[command(flatten)]
    key: KeyOption,
}

fn format(name: &str) -> Result<Format, String> {
    Format::find(name).ok_or_else(|| {
        format!("unknown format; use one of: {}", Format::ALL.map(Format::name).join(", "))
    })
}

/// # Errors
/// A file can't be read or written; a name whose extension says something else.
pub fn run(args: &ExportArgs) -> Result<u8, CliError> {
    if !args.format.suits(&args.out) {
        let wanted = args.format.extensions().join(" or .");
        return Err(CliError::usage(
            format!("--out: {} is not a file name for {}", args.out.display(), args.format),
            format!("end it in .{wanted}"),
        ));
    }
    let verified = report(&args.file, None)?;
    if let Some(fault) = verified.faults.first() {
        output::say(format_args!("nothing exported: entry {}: {}", fault.entry, fault.why));
        return Ok(BROKEN);
    }
    let mut contents = record::contents(file::read(&args.file)?)
        .map_err(|error| CliError::file(&args.file, error))?;
    let signals = signals(&contents);
    select(&mut contents, args);
    let now = Clock::start().now().rfc3339();
    let export = Export {
        contents: &contents,
        signals: &signals,
        program: &program(),
        now: &now,
        verified: &sentence(&verified),
    };
    let mut bytes = Vec::new();
    export::write(args.format, export, &mut bytes)
        .map_err(|error| CliError::file(&args.out, error))?;
    write(args, &bytes)?;
    let digest = sha256_hex(&bytes);
    let entry = note_export(args, &digest, bytes.len(), contents.records.len());
    let written = format!(
        "{} in {}\nsha256 {digest}\n",
        text::count(contents.records.len(), "question", "questions"),
        args.out.display()
    );
    output::write_out(written.as_bytes())?;
    match entry {
        Ok(entry) => output::say(format_args!("the case says so in entry {entry}")),
        Err(error) => output::say(format_args!("the case does not say so: {error}")),
    }
    Ok(0)
}

fn select(contents: &mut Contents, args: &ExportArgs) {
    if let Some(begin) = &args.content {
        contents.records.retain(|record| {
            record.content.as_ref().is_some_and(|content| content.starts_with(begin.as_str()))
        });
    }
    if !args.entries.is_empty() {
        let wanted = |entry| args.entries.contains(&entry);
        contents
            .records
            .retain(|record| wanted(record.entry) || record.end_entry.is_some_and(wanted));
    }
}

/// The signals of all that the case holds, and those that stand in it and are no longer found.
fn signals(contents: &Contents) -> Vec<Card> {
    let mut cards = signals::find(&signals::rounds(&contents.records), &signals::built_in());
    for card in &contents.signals {
        if let Ok(card) = serde_json::from_value::<Card>(card.clone()) {
            match cards.iter_mut().find(|found| found.id == card.id) {
                // the words as they were kept: they say what was known when
                Some(found) => *found = card,
                None => cards.push(card),
            }
        }
    }
    cards
}

fn write(args: &ExportArgs, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |error| {
        CliError::file(&args.out, error)
            .with_hint("choose a new name in a directory that you may write to")
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .map_err(failed)?;
    file.write_all(bytes).map_err(|error| {
        let _ = fs::remove_file(&args.out); // half an export must not be taken for a whole one
        failed(error)
    })
}

fn note_export(
    args: &ExportArgs,
    digest: &str,
    bytes: usize,
    questions: usize,
) -> Result<u64, CliError> {
    let mut case = CaseFile::open(&args.file, &args.key)?;
    let draft = Draft::new(kind::EXPORT)
        .plain("format", args.format)
        .plain("sha256", digest)
        .plain("bytes", bytes);
    let entry = case.append(draft.plain("questions", questions))?;
    case.close()?;
    Ok(entry)
}

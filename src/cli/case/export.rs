//! `case export`: what a case says, for other programs and for people. Every export is an entry of
//! the case.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use swarmscope_evidence::case::{Draft, Report, kind, sha256_hex};
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
        output::say(format_args!(
            "nothing exported: entry {}: {}",
            fault.entry,
            text::clean(&fault.why)
        ));
        return Ok(BROKEN);
    }
    let made = make(&args.file, args.format, &verified, |contents| select(contents, args))?;
    made.write(&args.out)?;
    let written = format!(
        "{} in {}\nsha256 {}\n",
        text::count(made.questions, "question", "questions"),
        args.out.display(),
        made.digest
    );
    output::write_words(&written)?;
    match note_export(args, &made) {
        Ok(entry) => output::say(format_args!("the case says so in entry {entry}")),
        Err(error) => output::say(format_args!("the case does not say so: {error}")),
    }
    Ok(0)
}

/// An export that is not written yet.
pub struct Made {
    format: Format,
    bytes: Vec<u8>,
    digest: String,
    /// How many questions are in it.
    pub questions: usize,
}

/// Makes an export of what is selected in a case that was verified.
///
/// # Errors
/// The case can't be read.
pub fn make(
    case: &Path,
    format: Format,
    verified: &Report,
    select: impl FnOnce(&mut Contents),
) -> Result<Made, CliError> {
    let mut contents =
        record::contents(file::read(case)?).map_err(|error| CliError::file(case, error))?;
    let signals = signals(&contents);
    select(&mut contents);
    let now = Clock::start().now().rfc3339();
    let export = Export {
        contents: &contents,
        signals: &signals,
        program: &program(),
        now: &now,
        verified: &sentence(verified),
    };
    let mut bytes = Vec::new();
    export::write(format, export, &mut bytes).map_err(|error| CliError::file(case, error))?;
    Ok(Made { format, digest: sha256_hex(&bytes), bytes, questions: contents.records.len() })
}

impl Made {
    /// Writes it into a file that is not there yet.
    ///
    /// # Errors
    /// It is there, or can't be written.
    pub fn write(&self, out: &Path) -> Result<(), CliError> {
        let failed = |error| {
            CliError::file(out, error)
                .with_hint("choose a new name in a directory that you may write to")
        };
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(out).map_err(failed)?;
        file.write_all(&self.bytes).map_err(|error| {
            let _ = fs::remove_file(out); // half an export must not be taken for a whole one
            failed(error)
        })
    }

    /// By which the case says that it was made.
    pub fn draft(&self) -> Draft {
        let draft = Draft::new(kind::EXPORT).plain("format", self.format);
        draft
            .plain("sha256", &self.digest)
            .plain("bytes", self.bytes.len())
            .plain("questions", self.questions)
    }
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

fn note_export(args: &ExportArgs, made: &Made) -> Result<u64, CliError> {
    let mut case = CaseFile::open(&args.file, &args.key)?;
    let entry = case.append(made.draft())?;
    case.close()?;
    Ok(entry)
}

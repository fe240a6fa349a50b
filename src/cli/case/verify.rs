//! `case verify` and `case checkpoint`: what holds, what does not, and first of all what can't be
//! told.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swarmscope_evidence::case::note::{MAX_NOTE, Note, verifier_key};
use swarmscope_evidence::case::verify::CAVEAT;
use swarmscope_evidence::case::{self, Report};
use swarmscope_peer::files;
use swarmscope_wire::text;

use super::{FileArgs, file};
use crate::cli::options::JsonOption;
use crate::cli::{CliError, output};

/// An entry does not hold (cli.md).
pub const BROKEN: u8 = 13;

#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The case file
    file: PathBuf,
    /// Checkpoint kept elsewhere, which the case must continue
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    json: JsonOption,
}

/// # Errors
/// A file can't be read.
pub fn run(args: &VerifyArgs) -> Result<u8, CliError> {
    let outside = args.checkpoint.as_deref().map(note).transpose()?;
    let report = report(&args.file, outside.as_ref())?;
    let words = if args.json.json { as_json(&report)? } else { as_text(&report, outside.as_ref()) };
    output::write_words(&words)?;
    Ok(if report.is_sound() { 0 } else { BROKEN })
}

/// `case checkpoint`: the newest one, once everything under it was found to hold.
///
/// # Errors
/// The file can't be read, does not hold, or is not signed.
pub fn checkpoint(args: &FileArgs) -> Result<u8, CliError> {
    let report = report(&args.file, None)?;
    if let Some(fault) = report.faults.first() {
        output::say(format_args!("entry {}: {}", fault.entry, text::clean(&fault.why)));
        return Ok(BROKEN);
    }
    let Some(note) = report.checkpoint else {
        return Err(CliError::file(&args.file, "no checkpoint yet")
            .with_hint("`swarmscope case sign FILE` writes one"));
    };
    output::write_out(note.to_string().as_bytes())?;
    Ok(0)
}

/// Verifies a case.
///
/// # Errors
/// It can't be read.
pub fn report(path: &Path, outside: Option<&Note>) -> Result<Report, CliError> {
    case::verify(file::read(path)?, outside).map_err(|error| CliError::file(path, error))
}

/// Reads a checkpoint from a file.
///
/// # Errors
/// It can't be read, or is none.
pub fn note(path: &Path) -> Result<Note, CliError> {
    const HINT: &str = "use the output of `swarmscope case checkpoint FILE`";
    let note = files::read_text(path, MAX_NOTE as u64)
        .map_err(|error| CliError::file(path, error).with_hint(HINT))?;
    Note::parse(&note).map_err(|error| CliError::file(path, error).with_hint(HINT))
}

/// One sentence for a report about the case.
pub fn sentence(report: &Report) -> String {
    format!(
        "When this was written, all {} entries held, {} of them under {} signed checkpoints.",
        report.entries, report.signed, report.checkpoints
    )
}

fn as_text(report: &Report, outside: Option<&Note>) -> String {
    let mut lines = vec![match (outside, report.outside) {
        (Some(_), Some(size)) => {
            format!(
                "The first {size} entries match the checkpoint kept elsewhere; only this file \
                 vouches for the rest."
            )
        }
        _ => CAVEAT.to_owned(),
    }];
    if let Some(key) = report.key {
        lines.push(format!(
            "case {}, signed by {}",
            text::clean(&report.case),
            text::clean(&verifier_key(&format!("swarmscope-case/{}", report.case), &key))
        ));
    }
    if report.is_sound() {
        lines.push(format!(
            "all {} entries hold; {} of them are signed, in {}",
            report.entries,
            report.signed,
            text::count(
                usize::try_from(report.checkpoints).unwrap_or(usize::MAX),
                "checkpoint",
                "checkpoints"
            )
        ));
        let after = report.entries - report.signed - u64::from(report.checkpoint.is_some());
        if after > 0 {
            lines.push(format!(
                "the last {after} are not signed yet: anyone could have written them"
            ));
        }
    } else {
        lines.extend(
            report
                .faults
                .iter()
                .take(20)
                .map(|fault| format!("entry {}: {}", fault.entry, text::clean(&fault.why))),
        );
        if report.faults.len() > 20 {
            lines.push(format!("… and {} more", report.faults.len() - 20));
        }
        let proven: Vec<String> = report
            .proven
            .iter()
            .map(|range| format!("{} to {}", range.start, range.end - 1))
            .collect();
        lines.push(match proven.as_slice() {
            [] => "no checkpoint proves the others".to_owned(),
            _ => format!("still proven: entries {}", proven.join(", ")),
        });
        lines.push("an edit, a disk fault and a damaged copy look the same".to_owned());
    }
    if report.torn > 0 {
        lines.push(format!(
            "{} bytes at the end are an incomplete entry, as a crash leaves it; no signature \
             covers them",
            report.torn
        ));
    }
    if report.withheld > 0 {
        lines.push(format!(
            "this copy withholds {} values; their commitments are unchanged",
            report.withheld
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn as_json(report: &Report) -> Result<String, CliError> {
    let mut object = json!({
        "event": "verify", "ok": report.is_sound(), "entries": report.entries, "signed": report.signed,
        "case": report.case, "checkpoints": report.checkpoints, "torn_bytes": report.torn, "withheld": report.withheld,
        "verifier": report.key.map(|key| verifier_key(&format!("swarmscope-case/{}", report.case), &key)),
        "outside": report.outside, "not_proven": CAVEAT,
    });
    if let Some(fault) = report.faults.first() {
        object["entry"] = fault.entry.into();
        object["why"] = fault.why.clone().into();
        object["faults"] = report.faults.len().into();
        object["proven"] =
            report.proven.iter().map(|range| json!([range.start, range.end - 1])).collect();
    }
    let line = text::json(&object).map_err(|error| CliError::io(error.to_string()))?;
    Ok(line + "\n")
}

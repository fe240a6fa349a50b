//! `case redact`: a copy that withholds values and still verifies.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use swarmscope_evidence::case::redact::{self, RedactError};
use swarmscope_wire::text;

use super::{CaseFile, KeyOption, file};
use crate::cli::{CliError, output};

#[derive(Args, Debug)]
pub struct RedactArgs {
    /// The case file
    file: PathBuf,
    /// File for the copy; an existing file is never overwritten
    #[arg(long, value_name = "COPY", env = "SWARMSCOPE_OUT")]
    out: PathBuf,
    /// Fields to withhold in every entry: address, peer, payload, text, …
    #[arg(
        long,
        value_name = "NAME",
        env = "SWARMSCOPE_FIELD",
        value_delimiter = ',',
        required = true
    )]
    field: Vec<String>,
    /// Reason, recorded in the case and in the copy
    #[arg(long, value_name = "TEXT", env = "SWARMSCOPE_WHY")]
    why: String,
    #[command(flatten)]
    key: KeyOption,
}

/// # Errors
/// A file can't be read or written, or there is nothing to withhold.
pub fn run(args: &RedactArgs) -> Result<u8, CliError> {
    let fields: BTreeSet<String> = args.field.iter().cloned().collect();
    let mut case = CaseFile::open(&args.file, &args.key)?;
    let failed = |error: RedactError| CliError::file(&args.file, error);
    let places = redact::places(file::read(&args.file)?, &fields).map_err(failed)?;
    if places.is_empty() {
        return Err(CliError::usage(
            format!(
                "--field: no entry has a field {} that can be withheld",
                args.field.join(" or ")
            ),
            "`swarmscope case show FILE --json` lists the fields; the format says which are \
             commitments",
        ));
    }
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out);
    let out = out.map_err(|error| {
        CliError::file(&args.out, error).with_hint("choose a new name for the copy")
    })?;
    case.append(redact::entry(&places, &args.why))?;
    case.close()?;
    let copied = redact::copy(file::read(&args.file)?, BufWriter::new(out), &places);
    if copied.is_err() {
        let _ = fs::remove_file(&args.out); // half a copy is worth nothing
    }
    copied.map_err(|error| CliError::file(&args.out, error))?;
    output::write_words(&format!(
        "{} withheld in {}\n",
        text::count(places.len(), "value", "values"),
        args.out.display()
    ))?;
    Ok(0)
}

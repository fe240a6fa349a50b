//! `case add`: notes, files, recordings, stores, and checkpoints also signed by others.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use swarmscope_evidence::case::{Draft, kind};
use swarmscope_evidence::moment::rfc3339;
use swarmscope_peer::files;
use swarmscope_store::Place;

use super::keeper::{Keeper, Questions};
use super::verify::note;
use super::{CaseFile, KeyOption, stored};
use crate::cli::store::Filter;
use crate::cli::{CliError, output, probes, session};
use crate::screen::msg::Msg;
use crate::screen::session::recording::What;

/// The largest file that a case takes in.
const MAX_FILE: u64 = 64 << 20;

#[derive(Args, Debug)]
pub struct AddArgs {
    /// The case file
    file: PathBuf,
    /// Filters for --store, such as question:natcheck or, after --, -outcome:answered; all must
    /// match
    #[arg(requires = "store")]
    filter: Vec<String>,
    /// Text of a note
    #[arg(long, value_name = "TEXT", env = "SWARMSCOPE_NOTE")]
    note: Option<String>,
    /// Entries the note is about
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ABOUT", value_delimiter = ',')]
    about: Vec<u64>,
    /// Note that this one replaces; both are kept
    #[arg(long, value_name = "N", env = "SWARMSCOPE_REPLACES")]
    replaces: Option<u64>,
    /// File to include unchanged, up to 64 MiB
    #[arg(long, value_name = "PATH", env = "SWARMSCOPE_ADD_FILE")]
    add_file: Option<PathBuf>,
    /// Recording whose questions and replies become entries
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_RECORDING")]
    recording: Option<PathBuf>,
    /// Store whose questions and failed visits become entries: sqlite:FILE, a path, or
    /// postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "STORE", env = "SWARMSCOPE_STORE")]
    store: Option<Place>,
    /// Checkpoint of this case signed by a witness
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    key: KeyOption,
}

/// # Errors
/// Something can't be read or written.
pub fn run(args: &AddArgs) -> Result<u8, CliError> {
    if args.note.is_none()
        && args.add_file.is_none()
        && args.recording.is_none()
        && args.store.is_none()
        && args.checkpoint.is_none()
    {
        return Err(CliError::usage(
            "nothing to add",
            "give --note, --add-file, --recording, --store or --checkpoint",
        ));
    }
    let filter = Filter::from_words(&args.filter)?;
    let mut case = CaseFile::open(&args.file, &args.key)?;
    let mut added = Vec::new();
    if let Some(path) = &args.add_file {
        added.push(case_file(&mut case, path)?);
    }
    if let Some(path) = &args.recording {
        added.extend(recording(&mut case, path)?);
    }
    if let Some(place) = &args.store {
        added.extend(stored::add(&mut case, place, &filter)?);
    }
    if let Some(path) = &args.checkpoint {
        added.push(witnessed(&mut case, path)?);
    }
    if let Some(text) = &args.note {
        let draft = case.entries.note(text, &args.about, args.replaces);
        added.push(case.append(draft)?);
    }
    case.close()?;
    let (first, last) =
        (added.first().copied().unwrap_or_default(), added.last().copied().unwrap_or_default());
    let words = if first == last {
        format!("entry {first}\n")
    } else {
        format!("entries {first} to {last}\n")
    };
    output::write_words(&words)?;
    Ok(0)
}

fn case_file(case: &mut CaseFile, path: &Path) -> Result<u64, CliError> {
    let bytes = files::read(path, MAX_FILE).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::FileTooLarge => "add its digest as a note instead",
            _ => "check its path",
        };
        CliError::file(path, error).with_hint(hint)
    })?;
    if !case.entries.keeps().addresses {
        return Err(CliError::file(
            path,
            "this case hides addresses, and a file could contain some; nothing was added",
        )
        .with_hint("summarise it in a note, or create a case that keeps addresses"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut draft = Draft::new(kind::FILE).plain("bytes", bytes.len()).private("name", name);
    draft = draft.private("sha256", swarmscope_evidence::case::sha256_hex(&bytes));
    case.append(if case.entries.keeps().bytes { draft.private("file", bytes) } else { draft })
}

fn witnessed(case: &mut CaseFile, path: &Path) -> Result<u64, CliError> {
    let note = note(path)?;
    let ours =
        note.checkpoint.origin == case.id().origin() && note.verify(&case.public_key()).is_ok();
    if !ours {
        return Err(CliError::file(path, "not a checkpoint of this case by its own key")
            .with_hint("check that it belongs to this case"));
    }
    case.append(Draft::new(kind::WITNESSED).plain("note", note))
}

/// The questions and replies of a recording, first and last entry.
fn recording(case: &mut CaseFile, path: &Path) -> Result<Vec<u64>, CliError> {
    let recording = session::read_recording(path)?;
    let started = Duration::from_micros(recording.header.started);
    let head = Draft::new("recording")
        .plain("program", &recording.header.program)
        .private("name", path.to_string_lossy().as_bytes());
    let from = case.append(head)?;
    let mut keeper = Keeper::new(
        probes::registry()?,
        format!("as recorded by {}", recording.header.program),
        None,
    );
    let mut questions = Questions::recorded();
    for line in &recording.lines {
        let at = started + Duration::from_micros(line.0.unsigned_abs());
        let time = rfc3339(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX));
        let dress = |draft: Draft| draft.plain("recorded_at", &time).plain("recording", from);
        match &line.1 {
            What::Msg(Msg::Node(event)) => keeper.event(event, case, dress)?,
            What::Msg(Msg::Network(event)) => questions.event(event, case, dress)?,
            _ => {}
        }
    }
    let last = case
        .append(Draft::new("recording_end").plain("recording", from).plain("cut", recording.cut))?;
    Ok(vec![from, last])
}

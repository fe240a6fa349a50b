//! `case witness`: the second pair of hands.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use swarmscope_evidence::case::note::{is_key_name, public};
use swarmscope_evidence::case::witness::{Memory, WitnessError};
use swarmscope_peer::files;

use super::KeyOption;
use super::file::{self, Clock};
use super::verify::BROKEN;
use crate::cli::{CliError, directories, output};

#[derive(Args, Debug)]
pub struct WitnessArgs {
    /// The case file, or a copy of it
    file: PathBuf,
    #[command(flatten)]
    key: KeyOption,
    /// Your name in the note [default: swarmscope-witness/ and the first digits of your key]
    #[arg(long, value_name = "NAME", env = "SWARMSCOPE_NAME")]
    name: Option<String>,
    /// File that remembers the size of each case [default: witness.txt in the data directory]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_MEMORY")]
    memory: Option<PathBuf>,
}

/// # Errors
/// A file can't be read or written.
pub fn run(args: &WitnessArgs) -> Result<u8, CliError> {
    let key = args.key.read()?;
    let begins = data_encoding::HEXLOWER.encode(&public(&key)[..8]);
    let name = args.name.clone().unwrap_or_else(|| format!("swarmscope-witness/{begins}"));
    if !is_key_name(&name) {
        return Err(CliError::usage(
            "--name: a name must not contain spaces or plus signs",
            "use something like alice.example/swarmscope",
        ));
    }
    let path = args.memory.clone().map_or_else(directories::witness_memory, Ok)?;
    let mut memory = read(&path)?;
    let now = Clock::start().now().utc_ns / 1_000_000_000;
    let seen = memory.clone();
    match memory.witness(file::read(&args.file)?, &name, &key, now) {
        Ok((note, _)) => {
            write(&path, &memory)?; // before anybody can have the signature
            let before = seen.seen(&note.checkpoint.origin);
            output::say(match before {
                Some(before) => format!("it continues the {before} entries you signed before"),
                None => "you see this case for the first time: everything up to now rests on its author's word"
                    .into(),
            });
            output::write_out(note.to_string().as_bytes())?;
            Ok(0)
        }
        Err(WitnessError::Io(error)) => Err(CliError::file(&args.file, error)),
        Err(WitnessError::NoCheckpoint) => {
            Err(CliError::file(&args.file, WitnessError::NoCheckpoint))
        }
        Err(error) => {
            output::say(format_args!("not signed: {error}"));
            Ok(BROKEN)
        }
    }
}

/// The largest memory of a witness: a hundred thousand cases.
const MAX_MEMORY: u64 = 16 << 20;

fn read(path: &Path) -> Result<Memory, CliError> {
    let text = match files::read_text(path, MAX_MEMORY) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(CliError::file(path, error)),
    };
    Memory::parse(&text).ok_or_else(|| {
        CliError::file(path, "a line is not origin, size and root")
            .with_hint("use another file with --memory, or repair this one")
    })
}

/// Replaces the memory in one step, synced before and after.
fn write(path: &Path, memory: &Memory) -> Result<(), CliError> {
    let new = path.with_extension("new");
    let replace = || {
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty())
        {
            fs::create_dir_all(directory)?;
        }
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(memory.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    replace().map_err(|error| {
        CliError::file(path, error).with_hint("nothing was signed; use another file with --memory")
    })
}

//! `swarmscope case`: the case file, in which what was asked and answered is kept so that a later change shows.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, logging};

mod add;
mod export;
mod file;
pub mod keeper;
mod redact;
mod show;
mod verify;
mod witness;

pub use file::CaseFile;

#[derive(Args, Debug)]
pub struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Subcommand, Debug)]
enum CaseCommand {
    /// Open a new case; an existing file is never replaced
    New(file::NewArgs),
    /// Add notes, files, recordings, or a checkpoint that others have signed
    Add(add::AddArgs),
    /// Print the entries
    Show(show::ShowArgs),
    /// Check every entry, hash and signature: 0 all hold, 13 the first that does not is named
    Verify(verify::VerifyArgs),
    /// Sign everything so far with a checkpoint
    Sign(KeyedArgs),
    /// Print the newest checkpoint, to be kept elsewhere
    Checkpoint(FileArgs),
    /// Be the second pair of hands: check that the case only grew since last time, and sign its newest checkpoint
    Witness(witness::WitnessArgs),
    /// Write a copy that withholds values and still verifies
    Redact(redact::RedactArgs),
    /// Write it in another format
    Export(export::ExportArgs),
}

/// A case.
#[derive(Args, Debug)]
struct FileArgs {
    /// The case file
    file: PathBuf,
}

/// A case that is written to, and the key that it was opened with.
#[derive(Args, Debug)]
struct KeyedArgs {
    /// The case file
    file: PathBuf,
    #[command(flatten)]
    key: KeyOption,
}

/// Whose case it is.
#[derive(Args, Clone, Debug)]
pub struct KeyOption {
    /// The Ed25519 key file (PEM) that signs the case [default: your own]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_IDENTITY")]
    identity: Option<PathBuf>,
}

/// # Errors
/// See the sub-commands.
pub fn run(args: CaseArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    match args.command {
        CaseCommand::New(args) => file::new(&args),
        CaseCommand::Add(args) => add::run(args),
        CaseCommand::Show(args) => show::run(&args),
        CaseCommand::Verify(args) => verify::run(&args),
        CaseCommand::Sign(args) => file::sign(&args),
        CaseCommand::Checkpoint(args) => verify::checkpoint(&args),
        CaseCommand::Witness(args) => witness::run(&args),
        CaseCommand::Redact(args) => redact::run(&args),
        CaseCommand::Export(args) => export::run(&args),
    }
}

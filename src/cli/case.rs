//! `swarmscope case`: the case file, in which what was asked and answered is kept so that a later
//! change shows.

use clap::{Args, Subcommand};

use super::{CliError, logging};

mod add;
mod args;
mod export;
mod file;
pub mod keeper;
pub mod kept;
mod redact;
mod show;
mod stored;
mod verify;
mod witness;

pub use args::KeyOption;
use args::{FileArgs, KeyedArgs};
pub use file::{CaseFile, read};

#[derive(Args, Debug)]
pub struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Subcommand, Debug)]
enum CaseCommand {
    /// Create a case; an existing file is never overwritten
    New(file::NewArgs),
    /// Add notes, files, recordings, stores, or a checkpoint signed by others
    Add(add::AddArgs),
    /// Print the entries
    Show(show::ShowArgs),
    /// Check every entry, hash and signature: 0 if all hold, 13 if not (the first is named)
    Verify(verify::VerifyArgs),
    /// Sign everything so far with a checkpoint
    Sign(KeyedArgs),
    /// Print the newest checkpoint, to keep elsewhere
    Checkpoint(FileArgs),
    /// Act as a witness: check that the case has only grown since last time, and sign its newest
    /// checkpoint
    Witness(witness::WitnessArgs),
    /// Write a copy that withholds values and still verifies
    Redact(redact::RedactArgs),
    /// Export the case in another format
    Export(export::ExportArgs),
}

/// # Errors
/// See the sub-commands.
pub fn run(args: CaseArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    match args.command {
        CaseCommand::New(args) => file::new(&args),
        CaseCommand::Add(args) => add::run(&args),
        CaseCommand::Show(args) => show::run(&args),
        CaseCommand::Verify(args) => verify::run(&args),
        CaseCommand::Sign(args) => file::sign(&args),
        CaseCommand::Checkpoint(args) => verify::checkpoint(&args),
        CaseCommand::Witness(args) => witness::run(&args),
        CaseCommand::Redact(args) => redact::run(&args),
        CaseCommand::Export(args) => export::run(&args),
    }
}

//! What the sub-commands of a case are told alike.

use std::path::PathBuf;

use clap::Args;

/// A case.
#[derive(Args, Debug)]
pub struct FileArgs {
    /// The case file
    pub file: PathBuf,
}

/// A case that is written to, and the key that it was opened with.
#[derive(Args, Debug)]
pub struct KeyedArgs {
    /// The case file
    pub file: PathBuf,
    #[command(flatten)]
    pub key: KeyOption,
}

/// Whose case it is.
#[derive(Args, Clone, Debug)]
pub struct KeyOption {
    /// The Ed25519 key file (PEM) that signs the case [default: your own]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_IDENTITY")]
    pub identity: Option<PathBuf>,
}

//! `swarmscope key`: makes identities, and shows the permid of one.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};

use super::{CliError, identities, output};
use swarmscope_peer::identity::key_file;
use swarmscope_wire::{Permid, PermidKind};

#[derive(Args, Debug)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// Create an identity and print its permid; never overwrites a file
    New {
        #[command(flatten)]
        kind: Kind,
        /// File to write [default: the default identity]
        #[arg(long, value_name = "FILE", env = "SWARMSCOPE_OUT")]
        out: Option<PathBuf>,
    },
    /// Print the permid of an identity (base64, alone on the first line) for a peer's
    /// allow-list
    Show {
        #[command(flatten)]
        kind: Kind,
        /// A key file of either kind [default: the default identity, created on first use]
        file: Option<PathBuf>,
    },
}

#[derive(Args, Clone, Copy, Debug)]
struct Kind {
    /// A sect233k1 key, for peers of version 17 and earlier
    #[arg(long, env = "SWARMSCOPE_LEGACY", value_parser = BoolishValueParser::new())]
    legacy: bool,
}

impl Kind {
    const fn permid_kind(self) -> PermidKind {
        if self.legacy { PermidKind::Sect233k1 } else { PermidKind::Ed25519 }
    }
}

/// # Errors
/// The file can't be made or read.
pub fn run(args: KeyArgs) -> Result<u8, CliError> {
    match args.command {
        KeyCommand::New { kind, out } => {
            let path = out.map_or_else(|| identities::default(kind.permid_kind()), Ok)?;
            let key = key_file::create(&path, kind.permid_kind())?;
            print(&key.permid(), &format!("written to {}", path.display()))
        }
        KeyCommand::Show { kind, file } => {
            let key = identities::read(file.as_deref(), kind.permid_kind())?;
            let what = match key.kind() {
                PermidKind::Ed25519 => "Ed25519: version 18",
                PermidKind::Sect233k1 => "sect233k1: version 17 and earlier, not encrypted",
            };
            print(&key.permid(), what)
        }
    }
}

fn print(permid: &Permid, what: &str) -> Result<u8, CliError> {
    output::write_words(&format!("{permid}\n{what}\n"))?;
    Ok(0)
}

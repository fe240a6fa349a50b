//! `swarmscope completions`: what a shell needs to complete options, sub-commands and file names.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::{CliError, output};

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

/// Prints the shell's script.
///
/// # Errors
/// Standard output can't be written.
pub fn run(args: &CompletionsArgs, mut command: Command) -> Result<u8, CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, "swarmscope", &mut script);
    output::write_out(&script)?;
    Ok(0)
}

//! The program: everything is in the library, see [`swarmscope::cli`].
use std::process::ExitCode;

fn main() -> ExitCode {
    swarmscope::cli::main()
}

//! What the commands that talk to peers have in common: a runtime, and how they fail.

use tokio::runtime::Runtime;

use super::{CliError, open_files, output};

/// The runtime of the commands that talk to peers.
pub fn runtime() -> Result<Runtime, CliError> {
    open_files::raise();
    Runtime::new()
        .map_err(|error| CliError::io(format!("the asynchronous runtime could not start: {error}")))
}

/// Where `--json` asks for it, a failure is an event too.
pub fn report_json(json: bool, outcome: Result<u8, CliError>) -> Result<u8, CliError> {
    if let (true, Err(CliError::Failure { failure, hint, acceptance })) = (json, &outcome) {
        output::Line::failure(failure, *hint, *acceptance).print()?;
    }
    outcome
}

//! What the commands that talk to peers have in common: a runtime, and how they fail.

use std::time::Duration;

use swarmscope_wire::failure::Cause;
use tokio::runtime::Runtime;

use super::lines::Lines;
use super::{CliError, open_files, output};

/// For a reader that does not read, once the program was told to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// The runtime of the commands that talk to peers.
pub fn runtime() -> Result<Runtime, CliError> {
    open_files::raise();
    Runtime::new()
        .map_err(|error| CliError::io(format!("the asynchronous runtime could not start: {error}")))
}

/// Where `--json` asks for it, a failure is an event too.
pub fn report_json(json: bool, outcome: Result<u8, CliError>) -> Result<u8, CliError> {
    if let (true, Err(CliError::Failure { failure, hint, acceptance })) = (json, &outcome) {
        let line = output::Line::failure(failure, *hint, *acceptance);
        if failure.cause == Cause::Stopped {
            // whoever told it to end does not wait for a reader that may be stuck
            let lines = Lines::to_standard_output();
            lines.print(&line)?;
            lines.end(PATIENCE);
        } else {
            line.print()?;
        }
    }
    outcome
}

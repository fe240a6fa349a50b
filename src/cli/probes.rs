//! The message-specific ids that the commands know: the built-in ones, and those that this user
//! defines.

use super::{CliError, directories};
use swarmscope_peer::crawler::Registry;
use swarmscope_probes::{Statistics, custom};

/// For Crawlers: the built-in probes, and those of `probes/*.toml` in the configuration directory.
///
/// # Errors
/// A file there that can't be used; all that is wrong with any of them is told.
pub fn registry() -> Result<Registry, CliError> {
    let built_in = swarmscope_probes::registry(Statistics::empty());
    let Ok(directory) = directories::probes() else { return Ok(built_in) }; // without a home there is none
    custom::extend(&built_in, &directory).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        CliError::io(errors.join("\n"))
            .with_hint("fix that line, or move the file away; docs/probes.md has an example")
    })
}

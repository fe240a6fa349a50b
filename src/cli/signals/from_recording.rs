//! The answers of a recording: what the screen would know of it by its end.

use std::path::Path;

use swarmscope_evidence::signals::input::Round;
use swarmscope_facts::Settings;

use crate::cli::recording::Folded;
use crate::cli::{CliError, probes};
use crate::screen::signals::Asked;

/// Peers that are looked at. A recording has at most four million lines, and a peer that answered
/// has three of them.
const PEERS: usize = 1_000_000;
/// Questions of one peer: more than a night of one every second.
const QUESTIONS: usize = 100_000;

/// The rounds of a recording.
///
/// # Errors
/// It can't be read.
pub fn rounds(path: &Path) -> Result<Vec<Round>, CliError> {
    let registry = probes::registry()?;
    let settings = Settings { peers: PEERS, requests_per_peer: QUESTIONS, ..Settings::default() };
    let Folded { facts, .. } = Folded::read(path, &registry, settings)?;
    Ok(Asked::of(&facts, &registry).rounds())
}

//! The answers of a recording: what the screen would know of it by its end, and the replies that
//! nobody had asked for.

use std::path::Path;

use swarmscope_evidence::signals::input::{Round, Unsolicited};
use swarmscope_facts::Settings;
use swarmscope_wire::Permid;

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
    let Folded { facts, unsolicited, .. } = Folded::read(path, &registry, settings)?;
    let mut rounds = Asked::of(&facts, &registry).rounds();
    if rounds.is_empty() {
        rounds.push(Round::default());
    }
    if let Some(last) = rounds.last_mut() {
        // which channels were used before is not told: none is counted as guessed
        let replies = |(permid, replies): (Permid, u64)| {
            let peer = permid.to_string().into();
            Unsolicited { peer, replies, guessed: 0 }
        };
        last.unsolicited = unsolicited.into_iter().map(replies).collect();
    }
    Ok(rounds)
}

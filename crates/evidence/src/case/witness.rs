//! The second pair of hands: somebody else remembers how far a case had come, checks that it only
//! ever grew, and signs that with the time. What a witness remembers is a line of text for each
//! case, so that it can live in any file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Seek};

use data_encoding::BASE64;
use swarmscope_wire::identity::Ed25519Identity;

use super::format::Hash;
use super::note::Note;
use super::verify::{Fault, Report};
use super::{tree, verify};

/// What a witness remembers: for each origin the size and root it has signed last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory(BTreeMap<String, (u64, Hash)>);

/// Why a witness does not sign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The case can't be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// An entry does not hold.
    #[error("entry {}: {}", .0.entry, .0.why)]
    Broken(Fault),
    /// There is nothing to sign.
    #[error("no checkpoint yet: `swarmscope case sign` writes one")]
    NoCheckpoint,
    /// It is shorter than what was seen.
    #[error("its newest checkpoint covers {now} entries; it covered {seen} before")]
    Shrunk {
        /// Entries under its newest checkpoint.
        now: u64,
        /// Entries that were signed before.
        seen: u64,
    },
    /// It has another beginning than what was seen.
    #[error("entries 0 to {} differ from those seen before", .0 - 1)]
    Rewritten(u64),
}

impl Memory {
    /// Reads lines of origin, size and root; `None` where a line is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let line = |line: &str| {
            let mut words = line.split(' ');
            let (origin, size, root) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
            let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
            words.next().is_none().then(|| (origin.to_owned(), (size, root)))
        };
        text.lines().map(line).collect::<Option<_>>().map(Self)
    }

    /// The lines.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (origin, (size, root))| {
            let _ = writeln!(text, "{origin} {size} {}", BASE64.encode(root));
            text
        })
    }

    /// How far a case had come when it was signed last.
    #[must_use]
    pub fn seen(&self, origin: &str) -> Option<u64> {
        self.0.get(origin).map(|(size, _)| *size)
    }

    /// Checks a case against what is remembered, remembers it, and signs its newest checkpoint. The
    /// caller writes the memory down before it hands the note on.
    ///
    /// # Errors
    /// See [`WitnessError`]; then nothing is remembered.
    pub fn witness(
        &mut self,
        case: impl Read + Seek,
        name: &str,
        key: &Ed25519Identity,
        now_s: u64,
    ) -> Result<(Note, Report), WitnessError> {
        let mut report = verify::verify(case, None)?;
        if let Some(fault) = report.faults.first() {
            return Err(WitnessError::Broken(fault.clone()));
        }
        let mut note = report.checkpoint.take().ok_or(WitnessError::NoCheckpoint)?;
        let checkpoint = &note.checkpoint;
        if let Some((seen, root)) = self.0.get(&checkpoint.origin) {
            if *seen > checkpoint.size {
                return Err(WitnessError::Shrunk { now: checkpoint.size, seen: *seen });
            }
            let before = usize::try_from(*seen)
                .ok()
                .and_then(|seen| report.hashes.get(..seen))
                .unwrap_or_default();
            if tree::root(before) != *root {
                return Err(WitnessError::Rewritten(*seen));
            }
        }
        self.0.insert(checkpoint.origin.clone(), (checkpoint.size, checkpoint.root));
        note.cosign(name, key, now_s);
        report.checkpoint = Some(note.clone());
        Ok((note, report))
    }
}

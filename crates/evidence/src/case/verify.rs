//! Whether a case file holds what was written and signed. It needs the file and nothing secret.
//!
//! Each entry names the hash of the one before it, and the entries `signed` hold checkpoints:
//! signed roots of the tree over all entries before them. So a changed entry no longer fits what
//! its successor says of it, also where its checksum was mended; a chain that was made anew from
//! there on no longer fits the next checkpoint. Where the successor's word for the changed entry's
//! hash leads to the signed root, everything else under that checkpoint is still proven.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};
use std::ops::Range;

use super::format::{Hash, Value};
use super::note::{CaseId, Checkpoint, Note};
use super::read::{Damage, Entry, Found, Records};
use super::{kind, tree};

/// What can't be proven from the file alone. It comes first in everything that is said of a
/// verification.
pub const CAVEAT: &str = "From the file alone: the holder of the key can rewrite the whole case, and anyone can cut entries from its end. Only a checkpoint kept elsewhere shows that; compare one with `--checkpoint`.";

/// What is said of an entry that its successor does not fit.
const DIFFERS: &str = "its bytes differ from those that the next entry refers to";

/// Why an entry does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The first entry that does not hold.
    pub entry: u64,
    /// In words; a hash names the entry, not who changed it, nor why.
    pub why: String,
}

/// What was found. Entries are counted from 0, and entry 0 describes the case.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Which case: hexadecimal.
    pub case: String,
    /// The operator's public key, as entry 0 gives it. That it is theirs must be known from
    /// elsewhere.
    pub key: Option<[u8; 32]>,
    /// Entries that the file holds.
    pub entries: u64,
    /// How many of the first entries the newest valid checkpoint covers; the checkpoint itself and
    /// what follows are not signed.
    pub signed: u64,
    /// Valid checkpoints.
    pub checkpoints: u64,
    /// Entries that do not hold, the first first.
    pub faults: Vec<Fault>,
    /// The ranges that the newest valid checkpoint proves: all but the entries that do not hold.
    pub proven: Vec<Range<u64>>,
    /// Bytes at the end that are no whole entry, as a crash leaves them.
    pub torn: u64,
    /// Values that this copy withholds, as an entry says.
    pub withheld: u64,
    /// Where the last whole record ends.
    pub whole: u64,
    /// The newest valid checkpoint, as the note that holds it.
    pub checkpoint: Option<Note>,
    /// The checkpoint from elsewhere that the file was compared with, if it fits.
    pub outside: Option<u64>,
    /// The hash of each entry, as its bytes give it.
    pub(super) hashes: Vec<Hash>,
}

impl Report {
    /// Whether every entry holds. A torn tail is no fault.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Verifies a case file; with a checkpoint that was kept elsewhere, also that this file continues
/// it.
///
/// # Errors
/// The source can't be read. Everything that is wrong in it is in the report.
pub fn verify(source: impl Read + Seek, outside: Option<&Note>) -> io::Result<Report> {
    let Some(mut records) = Records::open(source)? else {
        let fault = Fault { entry: 0, why: "not a case file: its first bytes differ".into() };
        return Ok(Report { faults: vec![fault], ..Report::default() });
    };
    let mut check = Check::default();
    while let Some(found) = records.read()? {
        match found {
            Found::Entry { entry, broken_opening } => {
                check.report.whole = records.offset();
                check.entry(&entry, broken_opening);
            }
            Found::Damage { bytes, why: Damage::Torn, .. } => check.report.torn = bytes,
            Found::Damage { why, bytes, followed, .. } => check.damage(why, bytes, followed),
        }
    }
    Ok(check.finish(outside))
}

#[derive(Default)]
struct Check {
    report: Report,
    id: Option<CaseId>,
    /// Entries whose own bytes can't be used, so that only their successor knows their hash.
    unreadable: BTreeSet<u64>,
    /// The tree, in which each entry that does not fit is taken for what its successor says of it.
    tree: tree::Levels,
    /// The entries for which the successor's word is taken.
    claimed: BTreeSet<u64>,
    /// Those of them whose successor does not fit its own successor either, so that it may be the
    /// changed one.
    doubted: BTreeSet<u64>,
    /// Places held for entries that are not there.
    lost: usize,
    /// Fields that this copy withholds, and those that an entry says it withholds.
    missing: BTreeSet<(u64, String)>,
    declared: BTreeSet<(u64, String)>,
    /// How many faults there were before the entry that is looked at.
    before: usize,
    /// How many there were before the last checkpoint. Only later ones are looked at again: a case
    /// may have a checkpoint, and a fault, for each of its entries.
    since: usize,
    /// Up to here, all entries are in a range that was found signed or faulty.
    settled: u64,
}

impl Check {
    fn fault(&mut self, entry: u64, why: impl Into<String>) {
        self.report.faults.push(Fault { entry, why: why.into() });
    }

    fn entry(&mut self, entry: &Entry, broken_opening: Option<String>) {
        let expected = self.report.hashes.len() as u64;
        if entry.index.checked_add(1) == Some(expected) && self.unreadable.remove(&entry.index) {
            // what was taken for this entry was something else, put before it
            self.report.hashes.pop();
            self.tree.pop();
            // its faults were the last to be found; a file may have a fault for each of its entries
            let last = self.report.faults.iter_mut().rev();
            for fault in last.take_while(|fault| fault.entry == entry.index) {
                fault.why = format!("bytes before it are not an entry: {}", fault.why);
            }
        } else if entry.index != expected {
            self.out_of_order(entry.index, expected);
            if self.report.hashes.len() as u64 != entry.index {
                return; // it stands here a second time, or too far from all others: not one of the chain
            }
        }
        self.before = self.report.faults.len();
        self.chain(entry);
        if let Some(field) = broken_opening {
            self.fault(entry.index, format!("its {field} does not match its commitment"));
        }
        for field in &entry.fields {
            if field.value == Value::Withheld {
                self.missing.insert((entry.index, field.name.clone()));
            }
        }
        match entry.kind() {
            _ if entry.index == 0 => self.header(entry),
            kind::SIGNED => self.checkpoint(entry),
            kind::REDACTION => self.declare(entry),
            _ => {}
        }
        self.push(entry.hash);
    }

    fn out_of_order(&mut self, index: u64, expected: u64) {
        if index < expected {
            self.fault(expected, format!("entry {index} appears here again, inserted or moved"));
            return;
        }
        let last = index - 1;
        let what = if last == expected {
            format!("entry {expected} is missing: the next one here is {index}")
        } else {
            format!("entries {expected} to {last} are missing: the next one here is {index}")
        };
        self.fault(expected, what);
        let count = usize::try_from(index - expected).unwrap_or(usize::MAX);
        if count <= MAX_LOST - self.lost {
            self.lost += count;
            for entry in expected..index {
                self.hold_place(entry);
            }
        }
    }

    /// Whether it fits the one before. Which of the two is wrong, the next one tells.
    fn chain(&mut self, entry: &Entry) {
        let Some(before) = entry.index.checked_sub(1) else {
            if entry.previous != [0; 32] {
                self.fault(0, "it refers to an entry before it");
            }
            return;
        };
        let known = self.report.hashes.last().copied().unwrap_or_default();
        if entry.previous == known {
            return;
        }
        if !self.unreadable.contains(&before) {
            self.fault(before, DIFFERS);
        }
        if let Some(earlier) =
            before.checked_sub(1).filter(|earlier| self.claimed.contains(earlier))
            && earlier >= self.report.signed // else a checkpoint proves what is claimed
            && !self.unreadable.contains(&before)
            && !self.unreadable.contains(&earlier)
        {
            self.doubted.insert(earlier);
        }
        self.claimed.insert(before);
        self.tree.set(place(before), entry.previous);
    }

    /// An entry that can't be read or isn't there.
    fn hold_place(&mut self, entry: u64) {
        self.unreadable.insert(entry);
        self.push([0; 32]);
    }

    fn push(&mut self, hash: Hash) {
        self.report.hashes.push(hash);
        self.tree.push(hash);
    }

    fn damage(&mut self, why: Damage, bytes: u64, followed: bool) {
        let entry = self.report.hashes.len() as u64;
        let unsure = if followed || why == Damage::Unsearched {
            ""
        } else {
            "; it is the last, so a write cut short by a crash may look the same"
        };
        self.fault(entry, format!("its {} ({bytes} bytes here){unsure}", why.words()));
        self.hold_place(entry);
    }

    fn header(&mut self, entry: &Entry) {
        self.id = entry.text("id").and_then(CaseId::parse);
        self.report.key = entry.bytes("key").and_then(|key| key.try_into().ok());
        if entry.kind() != kind::CASE || self.id.is_none() || self.report.key.is_none() {
            self.fault(0, "it does not name the case and its key");
        }
        self.report.case = self.id.map(|id| id.to_string()).unwrap_or_default();
    }

    fn checkpoint(&mut self, entry: &Entry) {
        let size = entry.index;
        let note = entry.text("note").map_or(Err(super::note::NoteError::Malformed), Note::parse);
        let signed =
            note.and_then(|note| note.verify(&self.report.key.unwrap_or_default()).map(|()| note));
        let note = match signed {
            Ok(note) => note,
            Err(error) => return self.fault(size, format!("its checkpoint: {error}")),
        };
        if Some(note.checkpoint.origin.as_str()) != self.id.map(CaseId::origin).as_deref()
            || note.checkpoint.size != size
        {
            return self.fault(size, "its checkpoint is of another case or another place");
        }
        let from = self.settled;
        self.settled = size;
        let own = self.report.faults.len() - self.before;
        if self.tree.root() != note.checkpoint.root {
            self.trust_doubted(&note.checkpoint.root);
        }
        self.doubted.clear();
        let since = std::mem::replace(&mut self.since, self.report.faults.len() - own);
        if self.tree.root() == note.checkpoint.root {
            self.report.signed = size;
            self.report.checkpoints += 1;
            self.report.checkpoint = Some(note);
        } else if self.report.faults[since..].iter().all(|fault| fault.entry < from) {
            self.fault(
                from,
                format!("entries {from} to {} differ from those that entry {size} signs", size - 1),
            );
        }
    }

    /// Two neighbours do not fit, and the second does not fit the third: where the signed root says
    /// so, only the second is wrong.
    fn trust_doubted(&mut self, root: &Hash) {
        let doubted = std::mem::take(&mut self.doubted);
        let mut claims = Vec::new();
        for entry in doubted.iter().map(|entry| place(*entry)) {
            claims.push((entry, self.tree.leaf(entry)));
            self.tree.set(entry, self.report.hashes[entry]);
        }
        if self.tree.root() != *root {
            for (entry, claim) in claims {
                self.tree.set(entry, claim.unwrap_or_default());
            }
        } else if !doubted.is_empty() {
            let found = self.report.faults.split_off(self.since);
            let stays = |fault: &Fault| fault.why != DIFFERS || !doubted.contains(&fault.entry);
            self.report.faults.extend(found.into_iter().filter(stays));
            for entry in &doubted {
                self.claimed.remove(entry);
            }
        }
    }

    /// The ranges under the newest checkpoint: all but the entries for which their successors' word
    /// is taken.
    fn proven(&self, size: u64) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        for entry in self.claimed.range(..size).copied().chain([size]) {
            if entry > from {
                ranges.push(from..entry);
            }
            from = entry + 1;
        }
        ranges
    }

    fn declare(&mut self, entry: &Entry) {
        let lines = entry.text("withheld").unwrap_or_default().lines();
        let read = |line: &str| {
            let (entry, field) = line.split_once(' ')?;
            Some((entry.parse().ok()?, field.to_owned()))
        };
        self.declared.extend(lines.filter_map(read));
    }

    fn finish(mut self, outside: Option<&Note>) -> Report {
        self.report.entries = self.report.hashes.len() as u64;
        if self.report.entries == 0 && self.report.faults.is_empty() {
            self.fault(0, "there is no entry");
        }
        if self.report.checkpoints > 0 {
            self.report.proven = self.proven(self.report.signed);
        }
        self.report.withheld = self.missing.len() as u64;
        let undeclared: Vec<(u64, String)> =
            self.missing.difference(&self.declared).cloned().collect();
        for (entry, field) in undeclared {
            self.fault(entry, format!("its {field} is missing, and no entry declares it withheld"));
        }
        if let Some(note) = outside {
            self.compare(note);
        }
        self.report.faults.sort_by_key(|fault| fault.entry);
        self.report
    }

    fn compare(&mut self, note: &Note) {
        let Checkpoint { origin, size, root } = &note.checkpoint;
        if Some(origin.as_str()) != self.id.map(CaseId::origin).as_deref() {
            return self.fault(0, format!("the checkpoint is of another case: {origin}"));
        }
        if let Err(error) = note.verify(&self.report.key.unwrap_or_default()) {
            return self.fault(0, format!("the checkpoint kept elsewhere: {error}"));
        }
        let entries = self.report.hashes.len() as u64;
        match usize::try_from(*size).ok().and_then(|size| self.report.hashes.get(..size)) {
            None => self.fault(
                entries,
                format!("entries {entries} to {} are missing at the end", size.saturating_sub(1)),
            ),
            Some(hashes) if tree::root(hashes) == *root => self.report.outside = Some(*size),
            Some(_) if !self.report.faults.is_empty() => {} // the entry is named already
            Some(_) => {
                self.fault(
                    0,
                    format!(
                        "entries 0 to {} differ from those of the checkpoint kept elsewhere",
                        size.saturating_sub(1)
                    ),
                );
            }
        }
    }
}

/// An entry's place in a list. No file of this format has more entries than memory has addresses.
fn place(entry: u64) -> usize {
    usize::try_from(entry).unwrap_or(usize::MAX)
}

/// How many lost entries are held a place for (32 MiB); a file can claim any number of them.
const MAX_LOST: usize = 1 << 20;

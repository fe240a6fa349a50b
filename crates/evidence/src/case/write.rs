//! Appends to a case file. A record goes out in one write; a checkpoint follows only after what it
//! signs is synced.

use std::io::{self, Read, Seek, SeekFrom, Write};

use swarmscope_wire::identity::Ed25519Identity;

use super::format::{self, Hash, MAGIC, MAX_BODY, Salt, form, opening};
use super::note::{self, CaseId, Checkpoint, Note};
use super::tree::Frontier;
use super::verify::{Fault, Report};
use super::{kind, verify};
use crate::Moment;

/// After so many entries a checkpoint is due; so is one ten minutes after the last, which a caller
/// with a clock sees to.
pub const CHECKPOINT_EVERY: u64 = 1000;

/// Where a case is written: a file, or memory in tests.
pub trait Storage: Read + Write + Seek {
    /// Returns when everything written so far survives a loss of power.
    ///
    /// # Errors
    /// It may not.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the storage to a length.
    ///
    /// # Errors
    /// It is as long as before.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for std::fs::File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

impl Storage for io::Cursor<Vec<u8>> {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.get_mut().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// Why a case can't be written to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something in it does not hold, and nothing is added to a broken chain.
    #[error("entry {}: {}; nothing is added to a broken case", .0.entry, .0.why)]
    Broken(Fault),
    /// It holds something already.
    #[error("the file is not empty; a new case needs a new file")]
    NotEmpty,
    /// The first entry is larger than a record may be.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why an entry was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file system. What was written of the entry is a torn tail.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// An entry too large for its record.
    #[error("an entry of {0} bytes; the maximum is {MAX_BODY}")]
    TooLarge(usize),
    /// A checkpoint by another key than the one that entry 0 names.
    #[error("this key is not the case's: checkpoints are signed by the key that opened it")]
    OtherKey,
    /// An earlier write failed, so that where the file ends isn't known.
    #[error("an earlier write failed; open the case again")]
    Failed,
}

/// An entry that is being composed. Fields keep the order in which they are added.
#[derive(Clone, Debug)]
pub struct Draft {
    fields: Vec<(&'static str, Vec<u8>, bool)>,
}

impl Draft {
    /// An entry of a kind (see [`kind`]).
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self { fields: vec![("type", kind.into(), false)] }
    }

    /// Adds a value that stays readable in every copy.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts read better without a borrow"
    )]
    pub fn plain(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string().into_bytes(), false));
        self
    }

    /// As [`Self::plain`], where there is one.
    #[must_use]
    pub fn plain_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.plain(name, value),
            None => self,
        }
    }

    /// Adds a value that a copy may withhold: who, where, what was said.
    #[must_use]
    pub fn private(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name, value.as_ref().to_vec(), true));
        self
    }

    /// Adds bytes that stay readable in every copy.
    #[must_use]
    pub fn plain_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        self.fields.push((name, value.to_vec(), false));
        self
    }
}

/// Appends entries to a case.
pub struct Writer<S> {
    storage: S,
    salts: Box<dyn FnMut() -> Salt + Send>,
    id: CaseId,
    key: [u8; 32],
    frontier: Frontier,
    last: Hash,
    /// Entries since the newest checkpoint, the checkpoint not counted.
    unsigned: u64,
    failed: bool,
}

impl<S> std::fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("id", &self.id)
            .field("entries", &self.frontier.size())
            .finish_non_exhaustive()
    }
}

impl<S: Storage> Writer<S> {
    /// Begins a case in an empty storage. `head` is added to entry 0, which names case and key;
    /// `salts` gives 32 bytes from a generator that nobody can predict each time.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn create(
        mut storage: S,
        id: CaseId,
        key: &Ed25519Identity,
        head: Draft,
        moment: Moment,
        salts: impl FnMut() -> Salt + Send + 'static,
    ) -> Result<Self, OpenError> {
        if storage.seek(SeekFrom::End(0))? > 0 {
            return Err(OpenError::NotEmpty);
        }
        storage.write_all(MAGIC)?;
        let key = note::public(key);
        let mut writer = Self {
            storage,
            salts: Box::new(salts),
            id,
            key,
            frontier: Frontier::default(),
            last: [0; 32],
            unsigned: 0,
            failed: false,
        };
        let mut draft = Draft::new(kind::CASE).plain("id", id).plain_bytes("key", &key);
        draft = draft.plain("verifier", note::verifier_key(&id.origin(), &key));
        draft.fields.extend(head.fields.into_iter().skip(1));
        writer.append(draft, moment)?;
        Ok(writer)
    }

    /// Opens a case to go on with it. All of it is verified first; a tail that a crash has torn is
    /// cut, and an entry says so.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        mut storage: S,
        moment: Moment,
        salts: impl FnMut() -> Salt + Send + 'static,
    ) -> Result<(Self, Report), OpenError> {
        let report =
            verify::verify(io::BufReader::with_capacity(1 << 14, ByRef(&mut storage)), None)?;
        if let Some(fault) = report.faults.first() {
            return Err(OpenError::Broken(fault.clone()));
        }
        let mut frontier = Frontier::default();
        report.hashes.iter().for_each(|hash| frontier.push(*hash));
        if report.torn > 0 {
            storage.cut(report.whole)?;
        }
        storage.seek(SeekFrom::End(0))?;
        let mut writer = Self {
            storage,
            salts: Box::new(salts),
            id: CaseId::parse(&report.case).expect("a sound case names itself"),
            key: report.key.expect("a sound case names its key"),
            last: *report.hashes.last().expect("a sound case has an entry"),
            unsigned: report.entries - report.signed - u64::from(report.checkpoint.is_some()),
            frontier,
            failed: false,
        };
        if report.torn > 0 {
            writer.append(Draft::new(kind::RECOVERED).plain("torn_bytes", report.torn), moment)?;
        }
        Ok((writer, report))
    }

    /// Which case.
    #[must_use]
    pub const fn id(&self) -> CaseId {
        self.id
    }

    /// Whether checkpoints by this key are the case's.
    #[must_use]
    pub fn is_key(&self, key: &Ed25519Identity) -> bool {
        note::public(key) == self.key
    }

    /// Entries so far.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.frontier.size()
    }

    /// Entries since the newest checkpoint.
    #[must_use]
    pub const fn unsigned(&self) -> u64 {
        self.unsigned
    }

    /// Whether so much is unsigned that a checkpoint is due.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.unsigned >= CHECKPOINT_EVERY
    }

    /// Appends an entry with its time, and gives its index. It survives a crash of this program at
    /// once, and a loss of power after [`Self::sync`].
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn append(&mut self, draft: Draft, moment: Moment) -> Result<u64, WriteError> {
        if self.failed {
            return Err(WriteError::Failed);
        }
        let mut draft = draft;
        let times = [("time", moment.rfc3339()), ("monotonic_ns", moment.monotonic_ns.to_string())];
        draft.fields.splice(1..1, times.map(|(name, value)| (name, value.into_bytes(), false)));
        let index = self.frontier.size();
        let (record, hash) = self.record(index, &draft)?;
        if let Err(error) = self.storage.write_all(&record) {
            self.failed = true;
            return Err(error.into());
        }
        self.last = hash;
        self.frontier.push(hash);
        self.unsigned += 1;
        Ok(index)
    }

    fn record(&mut self, index: u64, draft: &Draft) -> Result<(Vec<u8>, Hash), WriteError> {
        let size: usize = draft.fields.iter().map(|(_, value, _)| value.len() + 128).sum();
        if size + 64 > MAX_BODY {
            return Err(WriteError::TooLarge(size));
        }
        let mut leaf = Vec::with_capacity(64 + draft.fields.len() * 64);
        let mut openings = Vec::with_capacity(size);
        leaf.extend(index.to_be_bytes());
        leaf.extend(self.last);
        leaf.extend(
            u16::try_from(draft.fields.len()).expect("entries have a few fields").to_be_bytes(),
        );
        for (name, value, private) in &draft.fields {
            leaf.push(u8::try_from(name.len()).expect("names are short"));
            leaf.extend(name.as_bytes());
            if *private {
                let salt = (self.salts)();
                leaf.push(form::COMMITTED);
                sized(&mut leaf, &format::commitment(&salt, name, value));
                openings.push(opening::OPEN);
                openings.extend(salt);
                sized(&mut openings, value);
            } else {
                leaf.push(form::PLAIN);
                sized(&mut leaf, value);
            }
        }
        Ok((assemble(&leaf, &openings), format::leaf_hash(&leaf)))
    }

    /// Makes sure that everything written survives a loss of power.
    ///
    /// # Errors
    /// The file system.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.storage.sync().map_err(|error| {
            self.failed = true;
            WriteError::Io(error)
        })
    }

    /// Signs everything so far: syncs it, appends the checkpoint, syncs that.
    ///
    /// # Errors
    /// See [`WriteError`]; a key that is not the case's.
    pub fn sign(&mut self, key: &Ed25519Identity, moment: Moment) -> Result<Note, WriteError> {
        if !self.is_key(key) {
            return Err(WriteError::OtherKey);
        }
        self.sync()?;
        let root = self.frontier.root();
        let checkpoint = Checkpoint { origin: self.id.origin(), size: self.frontier.size(), root };
        let note = checkpoint.signed(key);
        self.append(Draft::new(kind::SIGNED).plain("note", &note), moment)?;
        self.sync()?;
        self.unsigned = 0;
        Ok(note)
    }
}

impl<S> Writer<S> {
    /// The storage.
    pub fn into_inner(self) -> S {
        self.storage
    }
}

fn sized(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes
        .extend(u32::try_from(value.len()).expect("bounded by the size of a record").to_be_bytes());
    bytes.extend(value);
}

/// A record of a leaf and its openings.
pub(super) fn assemble(leaf: &[u8], openings: &[u8]) -> Vec<u8> {
    let size = 4 + leaf.len() + openings.len();
    let length = u32::try_from(size).expect("bounded by the size of a record").to_be_bytes();
    let mut record = Vec::with_capacity(size + format::AROUND);
    record.extend(length);
    sized(&mut record, leaf);
    record.extend(openings);
    let checksum = format::checksum(length, &record[4..]);
    record.extend(checksum.to_be_bytes());
    record
}

/// A storage that is read while its owner keeps it.
struct ByRef<'a, S>(&'a mut S);

impl<S: Read> Read for ByRef<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Seek> Seek for ByRef<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

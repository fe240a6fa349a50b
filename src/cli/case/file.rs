//! A case file on the disk: opened by one process at a time, verified before anything is added,
//! signed when it is closed.

#![allow(clippy::disallowed_methods)] // where a case meets the clock and the operating system's randomness

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use clap::builder::BoolishValueParser;
use swarmscope_evidence::Moment;
use swarmscope_evidence::case::note::{CaseId, verifier_key};
use swarmscope_evidence::case::{Draft, OpenError, Salt, WriteError, Writer, kind, note, salts};
use swarmscope_evidence::entry::{Entries, Keeps};
use swarmscope_peer::files;
use swarmscope_peer::identity::Ed25519Identity;
use swarmscope_peer::identity::key_file;
use swarmscope_wire::PermidKind;
use swarmscope_wire::mask::Mask;

use super::{KeyOption, KeyedArgs};
use crate::cli::{CliError, identities, output};

/// What a key is derived for: the pseudonyms of a case that hides addresses.
const MASK: &[u8] = b"swarmscope case mask ";

#[derive(Args, Debug)]
pub struct NewArgs {
    /// File to create
    file: PathBuf,
    #[command(flatten)]
    key: KeyOption,
    /// Reason for the case
    #[arg(long, value_name = "TEXT", env = "SWARMSCOPE_WHY")]
    why: Option<String>,
    /// Who ordered it, or its legal basis
    #[arg(long, value_name = "TEXT", env = "SWARMSCOPE_ORDER")]
    order: Option<String>,
    /// Keep no addresses, pseudonyms instead of permids, and masked replies
    #[arg(long, env = "SWARMSCOPE_HIDE_ADDRESSES", value_parser = BoolishValueParser::new())]
    hide_addresses: bool,
    /// Keep SHA-256 hashes of requests and replies instead of their bytes
    #[arg(long, env = "SWARMSCOPE_HASHES_ONLY", value_parser = BoolishValueParser::new())]
    hashes_only: bool,
}

/// A clock for entries: the wall, and how long the file has been open.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    opened: Instant,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self { opened: Instant::now() }
    }

    /// This moment.
    pub fn now(self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanoseconds =
            |duration: std::time::Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Moment { utc_ns: nanoseconds(wall), monotonic_ns: nanoseconds(self.opened.elapsed()) }
    }
}

/// A case that is written to.
pub struct CaseFile {
    path: PathBuf,
    writer: Writer<File>,
    key: Ed25519Identity,
    clock: Clock,
    /// Makes entries for what this case keeps.
    pub entries: Entries,
}

impl CaseFile {
    /// Opens a case to go on with it. All of it is verified first.
    ///
    /// # Errors
    /// It is missing, in use, broken, or another key's.
    pub fn open(path: &Path, option: &KeyOption) -> Result<Self, CliError> {
        let key = option.read()?;
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|error| {
            CliError::file(path, error).with_hint("create a case with `swarmscope case new FILE`")
        })?;
        lock(path, &file)?;
        let clock = Clock::start();
        let keeps = keeps(path, &file)?;
        let (writer, report) = Writer::open(file, clock.now(), salts(random()?))
            .map_err(|error| broken(path, error))?;
        if !writer.is_key(&key) {
            return Err(CliError::file(path, "it belongs to another key; nothing was added")
                .with_hint("give the key file it was created with: --identity FILE"));
        }
        if report.torn > 0 {
            tracing::warn!(
                "{}: {} bytes of an entry cut short by a crash were removed; an entry records it",
                path.display(),
                report.torn
            );
        }
        Ok(Self::of(path, writer, key, clock, keeps))
    }

    fn of(
        path: &Path,
        writer: Writer<File>,
        key: Ed25519Identity,
        clock: Clock,
        keeps: Keeps,
    ) -> Self {
        let purpose = [MASK, writer.id().to_string().as_bytes()].concat();
        let entries = Entries::new(keeps, Mask::new(key.derive(&purpose)));
        Self { path: path.to_owned(), writer, key, clock, entries }
    }

    /// Adds an entry, and gives its index; where a thousand are not signed yet, a checkpoint too.
    ///
    /// # Errors
    /// It could not be written.
    pub fn append(&mut self, draft: Draft) -> Result<u64, CliError> {
        let moment = self.clock.now();
        let index = self.writer.append(draft, moment).map_err(|error| self.failed(&error))?;
        if self.writer.is_due() {
            self.sign()?;
        }
        Ok(index)
    }

    /// Signs everything so far.
    ///
    /// # Errors
    /// It could not be written.
    pub fn sign(&mut self) -> Result<note::Note, CliError> {
        let moment = self.clock.now();
        self.writer.sign(&self.key, moment).map_err(|error| self.failed(&error))
    }

    /// Signs what is not signed yet. A case that is only dropped keeps what was added, unsigned.
    ///
    /// # Errors
    /// It could not be written.
    pub fn close(mut self) -> Result<(), CliError> {
        if self.writer.unsigned() > 0 { self.sign().map(drop) } else { Ok(()) }
    }

    /// The public key that it is signed with.
    pub fn public_key(&self) -> [u8; 32] {
        note::public(&self.key)
    }

    /// Which case.
    pub fn id(&self) -> CaseId {
        self.writer.id()
    }

    fn failed(&self, error: &WriteError) -> CliError {
        CliError::file(&self.path, format!("nothing else was added: {error}"))
    }
}

impl KeyOption {
    /// Nothing but the default.
    pub const fn new(identity: Option<PathBuf>) -> Self {
        Self { identity }
    }

    /// Reads the key; the default one is made on first use.
    ///
    /// # Errors
    /// It can't be read, or is of the other kind.
    pub fn read(&self) -> Result<Ed25519Identity, CliError> {
        let found = match &self.identity {
            Some(path) => key_file::read_ed25519(path)?,
            None => key_file::ed25519_or_new(&identities::default(PermidKind::Ed25519)?)?,
        };
        if let Some(exposed) = found.exposed {
            tracing::warn!("{exposed}");
        }
        Ok(found.key)
    }
}

/// `case new`.
pub fn new(args: &NewArgs) -> Result<u8, CliError> {
    let keeps =
        Keeps { addresses: !args.hide_addresses, bytes: !args.hashes_only && !args.hide_addresses };
    let reasons = [("why", args.why.as_deref()), ("order", args.order.as_deref())];
    let case = create(&args.file, args.key.read()?, keeps, &reasons)?;
    let verifier = verifier_key(&case.id().origin(), &case.public_key());
    output::write_words(&format!(
        "case {} in {}\nsigned by {verifier}\n",
        case.id(),
        args.file.display()
    ))?;
    Ok(0)
}

/// Makes a case, and signs its first entry, which also says these things.
///
/// # Errors
/// The file is there, or can't be made.
pub fn create(
    path: &Path,
    key: Ed25519Identity,
    keeps: Keeps,
    reasons: &[(&'static str, Option<&str>)],
) -> Result<CaseFile, CliError> {
    let clock = Clock::start();
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| {
        CliError::file(path, error).with_hint("file exists; choose another name for the case")
    })?;
    lock(path, &file)?;
    let mut head = keeps.head(Draft::new(kind::CASE).plain("program", program()));
    for (name, text) in reasons {
        if let Some(text) = text {
            head = head.private(name, text);
        }
    }
    let seed = random()?;
    let id = CaseId(random()?[..16].try_into().expect("16 of 32 bytes"));
    let made = Writer::create(file, id, &key, head, clock.now(), salts(seed))
        .map_err(|error| broken(path, error));
    let mut case = CaseFile::of(path, made?, key, clock, keeps);
    case.sign()?;
    Ok(case)
}

/// `case sign`.
pub fn sign(args: &KeyedArgs) -> Result<u8, CliError> {
    let note = CaseFile::open(&args.file, &args.key)?.sign()?;
    output::write_out(note.to_string().as_bytes())?;
    Ok(0)
}

/// Program and version, as entries name them.
pub fn program() -> String {
    format!("swarmscope {}", env!("CARGO_PKG_VERSION"))
}

/// Opens a case for reading.
///
/// # Errors
/// It can't be read.
pub fn read(path: &Path) -> Result<std::io::BufReader<File>, CliError> {
    let file = files::open(path)
        .map_err(|error| CliError::file(path, error).with_hint("check the path to the case"))?;
    let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if !regular {
        return Err(
            CliError::file(path, "it is not a file").with_hint("check the path to the case")
        );
    }
    Ok(std::io::BufReader::with_capacity(1 << 14, file))
}

fn keeps(path: &Path, file: &File) -> Result<Keeps, CliError> {
    use swarmscope_evidence::case::read::{Found, Records};
    let first = Records::open(file)
        .and_then(|records| records.map_or(Ok(None), |mut records| records.read()));
    match first.map_err(|error| CliError::file(path, error))? {
        Some(Found::Entry { entry, .. }) => Ok(Keeps::of_case(&entry)),
        _ => Ok(Keeps { addresses: false, bytes: false }), // no case: opening it says so
    }
}

fn lock(path: &Path, file: &File) -> Result<(), CliError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(CliError::file(path, "another process is writing to it")
                .with_hint("wait until it is done, or use another case"))
        }
        Err(TryLockError::Error(error)) => Err(CliError::file(path, error)),
    }
}

fn broken(path: &Path, error: OpenError) -> CliError {
    CliError::file(path, error).with_hint(
        "`swarmscope case verify FILE` lists the entries that still hold; continue in a new case",
    )
}

fn random() -> Result<Salt, CliError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| CliError::io(format!("no random numbers for the case: {error}")))?;
    Ok(bytes)
}

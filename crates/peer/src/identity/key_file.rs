//! Key files: read, made on first use, locked while in use (cli.md, "Identities").
//!
//! A file is made whole and with mode 0600, or not at all: the text goes to a new file that only
//! its owner may read, which then gets its name in one step that never replaces an existing file.
//!
//! A key that others on the machine can read still works, and every use of it comes with a warning
//! to show ([`Exposed`], which says `chmod 600`). It isn't refused, because checked-out test keys
//! and keys on read-only media can't be helped.

#![allow(clippy::disallowed_methods)] // the one place where identities meet the operating system's randomness

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

#[cfg(feature = "home")]
use directories::ProjectDirs;
use tempfile::NamedTempFile;

use super::KeyError;
use super::{Ed25519Identity, Key, LegacyIdentity};
use crate::files;
use swarmscope_wire::PermidKind;

/// More than any key file has: ours have 119 and 211 bytes.
const MAX_FILE: u64 = 64 << 10;

/// A key as it was found.
#[derive(Debug)]
#[must_use]
pub struct KeyFile<K> {
    /// The key.
    pub key: K,
    /// Where others can read the file: to be shown to the user.
    pub exposed: Option<Exposed>,
}

/// Others than the owner can read, or write, a key file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposed {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mode } = self;
        let path = path.display();
        write!(
            f,
            "others on this machine can read the key file {path} (mode {mode:04o}): run `chmod 600 \
             {path}`"
        )
    }
}

/// What went wrong with which key file, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("key file {}: {cause}", path.display())]
#[non_exhaustive]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub cause: KeyFileCause,
}

/// Why a key file can't be used. The texts say what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileCause {
    /// There is none.
    #[error("not found; create it with `swarmscope key new --out FILE`, or check the path")]
    Missing,
    #[error(
        "file exists, nothing was written; choose another path, or remove it if its identity is no \
         longer needed"
    )]
    /// There is one already where a new one was to be made.
    Exists,
    /// It is longer than any key.
    #[error("longer than {} KiB, too long for a key; check the path", MAX_FILE >> 10)]
    TooLarge,
    /// The operating system refuses to read it.
    #[error("cannot be read: {0}; check the path and its permissions")]
    Read(io::Error),
    /// The operating system refuses to write it.
    #[error("cannot be created: {0}; choose another path with --out or --identity")]
    Write(io::Error),
    /// A part of the path is a file.
    #[error("cannot be created: {} is a file, not a directory; choose another path with --out or --identity", .0.display())]
    NotADirectory(PathBuf),
    /// What is in it is no key that can be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It holds the other kind of key.
    #[error(
        "it holds a sect233k1 key, but an Ed25519 key is needed here; sect233k1 keys go with \
         --legacy-identity"
    )]
    NotEd25519,
    /// It holds the other kind of key.
    #[error(
        "it holds an Ed25519 key, but a sect233k1 key is needed here; Ed25519 keys go with \
         --identity"
    )]
    NotSect233k1,
    /// The operating system has no randomness for a new key.
    #[error("the operating system returned no random numbers for a new key: {0}; try again")]
    Randomness(getrandom::Error),
    /// No home directory is known.
    #[error("no home directory to keep it in; set HOME, or give a key file with --identity")]
    NoHome,
    #[error(
        "another process on this machine uses the same identity; peers may confuse the two, so \
         give each its own"
    )]
    /// Another process uses the identity.
    InUse,
    /// It can't be locked.
    #[error(
        "cannot be locked ({0}), so whether another process uses the same identity isn't known"
    )]
    Lock(io::Error),
}

/// Held while a process uses an identity.
#[derive(Debug)]
pub struct Lock {
    _file: File, // the lock ends when it is closed
}

/// Reads a key of either kind.
///
/// # Errors
/// See [`KeyFileCause`].
pub fn read(path: &Path) -> Result<KeyFile<Key>, KeyFileError> {
    let read = || {
        let file = files::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyFileCause::Missing,
            _ => KeyFileCause::Read(error),
        })?;
        let exposed = exposed(path, &file.metadata().map_err(KeyFileCause::Read)?);
        let mut text = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(KeyFileCause::Read)?;
        if text.len() as u64 > MAX_FILE {
            return Err(KeyFileCause::TooLarge);
        }
        Ok(KeyFile { key: Key::from_pem(&text)?, exposed })
    };
    read().map_err(|cause| failed(path, cause))
}

/// Reads a key for `--identity`.
///
/// # Errors
/// See [`KeyFileCause`]; a key of the other kind too.
pub fn read_ed25519(path: &Path) -> Result<KeyFile<Ed25519Identity>, KeyFileError> {
    let KeyFile { key, exposed } = read(path)?;
    match key {
        Key::Ed25519(key) => Ok(KeyFile { key, exposed }),
        Key::Sect233k1(_) => Err(failed(path, KeyFileCause::NotEd25519)),
    }
}

/// Reads a key for `--legacy-identity`.
///
/// # Errors
/// See [`KeyFileCause`]; a key of the other kind too.
pub fn read_legacy(path: &Path) -> Result<KeyFile<LegacyIdentity>, KeyFileError> {
    let KeyFile { key, exposed } = read(path)?;
    match key {
        Key::Sect233k1(key) => Ok(KeyFile { key, exposed }),
        Key::Ed25519(_) => Err(failed(path, KeyFileCause::NotSect233k1)),
    }
}

/// Reads the Ed25519 key at `path`, which is made where there is none.
///
/// # Errors
/// See [`KeyFileCause`].
pub fn ed25519_or_new(path: &Path) -> Result<KeyFile<Ed25519Identity>, KeyFileError> {
    make_if_missing(path, PermidKind::Ed25519)?;
    read_ed25519(path)
}

/// Reads the sect233k1 key at `path`, which is made where there is none.
///
/// # Errors
/// See [`KeyFileCause`].
pub fn legacy_or_new(path: &Path) -> Result<KeyFile<LegacyIdentity>, KeyFileError> {
    make_if_missing(path, PermidKind::Sect233k1)?;
    read_legacy(path)
}

fn make_if_missing(path: &Path, kind: PermidKind) -> Result<(), KeyFileError> {
    if path.exists() {
        return Ok(());
    }
    match create(path, kind) {
        Err(KeyFileError { cause: KeyFileCause::Exists, .. }) => Ok(()), /* another process was
        * first */
        made => made.map(drop),
    }
}

/// Makes a new key and writes it to `path`, with mode 0600; a directory that isn't there yet is
/// made with mode 0700.
///
/// # Errors
/// [`KeyFileCause::Exists`] where there is a file: keys are never overwritten. Else what the file
/// system said.
pub fn create(path: &Path, kind: PermidKind) -> Result<Key, KeyFileError> {
    let make = || {
        let key = generate(kind)?;
        write_new(path, key.pem().as_bytes())?;
        Ok(key)
    };
    make().map_err(|cause| failed(path, cause))
}

/// A new key from the operating system's randomness.
///
/// # Errors
/// No randomness, or no sect233k1 in this build.
pub fn generate(kind: PermidKind) -> Result<Key, KeyFileCause> {
    match kind {
        PermidKind::Ed25519 => Ok(Key::Ed25519(Ed25519Identity::from_seed(random()?))),
        #[cfg(feature = "legacy")]
        PermidKind::Sect233k1 => Ok(Key::Sect233k1(LegacyIdentity::from_seed(random()?))),
        #[cfg(not(feature = "legacy"))]
        PermidKind::Sect233k1 => Err(KeyError::NoLegacy.into()),
    }
}

fn random<const N: usize>() -> Result<[u8; N], KeyFileCause> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyFileCause::Randomness)?;
    Ok(bytes)
}

#[cfg(feature = "home")]
/// Where the identity lives that is used when none is named: in the user's data directory.
///
/// # Errors
/// [`KeyFileCause::NoHome`].
pub fn default_path(kind: PermidKind) -> Result<PathBuf, KeyFileError> {
    let name = match kind {
        PermidKind::Ed25519 => "identity.pem",
        PermidKind::Sect233k1 => "legacy-identity.pem",
    };
    let directories = ProjectDirs::from("", "", "swarmscope")
        .ok_or_else(|| failed(Path::new(name), KeyFileCause::NoHome))?;
    Ok(directories.data_dir().join(name))
}

/// Marks the identity in this file as in use until the lock is dropped. Two processes with one
/// identity get in each other's way: replies go to whichever connection a peer finds first.
///
/// # Errors
/// [`KeyFileCause::InUse`] while another process holds it (a second lock in the same process too).
pub fn lock(path: &Path) -> Result<Lock, KeyFileError> {
    let lock = || {
        let file = files::open(path).map_err(KeyFileCause::Lock)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(KeyFileCause::InUse),
            Err(TryLockError::Error(error)) => Err(KeyFileCause::Lock(error)),
        }
    };
    lock().map_err(|cause| failed(path, cause))
}

fn failed(path: &Path, cause: KeyFileCause) -> KeyFileError {
    KeyFileError { path: path.to_owned(), cause }
}

/// Writes a file that is there whole and private, or not at all, and never in the place of another.
fn write_new(path: &Path, text: &[u8]) -> Result<(), KeyFileCause> {
    make_parent(path)?;
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file = NamedTempFile::new_in(directory)?; // mode 0600
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileCause::Exists,
        _ => KeyFileCause::Write(error),
    })
}

fn make_parent(path: &Path) -> Result<(), KeyFileCause> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    if let Some(file) = parent.ancestors().find(|ancestor| ancestor.is_file()) {
        return Err(KeyFileCause::NotADirectory(file.to_owned()));
    }
    private(&mut fs::DirBuilder::new()).recursive(true).create(parent).map_err(KeyFileCause::Write)
}

#[cfg(unix)]
fn private(directory: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(directory, 0o700)
}

#[cfg(not(unix))]
fn private(directory: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    directory
}

#[cfg(unix)]
fn exposed(path: &Path, metadata: &fs::Metadata) -> Option<Exposed> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    (metadata.is_file() && mode & 0o077 != 0).then(|| Exposed { path: path.to_owned(), mode })
}

#[cfg(not(unix))]
fn exposed(_path: &Path, _metadata: &fs::Metadata) -> Option<Exposed> {
    None // access lists are not looked at
}

#[cfg(test)]
mod tests;

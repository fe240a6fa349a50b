//! The allow-list's file (cli.md, `--allow-file`): read once at the start, and again whenever it
//! changes. No file: nobody.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

#[cfg(feature = "home")]
use directories::ProjectDirs;

use super::allow_list::{AllowList, AllowListError};
use crate::files;

/// The most that is read of a list: room for 9000 Crawlers, where a network has a handful.
pub const MAX_FILE: u64 = 1 << 20;

/// What went wrong with which list, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("allow-list {}: {cause}", path.display())]
#[non_exhaustive]
pub struct AllowFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub cause: AllowFileCause,
}

/// Why an allow-list can't be used. The texts say what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllowFileCause {
    /// The file can't be read.
    #[error("cannot be read: {0}; check its path and permissions")]
    Read(io::Error),
    /// It is longer than [`MAX_FILE`].
    #[error("longer than {} KiB; remove unused lines", MAX_FILE >> 10)]
    TooLarge,
    /// A line is no permid.
    #[error(transparent)]
    Line(#[from] AllowListError),
}

/// Reads a list from a file. A file that isn't there is an empty list.
///
/// # Errors
/// See [`AllowFileCause`].
pub fn read_list(path: &Path) -> Result<AllowList, AllowFileError> {
    read(path).map_err(|cause| AllowFileError { path: path.to_owned(), cause })
}

fn read(path: &Path) -> Result<AllowList, AllowFileCause> {
    let file = match files::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(AllowList::default()),
        Err(error) => return Err(AllowFileCause::Read(error)),
    };
    let mut text = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(AllowFileCause::Read)?;
    if text.len() as u64 > MAX_FILE {
        return Err(AllowFileCause::TooLarge);
    }
    Ok(AllowList::parse(&text)?)
}

#[cfg(feature = "home")]
/// The list's place where none is named: `crawlers.txt` in the user's configuration directory;
/// `None` where no home is known.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    Some(ProjectDirs::from("", "", "swarmscope")?.config_dir().join("crawlers.txt"))
}

/// A list that follows its file: what is edited holds without a restart. A file that goes away is
/// an empty list.
#[derive(Debug)]
pub struct AllowFile {
    path: PathBuf,
    list: Arc<AllowList>,
    stamp: Option<Stamp>,
}

/// What tells one state of a file from another without reading it; `None` in its place: there is no
/// file.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The file itself and the last change to it, of whatever sort: a replaced file may be as long
    /// and as old.
    identity: (u64, i64, i64),
}

impl AllowFile {
    /// Reads the list for the first time.
    ///
    /// # Errors
    /// See [`AllowFileCause`]: at the start a wrong list is better refused than half believed.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, AllowFileError> {
        let path = path.into();
        let stamp = Stamp::of(&path); // before reading: a change meanwhile is then seen the next time
        let list = Arc::new(read_list(&path)?);
        Ok(Self { path, list, stamp })
    }

    /// Looks whether the file has changed, and reads it again if so: one `stat`, cheap enough for
    /// each request. Gives whether the list is another one now.
    ///
    /// # Errors
    /// The changed file is wrong: the last good list stays. Told once for each change of the file.
    pub fn refresh(&mut self) -> Result<bool, AllowFileError> {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp {
            return Ok(false);
        }
        self.stamp = stamp;
        let list = read_list(&self.path)?;
        let changed = list != *self.list;
        self.list = Arc::new(list);
        Ok(changed)
    }

    /// The list as it was last read whole.
    #[must_use]
    pub fn list(&self) -> &Arc<AllowList> {
        &self.list
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let identity = identity(&metadata);
        Some(Self { length: metadata.len(), modified: metadata.modified().ok(), identity })
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_metadata: &fs::Metadata) -> (u64, i64, i64) {
    (0, 0, 0) // length and time of change must do
}

#[cfg(test)]
mod tests;

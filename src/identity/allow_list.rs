//! The allow-list: which Crawlers a peer answers (protocol.md §4; cli.md, `--allow-file`). No file, or an empty one: nobody.
//!
//! One base64 permid a line, of either kind; `#` begins a comment; empty lines are skipped. `keys/crawlers.txt` is an example.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use directories::ProjectDirs;

use super::is_valid_key;
use crate::wire::Permid;
use crate::wire::config_file;
use crate::wire::permid::PermidError;

/// The most that is read of a list: room for 9000 Crawlers, where a network has a handful.
pub const MAX_FILE: u64 = 1 << 20;

/// The Crawlers that may ask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowList {
    permids: HashSet<Permid>,
}

/// A line that is no permid. Lines count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "line {line}: found {found}; {cause}. A line is one base64 permid, as `swarmscope key show FILE` prints it, or a `#` comment"
)]
pub struct AllowListError {
    pub line: usize,
    /// The beginning of what stands there, printable.
    pub found: String,
    pub cause: LineError,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LineError {
    #[error("this is PEM text, and a key file's contents don't belong here")]
    Pem,
    #[error("this is not UTF-8 text")]
    NotText,
    #[error("only one permid may stand on a line")]
    Several,
    #[error("it is not a permid: {0}")]
    Permid(PermidError),
    #[error("it has the form of a permid but is no public key: the point is not on the curve, or of the wrong order")]
    NotAKey,
}

impl AllowList {
    /// Reads the text of a list; with the first line that is wrong, nothing of it counts.
    ///
    /// # Errors
    /// The first line that is neither a permid nor a comment.
    pub fn parse(text: &[u8]) -> Result<Self, AllowListError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text); // the mark that some editors leave at the beginning
        let mut permids = HashSet::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let entry = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            if entry.is_empty() {
                continue;
            }
            let wrong = |cause| AllowListError { line: index + 1, found: excerpt(entry), cause };
            permids.insert(parse_entry(entry).map_err(wrong)?);
        }
        Ok(Self { permids })
    }

    /// Reads a list from a file. A file that isn't there is an empty list.
    ///
    /// # Errors
    /// See [`AllowFileCause`].
    pub fn read(path: &Path) -> Result<Self, AllowFileError> {
        read(path).map_err(|cause| AllowFileError { path: path.to_owned(), cause })
    }

    #[must_use]
    pub fn contains(&self, permid: &Permid) -> bool {
        self.permids.contains(permid)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Permid> {
        self.permids.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.permids.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permids.is_empty()
    }
}

impl FromIterator<Permid> for AllowList {
    fn from_iter<I: IntoIterator<Item = Permid>>(permids: I) -> Self {
        Self { permids: permids.into_iter().collect() }
    }
}

impl Extend<Permid> for AllowList {
    fn extend<I: IntoIterator<Item = Permid>>(&mut self, permids: I) {
        self.permids.extend(permids);
    }
}

fn parse_entry(entry: &[u8]) -> Result<Permid, LineError> {
    if entry.starts_with(b"-----") {
        return Err(LineError::Pem);
    }
    let text = std::str::from_utf8(entry).map_err(|_| LineError::NotText)?;
    if entry.iter().any(u8::is_ascii_whitespace) {
        return Err(LineError::Several);
    }
    let permid = Permid::from_base64(text).map_err(LineError::Permid)?;
    is_valid_key(&permid).then_some(permid).ok_or(LineError::NotAKey)
}

/// How much of a wrong line is repeated: enough to find it by.
const EXCERPT: usize = 24;

fn excerpt(entry: &[u8]) -> String {
    let more = if entry.len() > EXCERPT { "…" } else { "" };
    format!("`{}{more}`", entry[..entry.len().min(EXCERPT)].escape_ascii())
}

/// What went wrong with which list, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("allow-list {}: {cause}", path.display())]
pub struct AllowFileError {
    pub path: PathBuf,
    pub cause: AllowFileCause,
}

#[derive(Debug, thiserror::Error)]
pub enum AllowFileCause {
    #[error("cannot be read: {0}; check its path and permissions")]
    Read(io::Error),
    #[error("longer than {} KiB; remove what is not needed", MAX_FILE >> 10)]
    TooLarge,
    #[error(transparent)]
    Line(#[from] AllowListError),
}

fn read(path: &Path) -> Result<AllowList, AllowFileCause> {
    let file = match config_file::open(path) {
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

/// The list's place where none is named: `crawlers.txt` in the user's configuration directory; `None` where no home is known.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    Some(ProjectDirs::from("", "", "swarmscope")?.config_dir().join("crawlers.txt"))
}

/// A list that follows its file: what is edited holds without a restart. A file that goes away is an empty list.
#[derive(Debug)]
pub struct AllowFile {
    path: PathBuf,
    list: Arc<AllowList>,
    stamp: Option<Stamp>,
}

/// What tells one state of a file from another without reading it; `None` in its place: there is no file.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The file itself and the last change to it, of whatever sort: a replaced file may be as long and as old.
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
        let list = Arc::new(AllowList::read(&path)?);
        Ok(Self { path, list, stamp })
    }

    /// Looks whether the file has changed, and reads it again if so: one `stat`, cheap enough for each request.
    /// Gives whether the list is another one now.
    ///
    /// # Errors
    /// The changed file is wrong: the last good list stays. Told once for each change of the file.
    pub fn refresh(&mut self) -> Result<bool, AllowFileError> {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp {
            return Ok(false);
        }
        self.stamp = stamp;
        let list = AllowList::read(&self.path)?;
        let changed = list != *self.list;
        self.list = Arc::new(list);
        Ok(changed)
    }

    /// The list as it was last read whole.
    #[must_use]
    pub fn list(&self) -> &Arc<AllowList> {
        &self.list
    }

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

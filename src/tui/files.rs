//! Writing what the operator wants to keep: for its owner alone to read, and nothing that is there
//! goes without being asked about.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::screen::msg::{Saved, Unsaved};

/// Writes a file. `~/` stands for the home directory.
#[must_use]
pub fn save(path: &Path, contents: &[u8], overwrite: bool) -> Saved {
    let path = at_home(path);
    let outcome = match write(&path, contents, overwrite) {
        Ok(()) => Ok(contents.len()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !overwrite => {
            Err(Unsaved::IsThere)
        }
        Err(error) => Err(Unsaved::Failed(error.to_string())),
    };
    Saved { path: path.display().to_string(), outcome }
}

fn at_home(path: &Path) -> PathBuf {
    let below = path.strip_prefix("~").ok();
    below
        .zip(std::env::home_dir())
        .map_or_else(|| path.to_owned(), |(below, home)| home.join(below))
}

/// What is there is replaced at once by what was written whole.
fn write(path: &Path, contents: &[u8], overwrite: bool) -> io::Result<()> {
    if !overwrite {
        return write_new(path, contents);
    }
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    beside(path, contents)?.persist(path).map(drop).map_err(|error| error.error)
}

/// The bytes of a plain file; one more than `most` where it has more.
///
/// # Errors
/// Why it can't be read.
pub fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let read = || {
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        swarmscope_peer::files::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| format!("{}: {error}", path.display()))
}

/// Makes a file that is not there yet, whole or not at all.
///
/// # Errors
/// It is there, or can't be written.
pub fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    beside(path, contents)?.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// A file that is written whole in the same directory, for its owner alone, and goes unless it
/// takes its place: replies tell of other people.
fn beside(path: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(contents)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_alone_and_not_overwritten_without_being_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("reply.bin");
        assert_eq!(save(&path, b"one", false).outcome, Ok(3));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(save(&path, b"two", false).outcome, Err(Unsaved::IsThere));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(save(&path, b"two", true).outcome, Ok(3));
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing stays beside it");
    }

    #[test]
    fn what_cannot_be_written_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let why = |path: &Path, overwrite| match save(path, b"x", overwrite).outcome {
            Err(Unsaved::Failed(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(&directory.path().join("no/such"), false).contains("No such file"));
        assert!(why(directory.path(), true).contains("not a regular file"));
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        assert!(why(&link, true).contains("not a regular file"), "a link is not followed");
        assert_eq!(fs::read(&target).unwrap(), b"kept");
    }
}

//! Opening files that somebody else may have put where one was expected.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Opens a file that is read without being asked for, and so must not make anybody wait: a pipe is refused.
///
/// # Errors
/// It can't be opened, or is a pipe.
pub fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.file_type().is_fifo() {
        return Err(io::Error::other("it is a pipe, not a file"));
    }
    File::open(path)
}

//! Opening files that others may have placed where one is expected.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Opens a file that is read without being asked for, and so must not make anybody wait: what is no
/// file is refused. It is looked at once it is open, so that nobody can put a pipe in its place in
/// between.
///
/// # Errors
/// It can't be opened, or is a pipe, a socket or a device.
pub fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    only_files(file)
}

/// Opens a file to append to, which is made where there is none.
///
/// # Errors
/// It can't be opened or made, or is a pipe, a socket or a device.
pub fn append(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    only_files(file)
}

fn only_files(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    let what = match kind {
        _ if kind.is_file() || kind.is_dir() => return Ok(file), /* reading a directory fails by
        * itself */
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(io::Error::other(format!("it is {what}, not a file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_makes_nobody_wait() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(open(&pipe).unwrap_err().to_string().contains("a pipe"));
        assert!(append(&pipe).is_err(), "nobody reads it");
        assert!(
            open(Path::new("/dev/zero")).unwrap_err().to_string().contains("a device"),
            "endless"
        );
        std::fs::write(directory.path().join("file"), "x").unwrap();
        assert!(open(&directory.path().join("file")).is_ok());
    }
}

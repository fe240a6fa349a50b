//! Opening files that others may have placed where one is expected.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
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

/// The bytes of a file, as [`open`] opens it.
///
/// # Errors
/// It can't be read, or has more than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let most = if most > 0 && most.is_multiple_of(1 << 20) {
            format!("{} MiB", most >> 20)
        } else {
            format!("{most} bytes")
        };
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {most}")));
    }
    Ok(bytes)
}

/// The text of a file, as [`read`] reads it.
///
/// # Errors
/// As [`read`]; it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let text = String::from_utf8(read(path, most)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))
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
        let file = directory.path().join("file");
        assert!(open(&file).is_ok());
        assert_eq!(read_text(&file, 1).unwrap(), "x");
        assert_eq!(read(&file, 0).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        std::fs::write(&file, b"\xff").unwrap();
        assert_eq!(read_text(&file, 9).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}

//! The secrets of TLS sessions in a file, so that an operator can decrypt a capture of their own
//! connections (the NSS key log format, which Wireshark reads). Only where the operator asks for
//! it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use swarmscope_wire::text::hex;

/// A file that the secrets of every TLS session are appended to. Anyone who reads it can decrypt
/// these connections.
#[derive(Clone)]
pub struct KeyLog(Arc<Inner>);

struct Inner {
    path: PathBuf,
    file: Mutex<File>,
    failed: AtomicBool,
}

impl KeyLog {
    /// Opens the file to append to it; a new one is for its owner alone.
    ///
    /// # Errors
    /// It can't be opened for writing.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            file: Mutex::new(file),
            failed: AtomicBool::new(false),
        })))
    }

    /// Where the secrets go.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyLog").field(&self.0.path).finish()
    }
}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let written =
            self.0.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        if let Err(error) = written
            && !self.0.failed.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{}: TLS keys can't be written: {error}", self.0.path.display());
        }
    }
}

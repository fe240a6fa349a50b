//! How a process that runs tells its limits to `swarmscope limits`: a socket in a directory that only
//! its user can enter. Whoever connects gets one line, and can say nothing.
#![allow(clippy::disallowed_methods, reason = "it reads a socket of this machine, with a timeout")]

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixListener;
use tokio_util::task::AbortOnDropHandle;

use super::super::directories;
use swarmscope_peer::limits::{Limit, Reading};
use swarmscope_wire::text;

/// A process that does not answer within this time is stopped, or hangs.
const PATIENCE: Duration = Duration::from_secs(1);
/// More than all limits take.
const LONGEST: u64 = 64 << 10;

/// A process of this user that has limits, and how they stand.
pub(super) struct Running {
    /// What it does, in a word.
    pub(super) what: String,
    pub(super) pid: u32,
    pub(super) readings: Vec<Reading>,
}

/// One limit on its way.
#[derive(Serialize, Deserialize)]
struct Told {
    limit: String,
    allowed: u64,
    used: Option<u64>,
    most: u64,
    refused: u64,
}

/// Tells the limits of this process while it lives.
pub struct Serving {
    path: PathBuf,
    _task: AbortOnDropHandle<()>,
}

impl Serving {
    /// Needs a tokio runtime. `what`: what this process does, in a word. Without a socket nobody is
    /// told, and the log says so.
    pub fn start(
        what: &str,
        readings: impl Fn() -> Vec<Reading> + Send + Sync + 'static,
    ) -> Option<Self> {
        Self::try_start(what, readings)
            .inspect_err(|error| {
                tracing::warn!("`swarmscope limits` will not find this {what}: {error}");
            })
            .ok()
    }

    fn try_start(
        what: &str,
        readings: impl Fn() -> Vec<Reading> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let directory =
            directories::running().map_err(|_| io::Error::other("no home directory"))?;
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let path = directory.join(format!("{what}-{}.sock", std::process::id()));
        let _ = fs::remove_file(&path); // of a process that had this number before
        let listener = UnixListener::bind(&path)?;
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // one at a time: a reader that does not read holds up nobody but other readers
                let line = text::json(&told(&readings())).unwrap_or_default();
                let _ = tokio::time::timeout(PATIENCE, socket.write_all(line.as_bytes())).await;
            }
        });
        Ok(Self { path, _task: AbortOnDropHandle::new(task) })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // a file that stays is removed by whoever asks next
    }
}

fn told(readings: &[Reading]) -> Vec<Told> {
    let told = |reading: &Reading| Told {
        limit: reading.limit.key().to_owned(),
        allowed: reading.allowed,
        used: reading.used,
        most: reading.most,
        refused: reading.refused,
    };
    readings.iter().map(told).collect()
}

/// The processes of this user that answer.
pub(super) fn ask_all() -> Vec<Running> {
    let entries = directories::running().ok().and_then(|directory| fs::read_dir(directory).ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut running: Vec<_> = paths.filter_map(|path| ask(&path)).collect();
    running.sort_by_key(|process| process.pid);
    running
}

fn ask(path: &Path) -> Option<Running> {
    let name = path.file_name()?.to_str()?.strip_suffix(".sock")?;
    let (what, pid) = name.split_once('-').unwrap_or(("peer", name)); // of an earlier version
    let (what, pid) = (text::clean(what).into_owned(), pid.parse().ok()?);
    let socket = match UnixStream::connect(path) {
        Ok(socket) => socket,
        Err(error) => {
            if error.kind() == io::ErrorKind::ConnectionRefused {
                let _ = fs::remove_file(path); // its process was killed
            }
            return None;
        }
    };
    socket.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut line = Vec::new();
    socket.take(LONGEST).read_to_end(&mut line).ok()?;
    let told: Vec<Told> = serde_json::from_slice(&line).ok()?;
    let reading = |told: Told| {
        let limit = Limit::find(&told.limit)?; // of another version of this program
        let Told { allowed, used, most, refused, .. } = told;
        Some(Reading { limit, allowed, used, most, refused })
    };
    Some(Running { what, pid, readings: told.into_iter().filter_map(reading).collect() })
}

//! How a peer that runs tells its limits to `swarmscope limits`: a socket in a directory that only
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
use swarmscope_peer::node::Node;
use swarmscope_wire::text;

/// A process that does not answer within this time is stopped, or hangs.
const PATIENCE: Duration = Duration::from_secs(1);
/// More than all limits take.
const LONGEST: u64 = 64 << 10;

/// A peer of this user that runs, and its limits as they stand.
pub(super) struct Peer {
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

/// Tells the limits of a node while it lives.
pub struct Serving {
    path: PathBuf,
    _task: AbortOnDropHandle<()>,
}

impl Serving {
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// The socket can't be made.
    pub fn start(node: Node) -> io::Result<Self> {
        let directory =
            directories::running().map_err(|_| io::Error::other("no home directory"))?;
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let path = directory.join(format!("{}.sock", std::process::id()));
        let _ = fs::remove_file(&path); // of a process that had this number before
        let listener = UnixListener::bind(&path)?;
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // one at a time: a reader that does not read holds up nobody but other readers
                let line = text::json(&told(&node.limits())).unwrap_or_default();
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

/// The peers of this user that answer.
pub(super) fn ask_all() -> Vec<Peer> {
    let entries = directories::running().ok().and_then(|directory| fs::read_dir(directory).ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut peers: Vec<_> = paths.filter_map(|path| ask(&path)).collect();
    peers.sort_by_key(|peer| peer.pid);
    peers
}

fn ask(path: &Path) -> Option<Peer> {
    let pid = path.file_name()?.to_str()?.strip_suffix(".sock")?.parse().ok()?;
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
    Some(Peer { pid, readings: told.into_iter().filter_map(reading).collect() })
}

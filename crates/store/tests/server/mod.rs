//! A PostgreSQL server of the tests' own, where Debian's `postgresql` is installed: made in a
//! directory that goes with it, reached by a Unix socket only. Without one the tests say what they
//! skip; `SWARMSCOPE_TEST_POSTGRES=required` makes that a failure.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The user that a server started by root runs as; it refuses root.
const USER: &str = "postgres";

/// A running server. It stops when this is dropped.
pub struct Server {
    directory: tempfile::TempDir,
    binaries: PathBuf,
    databases: AtomicU32,
}

impl Server {
    /// The one that another test of this process runs just now, or a new one.
    pub fn shared() -> Option<Arc<Self>> {
        static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *running = Arc::downgrade(&server);
        Some(server)
    }

    /// Starts one, where it is installed.
    pub fn start() -> Option<Self> {
        let required =
            std::env::var_os("SWARMSCOPE_TEST_POSTGRES").is_some_and(|value| value == "required");
        let Some(binaries) = binaries() else {
            assert!(!required, "PostgreSQL is required and not installed (Debian: postgresql)");
            eprintln!(
                "skipped: what is said of PostgreSQL; it is not installed (Debian: postgresql)"
            );
            return None;
        };
        let directory =
            tempfile::Builder::new().prefix("swarmscope-pg").tempdir_in("/tmp").unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let server = Self { directory, binaries, databases: AtomicU32::new(0) };
        let data = server.data();
        server.run("initdb", &["-D", &data, "-A", "trust", "-U", USER, "--no-sync"]);
        let log = server.path("log");
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories={} -c fsync=off",
            server.path("")
        );
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"]);
        Some(server)
    }

    /// A new database, as a URL.
    pub fn database(&self) -> String {
        let name = format!("store{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let host = self.path("");
        self.run("createdb", &["-h", &host, "-U", USER, &name]);
        format!("postgres://{USER}@{}/{name}", host.trim_end_matches('/').replace('/', "%2F"))
    }

    /// Stops it at once, as a crash would, and starts it again.
    #[allow(dead_code, reason = "not every test crashes it")]
    pub fn crash(&self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
        let options =
            format!("-c listen_addresses='' -c unix_socket_directories={}", self.path(""));
        self.run("pg_ctl", &["-D", &data, "-l", &self.path("log"), "-o", &options, "-w", "start"]);
    }

    /// The directory of all that it keeps.
    #[allow(dead_code, reason = "not every test reads its files")]
    pub fn files(&self) -> PathBuf {
        self.data().into()
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.binaries.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // What pg_ctl starts keeps its output: nothing here waits for the end of it.
        let status = command
            .args(arguments)
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(
            status.as_ref().is_ok_and(std::process::ExitStatus::success),
            "{} {arguments:?}: {status:?}",
            program.display()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self")
        .is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

/// Where Debian keeps the programs of the newest version.
fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    versions.into_iter().rev().find(|path| Path::new(path).join("initdb").exists())
}

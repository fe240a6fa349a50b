//! A peer's own statistics, which the probes answer from: an SQLite database with the tables and
//! columns that the original's queries name, holding counts and keyed hashes, nothing personal. The
//! tables are in [`schema`].

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

pub mod schema;

pub use schema::MigrationError;

/// How long a question or a note waits while another one, or another program, has the database:
/// longer than any question takes.
const BUSY: Duration = Duration::from_secs(12);

/// Where the probes answer from. Cheap to clone; every question opens its own connection.
#[derive(Clone, Debug)]
pub struct Statistics {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Memory(Arc<Memory>),
}

/// A database that all connections of this process share, made when it is first asked.
#[derive(Debug)]
struct Memory {
    name: String,
    /// Run once, after the migrations.
    statements: String,
    /// It lives as long as a connection to it does.
    keeper: Mutex<Option<Connection>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Statistics {
    /// The database of this file, which is made, with empty tables and mode 0600, where there is
    /// none. One that is there keeps what it holds, and gets the tables that it lacks; one that
    /// can't be written to is taken as it is.
    ///
    /// # Errors
    /// The file can't be opened or made, is no SQLite database, or one of a newer version.
    pub fn file(path: PathBuf) -> io::Result<Self> {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::Error::other("it is a directory")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(&path)?;
                return Self::of(path.clone()).inspect_err(|_| drop(fs::remove_file(path))); // no empty file stays behind
            }
            Err(error) => return Err(error),
        }
        Self::of(path)
    }

    /// The database of a file that is there.
    fn of(path: PathBuf) -> io::Result<Self> {
        let statistics = Self { source: Source::File(path) };
        let readable = |database: Connection| {
            database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        };
        statistics.open().and_then(readable).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => io::Error::other("it is not an SQLite database"),
            _ => io::Error::other(error),
        })?;
        statistics.migrate()?;
        Ok(statistics)
    }

    /// Empty tables in memory.
    #[must_use]
    pub fn empty() -> Self {
        Self { source: Source::Memory(Arc::new(Memory::new(String::new()))) }
    }

    /// Tables in memory with what these statements insert.
    ///
    /// # Errors
    /// What SQLite finds wrong with the statements.
    pub fn filled(statements: &str) -> rusqlite::Result<Self> {
        let statistics = Self { source: Source::Memory(Arc::new(Memory::new(statements.into()))) };
        statistics.open().map(|_| statistics)
    }

    /// A connection for one question, for reading only.
    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        self.connect(Access::Read)
    }

    /// Writes, all of it or nothing.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut database = self.connect(Access::Write)?;
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn connect(&self, access: Access) -> rusqlite::Result<Connection> {
        let flags = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        } | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = match &self.source {
            Source::File(path) => Connection::open_with_flags(path, flags)?,
            Source::Memory(memory) => {
                memory.make()?;
                Connection::open_with_flags(&memory.name, flags | OpenFlags::SQLITE_OPEN_URI)?
            }
        };
        database.busy_timeout(BUSY)?;
        Ok(database)
    }

    fn migrate(&self) -> io::Result<()> {
        let migrated = self
            .connect(Access::Write)
            .map_err(MigrationError::from)
            .and_then(|mut it| schema::migrate(&mut it));
        match migrated {
            Err(MigrationError::Sql(error)) if is_read_only(&error) => {
                tracing::warn!(
                    "the statistics are read-only: missing tables are not created, and records \
                     that are handed over stay ({error})"
                );
                Ok(())
            }
            migrated => migrated.map_err(io::Error::other),
        }
    }
}

impl Memory {
    fn new(statements: String) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            name: format!("file:/statistics-{number}?vfs=memdb"),
            statements,
            keeper: Mutex::new(None),
        }
    }

    fn make(&self) -> rusqlite::Result<()> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.is_some() {
            return Ok(());
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI;
        let database = Connection::open_with_flags(&self.name, flags)?;
        for migration in schema::MIGRATIONS {
            database.execute_batch(migration)?;
        }
        database.execute_batch(&self.statements)?;
        *keeper = Some(database);
        Ok(())
    }
}

fn is_read_only(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
    )
}

/// Makes an empty file that only its owner can read.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests;

//! A peer's own statistics, which DATABASE answers from: an SQLite database with the tables and columns that the original's
//! queries name, holding counts and keyed hashes, nothing personal.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// The tables of an empty database.
///
/// Where the original had permids, infohashes and names there are **hashes under a key that never leaves the peer** (lower-case
/// hex): they can be counted and grouped, and tell nobody who or what they stand for. Times are whole hours (Unix seconds
/// divisible by 3600), votes are 2 (subscribed) and −1 (spam) as in the original.
pub const SCHEMA: &str = "
CREATE TABLE Peer (
    peer_id INTEGER PRIMARY KEY,
    permid TEXT NOT NULL UNIQUE,
    oversion INTEGER,
    connected_times INTEGER NOT NULL DEFAULT 0,
    last_seen INTEGER
);
CREATE TABLE Torrent (
    torrent_id INTEGER PRIMARY KEY,
    infohash TEXT NOT NULL UNIQUE,
    num_seeders INTEGER,
    num_leechers INTEGER,
    insert_time INTEGER
);
CREATE TABLE VoteCast (
    mod_id TEXT NOT NULL,
    voter_id TEXT NOT NULL,
    vote INTEGER NOT NULL,
    time_stamp INTEGER,
    PRIMARY KEY (mod_id, voter_id)
);
CREATE TABLE ChannelCast (
    publisher_id TEXT NOT NULL,
    infohash TEXT NOT NULL,
    time_stamp INTEGER,
    PRIMARY KEY (publisher_id, infohash)
);
";

/// How long a question waits while another program writes to the file.
const BUSY: Duration = Duration::from_secs(2);

/// Where DATABASE answers from. Cheap to clone; every question opens its own connection.
#[derive(Clone, Debug)]
pub struct Statistics {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    /// [`SCHEMA`], then these statements.
    Memory(Arc<str>),
}

impl Statistics {
    /// The database of this file, which is made, with empty tables and mode 0600, where there is none. A file that is there
    /// is taken as it is and never written to.
    ///
    /// # Errors
    /// The file can't be opened or made, or is no SQLite database.
    pub fn file(path: PathBuf) -> io::Result<Self> {
        if !fs::exists(&path)? {
            make(&path)?;
        }
        let statistics = Self { source: Source::File(path) };
        let readable = |database: Connection| database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        statistics.open().and_then(readable).map_err(io::Error::other)?;
        Ok(statistics)
    }

    /// Empty tables in memory.
    #[must_use]
    pub fn empty() -> Self {
        Self { source: Source::Memory("".into()) }
    }

    /// Tables in memory with what these statements insert; they run again for each question.
    ///
    /// # Errors
    /// What SQLite finds wrong with the statements.
    pub fn filled(statements: &str) -> rusqlite::Result<Self> {
        let statistics = Self { source: Source::Memory(statements.into()) };
        statistics.open().map(|_| statistics)
    }

    /// A connection for one question: a file is opened for reading only.
    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        match &self.source {
            Source::File(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let database = Connection::open_with_flags(path, flags)?;
                database.busy_timeout(BUSY)?;
                Ok(database)
            }
            Source::Memory(statements) => {
                let database = Connection::open_in_memory()?;
                database.execute_batch(SCHEMA)?;
                database.execute_batch(statements)?;
                Ok(database)
            }
        }
    }
}

/// Makes a new database that only its owner can read.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let fill = |database: Connection| database.execute_batch(&format!("BEGIN; {SCHEMA} COMMIT;"));
    Connection::open_with_flags(path, flags).and_then(fill).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the original's DATABASE and CHANNEL queries name.
    const QUERIES: &str = "SELECT 'peer_count', count(*) FROM Peer;
        SELECT 'torrent_count', count(*) FROM Torrent;
        SELECT 'my_subscriptions', count(*) FROM VoteCast where voter_id='x' and vote=2;
        SELECT 'my_channel_files', count(*) FROM ChannelCast where publisher_id='x';
        SELECT 'channel_files', publisher_id, count(*) FROM ChannelCast group by publisher_id;
        SELECT 'my_votes', mod_id, voter_id, vote, time_stamp FROM VoteCast where voter_id='x' order by time_stamp desc limit 100";

    fn count(statistics: &Statistics, table: &str) -> i64 {
        let database = statistics.open().unwrap();
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_new_file_gets_empty_tables_and_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("statistics.sqlite");
        let statistics = Statistics::file(path.clone()).unwrap();
        for table in ["Peer", "Torrent", "VoteCast", "ChannelCast"] {
            assert_eq!(count(&statistics, table), 0);
        }
        for query in QUERIES.split(';') {
            statistics.open().unwrap().prepare(query).unwrap();
        }
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);

        Connection::open(&path).unwrap().execute("INSERT INTO Peer (permid) VALUES ('6f')", []).unwrap();
        assert_eq!(count(&statistics, "Peer"), 1, "what its owner writes is seen");
        assert_eq!(count(&Statistics::file(path).unwrap(), "Peer"), 1, "what is there stays");
        assert!(statistics.open().unwrap().execute("DELETE FROM Peer", []).is_err(), "opened for reading only");
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("text");
        fs::write(&path, "not a database, but long enough to be looked at".repeat(30)).unwrap();
        assert!(Statistics::file(path).unwrap_err().to_string().contains("not a database"));
        assert!(Statistics::file(directory.path().join("missing/statistics.sqlite")).is_err());
        assert!(Statistics::file(directory.path().to_owned()).is_err());
    }

    #[test]
    fn memory_holds_what_it_was_filled_with() {
        assert_eq!(count(&Statistics::empty(), "Peer"), 0);
        let statistics = Statistics::filled("INSERT INTO Peer (permid) VALUES ('a'), ('b')").unwrap();
        assert_eq!((count(&statistics, "Peer"), count(&statistics.clone(), "Peer")), (2, 2));
        assert!(Statistics::filled("INSERT INTO Nowhere VALUES (1)").is_err());
    }
}

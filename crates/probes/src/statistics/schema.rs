//! The tables of a statistics database, version by version.
//!
//! Whoever counts for the peer (a program that embeds one, or one that runs beside it) writes into
//! these tables; the probes read them. **Nothing in them names a person, an address or a file, or
//! gives an exact size:**
//!
//! * Where the original had permids, infohashes and names there are hashes under a key that never
//!   leaves the peer (lower-case hex): they can be counted and grouped, and tell nobody who or what
//!   they stand for.
//! * Times are whole hours (Unix seconds divisible by 3600). Sizes are rounded up to a power of
//!   two.
//! * Free text (`line`, `message`, `event`) says what happened, never to whom: no address, no name,
//!   no title, no search term.
//!
//! Records that are handed over once (see [`super::super::hand_over`]) are in tables of their own,
//! with who collected them and when; what the Crawler asks for, by the names and with the columns
//! of the original, is a view of those that nobody has collected. Rows may be inserted into the
//! views.

use rusqlite::{Connection, TransactionBehavior};

/// What each version adds. The version is SQLite's `user_version`; a file is brought up to the last
/// one when it is opened.
pub const MIGRATIONS: [&str; 3] = [COUNTS, RECORDS, CATEGORIES];

/// DATABASE (id 1) and CHANNEL (10). Votes are 2 (subscribed) and −1 (spam) as in the original.
const COUNTS: &str = "
CREATE TABLE IF NOT EXISTS Peer (
    peer_id INTEGER PRIMARY KEY,
    permid TEXT NOT NULL UNIQUE,
    oversion INTEGER,
    connected_times INTEGER NOT NULL DEFAULT 0,
    last_seen INTEGER
);
CREATE TABLE IF NOT EXISTS Torrent (
    torrent_id INTEGER PRIMARY KEY,
    infohash TEXT NOT NULL UNIQUE,
    num_seeders INTEGER,
    num_leechers INTEGER,
    insert_time INTEGER
);
CREATE TABLE IF NOT EXISTS VoteCast (
    mod_id TEXT NOT NULL,
    voter_id TEXT NOT NULL,
    vote INTEGER NOT NULL,
    time_stamp INTEGER,
    PRIMARY KEY (mod_id, voter_id)
);
CREATE TABLE IF NOT EXISTS ChannelCast (
    publisher_id TEXT NOT NULL,
    infohash TEXT NOT NULL,
    time_stamp INTEGER,
    PRIMARY KEY (publisher_id, infohash)
);
";

/// The original's categories of torrents: every peer of its has the same, and its own test asks for
/// their names.
const CATEGORIES: &str = "
CREATE TABLE IF NOT EXISTS Category (
    category_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
INSERT OR IGNORE INTO Category VALUES (1, 'Video'), (2, 'VideoClips'), (3, 'Audio'), (4, 'Compressed'), (5, 'Document'),
    (6, 'Picture'), (7, 'xxx'), (8, 'other');
";

/// All other ids.
const RECORDS: &str = "
-- FRIENDSHIP (4): requests to become friends that this peer sent, got or passed on.
CREATE TABLE IF NOT EXISTS FriendshipStatistics (
    source_permid TEXT NOT NULL,
    target_permid TEXT NOT NULL,
    isForwarder INTEGER NOT NULL DEFAULT 0,
    request_time INTEGER NOT NULL,
    response_time INTEGER NOT NULL DEFAULT 0,
    no_of_attempts INTEGER NOT NULL DEFAULT 0,
    no_of_helpers INTEGER NOT NULL DEFAULT 0,
    modified_on INTEGER NOT NULL DEFAULT 0
);

-- VIDEOPLAYBACK (6, 7): the key is a random number for each playback.
CREATE TABLE IF NOT EXISTS playback_info (
    key TEXT PRIMARY KEY NOT NULL,
    timestamp INTEGER NOT NULL,
    piece_size INTEGER,
    num_pieces INTEGER,
    bitrate INTEGER,
    nat TEXT
);
CREATE TABLE IF NOT EXISTS playback_event (
    key TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    origin TEXT NOT NULL DEFAULT '',
    event TEXT NOT NULL
);

-- SEEDINGSTATS (2): samples of what this peer seeds; seeding_time in seconds, rounded up to hours.
CREATE TABLE IF NOT EXISTS SeedingRecord (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    permID TEXT NOT NULL,
    info_hash TEXT NOT NULL,
    seeding_time INTEGER NOT NULL,
    reputation REAL,
    collected_by TEXT,
    collected_at INTEGER
);
CREATE VIEW IF NOT EXISTS SeedingStats AS
    SELECT timestamp, permID, info_hash, seeding_time, reputation, collected_at IS NOT NULL AS crawled
    FROM SeedingRecord;
CREATE TRIGGER IF NOT EXISTS SeedingStatsInsert INSTEAD OF INSERT ON SeedingStats BEGIN
    INSERT INTO SeedingRecord (timestamp, permID, info_hash, seeding_time, reputation)
    VALUES (NEW.timestamp, NEW.permID, NEW.info_hash, NEW.seeding_time, NEW.reputation);
END;

-- REPEX (8): walks through the peers of a swarm that were known from before. The last seven columns are NULL where a walk was
-- broken off.
CREATE TABLE IF NOT EXISTS RepexRecord (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    infohash TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    endtimestamp INTEGER NOT NULL,
    shufflecount INTEGER,
    shufflepeers INTEGER,
    bootstrapcount INTEGER,
    connection_attempts INTEGER,
    connections_made INTEGER,
    bootstrap_peers INTEGER,
    pex_connections INTEGER,
    collected_by TEXT,
    collected_at INTEGER
);
-- The peers that were found in a walk: when each was seen, how many others it told of, whether it was known before.
CREATE TABLE IF NOT EXISTS RepexPeer (
    record INTEGER NOT NULL REFERENCES RepexRecord (id),
    peer TEXT NOT NULL,
    last_seen INTEGER NOT NULL,
    pex INTEGER NOT NULL DEFAULT 0,
    prev INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (record, peer)
);
CREATE TRIGGER IF NOT EXISTS RepexPeersGo AFTER DELETE ON RepexRecord BEGIN
    DELETE FROM RepexPeer WHERE record = OLD.id;
END;

-- PUNCTURE (9): lines of the UDP puncture log.
CREATE TABLE IF NOT EXISTS PunctureLine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    line TEXT NOT NULL CHECK (length(line) <= 1024),
    collected_by TEXT,
    collected_at INTEGER
);

-- USEREVENTLOG (11): what was done in the program, by type and in counts.
CREATE TABLE IF NOT EXISTS UserEvent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    type INTEGER NOT NULL,
    message TEXT NOT NULL CHECK (length(message) <= 1024),
    collected_by TEXT,
    collected_at INTEGER
);
CREATE VIEW IF NOT EXISTS UserEventLog AS
    SELECT timestamp, type, message FROM UserEvent WHERE collected_at IS NULL;
CREATE TRIGGER IF NOT EXISTS UserEventLogInsert INSTEAD OF INSERT ON UserEventLog BEGIN
    INSERT INTO UserEvent (timestamp, type, message) VALUES (NEW.timestamp, NEW.type, NEW.message);
END;
";

/// Why a database was not brought up to the last version.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The file was made by a newer program.
    #[error(
        "its tables are of version {found}, and this program knows {LATEST} at most: use a newer one"
    )]
    Newer {
        /// The version that it has.
        found: i64,
    },
    /// SQLite refuses.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

/// Brings a database up to the last version, whole or not at all. One that is there already is only
/// read.
///
/// # Errors
/// See [`MigrationError`].
pub fn migrate(database: &mut Connection) -> Result<(), MigrationError> {
    let version =
        |database: &Connection| database.query_row("PRAGMA user_version", [], |row| row.get(0));
    if version(database)? == LATEST {
        return Ok(());
    }
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = version(&transaction)?; // again: another process may have been faster
    let done = usize::try_from(found).ok().filter(|done| *done <= MIGRATIONS.len());
    for migration in &MIGRATIONS[done.ok_or(MigrationError::Newer { found })?..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", LATEST)?;
    Ok(transaction.commit()?)
}

#[allow(clippy::cast_possible_wrap)] // two
const LATEST: i64 = MIGRATIONS.len() as i64;

use super::*;

/// What the original's queries name, one row each.
const QUERIES: [&str; 12] = [
    "SELECT 'peer_count', count(*) FROM Peer",
    "SELECT 'torrent_count', count(*) FROM Torrent",
    "SELECT 'my_subscriptions', count(*) FROM VoteCast where voter_id='x' and vote=2",
    "SELECT 'my_channel_files', count(*) FROM ChannelCast where publisher_id='x'",
    "SELECT 'channel_files', publisher_id, count(*) FROM ChannelCast group by publisher_id",
    "SELECT 'my_votes', mod_id, voter_id, vote, time_stamp FROM VoteCast where voter_id='x' order by time_stamp desc limit 100",
    "SELECT * FROM SeedingStats WHERE crawled = 0",
    "SELECT key, timestamp, piece_size, num_pieces, bitrate, nat FROM playback_info ORDER BY timestamp DESC LIMIT 50",
    "SELECT key, timestamp, event FROM playback_event",
    "SELECT timestamp, origin, event FROM playback_event WHERE key = 'x' ORDER BY timestamp ASC LIMIT 50",
    "SELECT source_permid, target_permid, isForwarder, request_time, response_time, no_of_attempts, no_of_helpers, modified_on FROM FriendshipStatistics WHERE request_time > 0",
    "SELECT * FROM UserEventLog",
];
const TABLES: [&str; 12] = [
    "Peer",
    "Torrent",
    "VoteCast",
    "ChannelCast",
    "FriendshipStatistics",
    "playback_info",
    "playback_event",
    "SeedingStats",
    "RepexRecord",
    "RepexPeer",
    "PunctureLine",
    "UserEventLog",
];

fn count(statistics: &Statistics, table: &str) -> i64 {
    let database = statistics.open().unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn is_whole(statistics: &Statistics) {
    for query in QUERIES {
        statistics.open().unwrap().prepare(query).unwrap();
    }
    for table in TABLES {
        count(statistics, table);
    }
}

#[test]
fn a_new_file_gets_empty_tables_and_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.sqlite");
    let statistics = Statistics::file(path.clone()).unwrap();
    is_whole(&statistics);
    assert!(TABLES.iter().all(|table| count(&statistics, table) == 0));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions())
            & 0o777,
        0o600
    );

    Connection::open(&path)
        .unwrap()
        .execute("INSERT INTO Peer (permid) VALUES ('6f')", [])
        .unwrap();
    assert_eq!(count(&statistics, "Peer"), 1, "what its owner writes is seen");
    assert_eq!(count(&Statistics::file(path).unwrap(), "Peer"), 1, "what is there stays");
    assert!(
        statistics.open().unwrap().execute("DELETE FROM Peer", []).is_err(),
        "opened for reading only"
    );
}

#[test]
fn a_file_of_the_first_version_is_brought_up_and_keeps_what_it_holds() {
    for version in ["", "PRAGMA user_version = 1;"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("statistics.sqlite");
        let first = Connection::open(&path).unwrap();
        first
            .execute_batch(&format!(
                "{} {version} INSERT INTO Peer (permid) VALUES ('6f')",
                schema::MIGRATIONS[0]
            ))
            .unwrap();
        let statistics = Statistics::file(path).unwrap();
        is_whole(&statistics);
        assert_eq!(count(&statistics, "Peer"), 1);
        let version: i64 = first.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 3);
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_one_whose_tables_clash_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("newer");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 4").unwrap();
    assert!(Statistics::file(path).unwrap_err().to_string().contains("version 4"));

    let path = directory.path().join("other");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE UserEventLog (x)").unwrap();
    assert!(Statistics::file(path).unwrap_err().to_string().contains("UserEventLog"));
    let tables: i64 =
        other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "all of a migration, or nothing");
}

#[test]
fn a_file_that_can_not_be_written_is_taken_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.sqlite");
    let whole = Connection::open(&path).unwrap();
    whole.execute_batch("CREATE TABLE Peer (permid); INSERT INTO Peer VALUES ('6f')").unwrap();
    drop(whole);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if OpenOptions::new().append(true).open(&path).is_ok() {
        return eprintln!("skipped: this user, root probably, may write to everything");
    }
    let statistics = Statistics::file(path).unwrap();
    assert_eq!(count(&statistics, "Peer"), 1);
    assert!(statistics.write(|it| it.execute("DELETE FROM Peer", [])).is_err());
}

#[test]
fn what_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text");
    fs::write(&path, "not a database, but long enough to be looked at".repeat(30)).unwrap();
    assert!(Statistics::file(path).unwrap_err().to_string().contains("not an SQLite database"));
    assert!(Statistics::file(directory.path().join("missing/statistics.sqlite")).is_err());
    let error = Statistics::file(directory.path().to_owned()).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
}

#[test]
fn memory_holds_what_it_was_filled_with() {
    is_whole(&Statistics::empty());
    let statistics = Statistics::filled("INSERT INTO Peer (permid) VALUES ('a'), ('b')").unwrap();
    assert_eq!((count(&statistics, "Peer"), count(&statistics.clone(), "Peer")), (2, 2));
    assert_eq!(count(&Statistics::empty(), "Peer"), 0, "each has its own");
    assert!(
        statistics.open().unwrap().execute("DELETE FROM Peer", []).is_err(),
        "opened for reading only"
    );
    statistics.write(|it| it.execute("DELETE FROM Peer WHERE permid = 'a'", [])).unwrap();
    assert_eq!(count(&statistics, "Peer"), 1, "what is written stays");
    assert!(Statistics::filled("INSERT INTO Nowhere VALUES (1)").is_err());
}

#[test]
fn rows_go_in_by_the_names_of_the_original() {
    let statistics = Statistics::filled(
        "INSERT INTO SeedingStats VALUES (3600, 'p', 'i', 7200, 0.5, 0);
         INSERT INTO UserEventLog (timestamp, type, message) VALUES (3600, 2, 'MyChannel: 1 manual add');
         INSERT INTO UserEvent (timestamp, type, message, collected_at) VALUES (0, 1, 'collected', 1)",
    );
    let database = statistics.unwrap().open().unwrap();
    let row: (i64, String, i64) = database
        .query_row("SELECT * FROM UserEventLog", [], |row| {
            Ok((row.get(0)?, row.get(2)?, row.get::<_, i64>(1)?))
        })
        .unwrap();
    assert_eq!(row, (3600, "MyChannel: 1 manual add".into(), 2));
    let crawled: i64 =
        database.query_row("SELECT crawled FROM SeedingStats", [], |row| row.get(0)).unwrap();
    assert_eq!(crawled, 0);
}

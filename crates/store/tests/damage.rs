//! Files and disks that a store cannot work with: each is told apart, and what was acknowledged
//! stays.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use swarmscope_store::error::Kind;
use swarmscope_store::{Heard, Network, Place, Store, StoreError, StoreKey, Time};

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn crawl(path: &Path) -> Result<Store, StoreError> {
    Store::crawl(&Place::Sqlite(path.to_owned()), &key())
}

fn read(path: &Path) -> Result<Store, StoreError> {
    Store::read(&Place::Sqlite(path.to_owned()))
}

fn hear(store: &mut Store, numbers: std::ops::Range<u32>) -> Result<u64, StoreError> {
    let word = |number: u32| Heard {
        peer: key().peer(Network::Overlay, &number.to_be_bytes()),
        address: Some("198.51.100.1:7760".into()),
        version: None,
        at: Time(1),
    };
    store.hear(Network::Overlay, &numbers.map(word).collect::<Vec<_>>())
}

#[test]
fn files_of_others_are_told_apart_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let text = path("notes.txt");
    fs::write(&text, "not a database at all, but long enough to be looked at as one".repeat(50))
        .unwrap();
    let other = path("other.sqlite");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE peer (id INTEGER); INSERT INTO peer VALUES (1)")
        .unwrap();
    for file in [&text, &other] {
        let before = fs::read(file).unwrap();
        for error in [crawl(file).err().unwrap(), read(file).err().unwrap()] {
            assert_eq!(error.kind, Kind::NotAStore, "{error}");
            assert!(error.detail.contains(&file.display().to_string()), "{error}");
        }
        assert_eq!(fs::read(file).unwrap(), before);
    }
    assert_eq!(crawl(directory.path()).err().unwrap().kind, Kind::NotAStore, "a directory");
    assert_eq!(read(&path("gone")).err().unwrap().kind, Kind::NotFound);
}

#[test]
fn a_newer_version_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    drop(crawl(&path).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    for error in [crawl(&path).err().unwrap(), read(&path).err().unwrap()] {
        assert_eq!(error.kind, Kind::Newer);
        assert!(error.detail.contains("99") && error.detail.contains('1'), "{error}");
    }
}

#[test]
fn one_crawler_writes_and_others_read_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let mut store = crawl(&path).unwrap();
    hear(&mut store, 0..10).unwrap();
    assert_eq!(crawl(&path).err().unwrap().kind, Kind::InUse);
    assert_eq!(read(&path).unwrap().info().unwrap().peers, 10);
    drop(store);
    assert!(crawl(&path).is_ok());
}

#[test]
fn a_damaged_page_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let mut store = crawl(&path).unwrap();
    hear(&mut store, 0..20_000).unwrap();
    assert!(store.faults().unwrap().is_empty());
    drop(store);
    let length = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for page in (8..length / 4096).step_by(3) {
        file.seek(SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0xa5; 4096]).unwrap();
    }
    drop(file);
    let faults = read(&path).and_then(|mut store| store.faults());
    match faults {
        Ok(faults) => assert!(!faults.is_empty()),
        Err(error) => assert_eq!(error.kind, Kind::Corrupt, "{error}"),
    }
}

#[test]
fn a_store_that_cannot_be_written_to_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    hear(&mut crawl(&path).unwrap(), 0..3).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("skipped: root may write to every file");
        return;
    }
    assert_eq!(crawl(&path).err().unwrap().kind, Kind::ReadOnly);
    assert_eq!(read(&path).unwrap().info().unwrap().peers, 3);
}

/// A file system of a megabyte, where this process may mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(directory.path())
            .stderr(std::process::Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: a full disk; this process may mount none");
        return;
    };
    let path = disk.0.path().join("store.sqlite");
    let mut store = crawl(&path).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match hear(&mut store, acknowledged..acknowledged + 500) {
            Ok(_) => acknowledged += 500,
            Err(error) => break error,
        }
        assert!(acknowledged < 1_000_000);
    };
    assert_eq!(error.kind, Kind::Full, "{error}");
    assert_eq!(store.info().unwrap().peers, u64::from(acknowledged));
    drop(store);
    assert_eq!(read(&path).unwrap().info().unwrap().peers, u64::from(acknowledged));
}

#[test]
fn text_that_is_not_utf_8_is_shown_with_replacement_characters() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    drop(crawl(&path).unwrap());
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "INSERT INTO round (network, state, began, ended, every, program, settings)
             VALUES (1, 'complete', 1, 2, 3, CAST(x'ff41' AS TEXT), '{}')",
        )
        .unwrap();
    assert_eq!(read(&path).unwrap().rounds().unwrap()[0].program, "\u{fffd}A");
}

/// A store of one round in which a peer answered one question.
fn answered(path: &Path) -> Connection {
    drop(crawl(path).unwrap());
    let declared = r#"{"at":"","columns":[{"name":"kind","from":"kind","kind":"text","sensitive":false,"volatile":false}]}"#;
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO word VALUES (1, 'answered');
             INSERT INTO round VALUES (1, 1, 'complete', 1, 2, 3, 'a program', '{{}}', NULL);
             INSERT INTO peer (id, network, hash, first_heard, last_heard, failures, due)
                 VALUES (1, 1, x'01', 1, 1, 0, 1);
             INSERT INTO visit VALUES (1, 1, 1, 1, 1, NULL, NULL, 0);
             INSERT INTO question VALUES (1, 1, 3, 'NATCHECK', '{declared}');
             INSERT INTO reply VALUES (1, 1, 1, 1, 1, 1, 5, 1, NULL, '[[\"a\"]]', NULL);"
        ))
        .unwrap();
    connection
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";

#[test]
fn what_stands_in_the_place_of_a_table_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let view = format!(
        "CREATE VIEW visit AS {ENDLESS} SELECT 1 AS round, i AS peer, i AS at, 1 AS took, 1 AS outcome,
             1 AS version, 1 AS rtt, 1 AS listed FROM n"
    );
    for (name, sql, what) in [
        ("view", format!("DROP TABLE visit; {view};"), "its visit is a view"),
        (
            "virtual",
            "DROP TABLE visit; CREATE VIRTUAL TABLE visit USING fts5 (round, peer, at, took, outcome, listed)"
                .to_owned(),
            "its visit is a virtual",
        ),
        (
            "computed",
            "DROP TABLE round; CREATE TABLE round (id, network, state, began, ended, every, settings, figures,
                 program AS (hex(zeroblob(400000000))));"
                .to_owned(),
            "its table round has computed columns",
        ),
        ("gone", "DROP TABLE reply;".to_owned(), "it has no table reply"),
    ] {
        let path = directory.path().join(name);
        answered(&path).execute_batch(&sql).unwrap();
        let written = Store::write(&Place::Sqlite(path.clone()));
        for error in [read(&path).err(), crawl(&path).err(), written.err()] {
            let error = error.unwrap_or_else(|| panic!("{name} is taken for a store"));
            assert!(error.kind == Kind::Altered && error.detail.contains(what), "{error}");
            assert!(error.kind.hint().contains("do not trust"), "{}", error.kind.hint());
        }
    }
}

#[test]
fn what_a_file_would_run_by_itself_does_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    answered(&path)
        .execute_batch(&format!(
            "CREATE TRIGGER heard AFTER INSERT ON peer BEGIN DELETE FROM visit; END;
             CREATE VIEW reply_natcheck AS {ENDLESS} SELECT 1 AS in_round, i AS of_peer, 'b' AS kind FROM n;"
        ))
        .unwrap();
    let shares = read(&path).unwrap().shares("natcheck", "kind", 1).unwrap();
    assert_eq!((shares.peers, &shares.values[..]), (1, &[("a".to_owned(), 1)][..]));
    let error = read(&path).unwrap().shares("natcheck", "other", 1).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt, "{error}");
    let mut store = crawl(&path).unwrap();
    assert_eq!(hear(&mut store, 0..5).unwrap(), 5);
    assert_eq!(store.info().unwrap().visits, 1, "no trigger ran");
}

#[test]
fn a_value_that_no_crawl_writes_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    drop(answered(&path));
    let error = read(&path)
        .unwrap()
        .query("SELECT length(hex(zeroblob(200000000)))", &mut |_| ())
        .unwrap_err();
    assert_eq!(error.kind, Kind::Altered, "{error}");
}

#[test]
fn numbers_of_a_store_that_are_too_large_overflow_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let most = u64::MAX;
    let figures = format!(
        r#"{{"known":{most},"heard":{most},"hearsay":{most},"dialled":{most},"outcomes":{{"reached":{most},"a":{most}}},
            "answered":{{"a":{most}}},"asked":{{"a":{{"b":{most},"c":{most}}}}},
            "before":{{"round":1,"reached":{most},"both":1}},"seconds":1e308}}"#
    );
    answered(&path)
        .execute_batch(&format!(
            "UPDATE round SET ended = {0}, every = {0}, figures = '{figures}';
             INSERT INTO round VALUES (2, 1, 'complete', {0}, {0}, {0}, 'a program', '{{}}', '{figures}');
             UPDATE visit SET at = {0}, took = {0}, rtt = {0}, listed = {0};
             UPDATE reply SET at = {0}, took = {0}, bytes = {0}, parts = {0};
             UPDATE peer SET first_heard = {0}, last_heard = {0}, failures = {0}, due = {0};",
            i64::MAX
        ))
        .unwrap();
    let mut store = read(&path).unwrap();
    let page = swarmscope_store::report::page(&mut store, Time(i64::MAX)).unwrap();
    assert!(page.contains("asked"), "{page}");
    let rounds = store.rounds().unwrap();
    let figures: Vec<_> = rounds.iter().filter_map(|round| round.figures.as_ref()).collect();
    assert_eq!(figures.len(), 2);
    assert!(figures.iter().all(|it| it.distortion().is_some() && it.coverage().is_some()));
    store.faults().unwrap();
    drop(store);
    let mut store = Store::write(&Place::Sqlite(path.clone())).unwrap();
    store.prune_to(1).unwrap();
    store.prune_before(Time(i64::MAX)).unwrap();
}
